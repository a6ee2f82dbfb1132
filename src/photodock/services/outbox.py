"""Detection jobs that could not be sent, for an organization's administrator."""

from collections.abc import Sequence
from uuid import UUID

from photodock.db import outbox
from photodock.db.outbox import ParkedJob
from photodock.db.tenants import Tenants
from photodock.domain.errors import NotFound


class Outbox:
    def __init__(self, db: Tenants) -> None:
        self._db = db

    async def parked(self, organization_id: UUID, *, after: int, limit: int) -> Sequence[ParkedJob]:
        """Oldest first, those behind the id `after`."""
        return await outbox.parked(self._db.of(organization_id), organization_id, after=after, limit=limit)

    async def retry(self, organization_id: UUID, job_id: int) -> None:
        """The job comes due at once and its attempts begin anew. Raises NotFound: unknown, foreign or not parked."""
        if not await outbox.retry(self._db.of(organization_id), [job_id], organization_id):
            raise NotFound("There is no such parked job in your organization. GET /outbox lists them.")
