"""An organization's policies: what they are, and holding what was stored before to them."""

from collections.abc import AsyncIterator
from uuid import UUID

import structlog

from photodock.db import policies
from photodock.db.tenants import Tenants
from photodock.domain.policy import PolicySet

log = structlog.get_logger()

BATCH = 500
"""Photos looked at in one statement: some ten milliseconds, in which the rows that change are locked."""


class Policies:
    def __init__(self, db: Tenants) -> None:
        self._db = db

    async def get(self, organization_id: UUID) -> PolicySet:
        return await policies.get(self._db.of(organization_id), organization_id)

    async def put(self, organization_id: UUID, wanted: PolicySet) -> PolicySet:
        """From now on: what was stored before stays as it is until `hold_stored` is called."""
        await policies.put(self._db.of(organization_id), organization_id, wanted)
        log.info("policies_set", organization_id=str(organization_id), gps=wanted.gps.value)
        return wanted

    async def count_stored(self, organization_id: UUID) -> int:
        """Stored photos whose positions are more than the policy allows."""
        return sum([found async for found in self._pages(organization_id, apply=False)])

    async def hold_stored(self, organization_id: UUID) -> int:
        """Takes from stored photos what the policy does not allow; returns from how many. It does not come back.

        Batch after batch, each a transaction of its own: whoever is killed in between goes on where work is left.
        """
        changed = sum([found async for found in self._pages(organization_id, apply=True)])
        log.info("policies_applied", organization_id=str(organization_id), photos=changed)
        return changed

    async def _pages(self, organization_id: UUID, *, apply: bool) -> AsyncIterator[int]:
        db = self._db.of(organization_id)
        before: UUID | None = None
        while True:
            page = await policies.page(db, organization_id, before=before, limit=BATCH, apply=apply)
            yield page.differing
            if page.last is None:
                return
            before = page.last
