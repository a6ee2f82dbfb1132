"""Requests for upload URLs, many in one statement.

A group takes only what is usual. What it leaves out (an unknown project, a known Idempotency-Key, a user with too
little left), and all of a group that fails or would have to wait for a lock, goes alone, as if there were no groups: so
no request's fault is another's.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast
from uuid import UUID

from photodock.db.groups import Groups
from photodock.db.pool import Row
from photodock.db.tenants import Tenants
from photodock.db.uploads import Answer, Issue, Outcome, Request, unless_none
from photodock.domain.errors import DatabaseUnavailable
from photodock.domain.limits import Limit
from photodock.tracing.spans import traced

PHOTO_ID, IDEMPOTENCY_KEY, S3_KEY, DETECTION_TYPES = 2, 4, 10, 11
"""Places in a `Request`."""


class _One(NamedTuple):
    issue: Issue
    asked: Request


class UploadGroups:
    def __init__(self, db: Tenants) -> None:
        self._db = db
        self._groups = Groups[_One, Row | None](self._ask, timeout=db.any.acquire_timeout)

    @traced("request_upload")
    async def request(self, issue: Issue, asked: Request) -> Answer | None:
        """None: it has to go alone, and so far nothing was taken for it. Raises DatabaseUnavailable."""
        if issue.limits.keys() != {Limit.URLS}:  # other limits have their own locks, some of whole organizations
            return None
        row = await self._groups.answer(_One(issue, asked))
        return row and Answer(Outcome.CREATED, row["photo_id"], str(asked[S3_KEY]), *issue.counted(row))

    async def _ask(self, group: list[_One]) -> Sequence[Row | None]:
        try:
            rows = await self._rows(_first_of_each_key(group))
        except DatabaseUnavailable:
            raise
        except Exception:
            return [None] * len(group)  # one of them did it, or kept the others waiting: alone each gets its own
        return [rows.get(one.asked[PHOTO_ID]) for one in group]

    async def _rows(self, group: list[_One]) -> dict[object, Row]:
        columns = [list(column) for column in zip(*(one.asked for one in group), strict=True)]
        # Arrays of arrays must be of one length; known types have no commas, by which the setting has them.
        columns[DETECTION_TYPES] = [",".join(cast(Sequence[str], types)) for types in columns[DETECTION_TYPES]]
        organizations: list[UUID] = [one.issue.organization_id for one in group]
        limit = group[0].issue.limits[Limit.URLS]
        arguments = map(unless_none, columns)
        rows = await self._db.call_for_all("request_upload_group", organizations, *arguments, limit)
        return {row["photo_id"]: row for row in rows}


def _first_of_each_key(group: list[_One]) -> list[_One]:
    """Without the repeats of an Idempotency-Key, which go alone, and find the first one there."""
    seen = set[object]()
    first = []
    for one in group:
        key = one.asked[IDEMPOTENCY_KEY]
        if key is None or key not in seen:
            seen.add(key)
            first.append(one)
    return first
