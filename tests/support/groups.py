"""Requests for upload URLs that one statement answers, and the database that they are for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from photodock.db import uploads
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.db.upload_groups import UploadGroups, _One
from photodock.db.uploads import Answer, Outcome
from photodock.domain.jobs import Priority
from photodock.domain.limits import Limit, Limits
from photodock.domain.photo import NewPhoto, object_key

LIMIT = 5


@dataclass
class Wish:
    """One request, as `UploadGroups` gets it."""

    organization_id: UUID
    project_id: UUID
    user_id: str = "anna"
    key: str | None = None
    size: int = 2_000
    types: tuple[str, ...] = ("damage", "material")
    limits: Limits = field(default_factory=lambda: Limits({Limit.URLS: LIMIT}))

    def declared(self) -> tuple[uploads.Issue, NewPhoto, UUID, str]:
        """With a photo's id and key."""
        now, photo_id = datetime.now(UTC), uuid7()
        issue = uploads.Issue(
            organization_id=self.organization_id,
            user_id=self.user_id,
            upload_id=uuid4(),
            now=now,
            url_expires_at=now + timedelta(minutes=15),
            sweep_at=now + timedelta(minutes=20),
            limits=self.limits,
        )
        new = NewPhoto(
            self.project_id, "roof.jpg", self.size, "image/jpeg", None, self.types, Priority.NORMAL, {"latitude": 52.5}
        )
        return issue, new, photo_id, object_key(self.project_id, photo_id, new.mime_type, now)

    def parts(self) -> _One:
        issue, new, photo_id, s3_key = self.declared()
        asked = uploads.as_request(
            issue,
            new,
            photo_id=photo_id,
            s3_key=s3_key,
            idempotency_key=self.key,
            request_hash=b"h" if self.key else None,
        )
        return _One(issue, asked)


@dataclass
class House:
    """The database, and a caller of each of some organizations."""

    db: Database
    callers: list[Wish]

    async def together(self, *wishes: Wish) -> list[Answer | None]:
        """In one statement."""
        ones = [wish.parts() for wish in wishes]
        groups = UploadGroups(Tenants(self.db))
        rows = await groups._ask(ones)
        return [
            row and Answer(Outcome.CREATED, row["photo_id"], None, *one.issue.counted(row))
            for one, row in zip(ones, rows, strict=True)
        ]

    async def alone(self, wish: Wish) -> Answer:
        return await uploads.request(Tenants(self.db), *wish.parts())

    async def used(self) -> dict[tuple[UUID, str], int]:
        rows = await self.db.fetch("SELECT organization_id, user_id, used FROM upload_quota WHERE used > 0")
        return {(row["organization_id"], row["user_id"]): row["used"] for row in rows}

    async def photos(self) -> list[Any]:
        return await self.db.fetch("SELECT * FROM photos ORDER BY id")
