"""The TypeScript client's own tests (vitest), against the running system."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from acceptance.clients.conftest import Installation
from support.packages import require
from support.system import token_for

CLIENT = Path(__file__).parents[3] / "clients" / "typescript"
CHROMIUM = Path("/usr/bin/chromium")
VITEST_SECONDS = 240


@pytest.mark.parametrize("project", ["integration", "browser", "uppy"])
async def test_the_typescript_client_works_against_the_running_system(installation: Installation, project: str) -> None:
    require("chromium", CHROMIUM)
    api = installation.system.api.stranger()
    environment = {
        "PHOTODOCK_TEST_URL": installation.system.serving.url,
        "PHOTODOCK_TEST_PROJECT": await api.make_project(),
        "PHOTODOCK_TEST_TOKEN": token_for(api.organization_id, scopes=api.scopes),
        "PHOTODOCK_TEST_EXPIRED_TOKEN": token_for(api.organization_id, scopes=api.scopes, lifetime_seconds=-3600),
        "PHOTODOCK_TEST_PAGE_ORIGIN": installation.page_origin,
        "PHOTODOCK_TEST_CHROMIUM": str(CHROMIUM),
    }
    status, output = await vitest(project, environment)
    assert status == 0, output


async def vitest(project: str, environment: dict[str, str]) -> tuple[int | None, str]:
    """With the Node of this virtual environment; the exit status, and all that was said."""
    programs = Path(sys.executable).parent
    process = await asyncio.create_subprocess_exec(
        programs / "node",
        CLIENT / "node_modules" / "vitest" / "vitest.mjs",
        "run",
        "--project",
        project,
        cwd=CLIENT,
        env=os.environ | environment | {"PATH": f"{programs}:{os.environ['PATH']}", "NO_COLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(VITEST_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode()
