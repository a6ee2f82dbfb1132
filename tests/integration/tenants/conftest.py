"""A database with some organizations' callers in it."""

from uuid import uuid4

import pytest

from photodock.db.pool import Database
from support.clock import within_one_minute
from support.groups import House, Wish


@pytest.fixture
async def house(db: Database) -> House:
    callers = [Wish(uuid4(), uuid4()) for _ in range(3)]
    for wish in callers:
        await db.execute(
            "INSERT INTO projects (id, organization_id, name) VALUES ($1, $2, 'roofs')",
            wish.project_id,
            wish.organization_id,
        )
    await within_one_minute()
    return House(db, callers)
