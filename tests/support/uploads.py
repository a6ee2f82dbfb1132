"""Several photos at once."""

from typing import Any

from support.images import jpeg
from support.system import Caller


async def uploads(caller: Caller, project: str, count: int) -> list[dict[str, Any]]:
    """Confirmed photos, oldest first."""
    return [await caller.upload(project, jpeg()) for _ in range(count)]
