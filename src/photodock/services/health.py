"""Whether this process can do its work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from photodock.db.health import current_revision
from photodock.db.pool import Database
from photodock.domain.errors import PhotodockError


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each part's state in a word or a code; only the database decides `ready`."""

    ready: bool
    parts: dict[str, str]


class Health:
    def __init__(self, db: Database, newest_revision: str, others: dict[str, Callable[[], Awaitable[None]]]) -> None:
        self._db = db
        self._newest_revision = newest_revision
        self._others = others

    async def readiness(self) -> Readiness:
        parts = {"database": await self._database()}
        for name, check in self._others.items():
            try:
                await check()
                parts[name] = "ok"
            except PhotodockError as error:
                parts[name] = error.code
        return Readiness(parts["database"] == "ok", parts)

    async def _database(self) -> str:
        try:
            revision = await current_revision(self._db)
        except PhotodockError as error:
            return error.code
        return "ok" if revision == self._newest_revision else "migrations_missing"
