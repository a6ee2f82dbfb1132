"""The TypeScript client's own tests (vitest), against the running system."""

from pathlib import Path

import pytest

from acceptance.clients.conftest import Installation
from support.packages import require
from support.system import token_for
from support.vitest import CHROMIUM, vitest

CLIENT = Path(__file__).parents[3] / "clients" / "typescript"
VITEST_SECONDS = 600
PYTEST_SECONDS = VITEST_SECONDS + 60


@pytest.mark.timeout(PYTEST_SECONDS)
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
    await vitest(CLIENT, "--project", project, environment=environment, seconds=VITEST_SECONDS)
