"""Starting vitest, which runs the tests of the TypeScript parts."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")


async def vitest(folder: Path, *words: str, environment: Mapping[str, str], seconds: float) -> str:
    """With the Node of this virtual environment; what was said. Fails where its tests do, and says why."""
    programs = Path(sys.executable).parent
    path = {"PATH": f"{programs}:{os.environ['PATH']}", "NO_COLOR": "1"}
    process = await asyncio.create_subprocess_exec(
        programs / "node",
        folder / "node_modules" / "vitest" / "vitest.mjs",
        *("run", *words),
        cwd=folder,
        env=os.environ | environment | path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = output.decode()
    assert process.returncode == 0, said
    return said
