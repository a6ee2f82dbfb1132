"""Every column of every table, and whether it tells of a person: what is personal goes with its photo, or its person.

A new column fails the first test until it stands in `COLUMNS`, and the others until deleting and erasing reach it.
"""

from typing import Any
from uuid import UUID

import pytest

from photodock.bootstrap.core import Core
from photodock.bootstrap.worker import erasure
from photodock.db.pool import Database
from photodock.settings import Settings
from support.images import jpeg
from support.system import Caller

NAME, ABOUT, PLAIN = "name", "about a person", "plain"
"""A user's id; what a person chose, wrote, or is seen or found by; all else: ids made by machines, sizes, times."""

COLUMNS = {
    "projects": {
        "id": PLAIN,
        "organization_id": PLAIN,
        # The organization's own word for a site, not a user's data: its administrator renames it.
        "name": PLAIN,
        "created_at": PLAIN,
    },
    "policies": {"organization_id": PLAIN, "gps": PLAIN, "changed_at": PLAIN},
    "photos": {
        **dict.fromkeys(("id", "organization_id", "project_id", "upload_id", "mime_type", "file_size"), PLAIN),
        "user_id": NAME,
        **dict.fromkeys(("idempotency_key", "request_hash", "file_name", "checksum_sha256"), ABOUT),
        **dict.fromkeys(("error_detail", "exif_data", "client_metadata"), ABOUT),
        **dict.fromkeys(("detection_results", "detection_error"), ABOUT),
        **dict.fromkeys(("s3_key", "status", "error_code", "width", "height", "detection_types", "priority"), PLAIN),
        **dict.fromkeys(("jobs_sent", "created_at", "uploaded_at", "processing_at", "completed_at"), PLAIN),
        **dict.fromkeys(("failed_at", "url_expires_at", "sweep_at", "version"), PLAIN),
        # What the photo shows, in 25 bytes; and the sizes of its small pictures.
        "thumbhash": ABOUT,
        "renditions": PLAIN,
    },
    "photo_status_events": {
        **dict.fromkeys(("id", "photo_id", "organization_id", "from_status", "to_status", "at"), PLAIN),
        "actor": NAME,
        "reason": ABOUT,
    },
    "outbox": {
        **dict.fromkeys(("id", "photo_id", "organization_id", "message_id", "s3_url", "detection_types"), PLAIN),
        **dict.fromkeys(("priority", "created_at", "due_at", "attempts", "sent_at", "parked_at"), PLAIN),
        # A client's own words, and a broker's.
        **dict.fromkeys(("correlation_id", "traceparent", "last_error"), ABOUT),
    },
    "upload_quota": {"organization_id": PLAIN, "user_id": NAME, "since": PLAIN, "measure": PLAIN, "used": PLAIN},
    "tombstones": dict.fromkeys(
        ("photo_id", "organization_id", "project_id", "s3_key", "url_expires_at", "deleted_at"), PLAIN
    ),
    "object_deletions": dict.fromkeys(("photo_id", "organization_id", "s3_key", "url_expires_at", "due_at"), PLAIN),
    "multipart_uploads": {
        **dict.fromkeys(("photo_id", "organization_id", "s3_key", "s3_upload_id", "part_size", "begun_at"), PLAIN),
        "part_checksums": ABOUT,
    },
    "photo_changes": dict.fromkeys(
        ("transaction_id", "id", "organization_id", "project_id", "photo_id", "type", "status", "at"), PLAIN
    ),
    "feed_keys": {"organization_id": PLAIN, "key": PLAIN},
    # The organization's own: its receiver, and ids of photos.
    "webhooks": {
        **dict.fromkeys(("organization_id", "id", "url", "event_types", "enabled", "disabled_reason"), PLAIN),
        **dict.fromkeys(("sealed_secret", "old_sealed_secret", "old_secret_until", "failing_since"), PLAIN),
        "created_at": PLAIN,
    },
    "webhook_deliveries": {
        **dict.fromkeys(("id", "organization_id", "webhook_id", "event_id", "type", "photo_id", "project_id"), PLAIN),
        **dict.fromkeys(("status", "at", "due_at", "attempts", "attempted_at", "http_status", "last_error"), PLAIN),
        **dict.fromkeys(("delivered_at", "failed_at"), PLAIN),
    },
    "sweep_leases": dict.fromkeys(("photo_id", "organization_id", "leased_until"), PLAIN),
    "rendition_jobs": dict.fromkeys(("photo_id", "organization_id", "s3_key", "attempts", "due_at"), PLAIN),
    "alembic_version": {"version_num": PLAIN},
}
OF_A_PHOTO = ("photo_status_events", "outbox", "multipart_uploads")
UPLOAD_IN_PARTS = """
INSERT INTO multipart_uploads (photo_id, organization_id, s3_key, s3_upload_id, part_size)
SELECT id, organization_id, s3_key, 'an-id', 1 FROM photos WHERE id = $1
"""
FILLINGS = {"text": "$2::text", "jsonb": "to_jsonb($2::text)", "bytea": "convert_to($2::text, 'UTF8')"}


async def types_of_columns(db: Database) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in await db.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    ):
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
    return found


async def rows_with(db: Database, text: str) -> dict[str, int]:
    """How many rows of each table hold the text, as it is or as the hexadecimal digits of a hash."""
    found = {}
    for table in COLUMNS:
        [row] = await db.fetch(
            f"SELECT count(*) FROM {table} t WHERE strpos(to_jsonb(t)::text, $1) + strpos(to_jsonb(t)::text, $2) > 0",  # noqa: S608
            text,
            text.encode().hex(),
        )
        if row["count"]:
            found[table] = row["count"]
    return found


async def test_every_column_of_every_table_is_known_to_be_personal_or_not(db: Database) -> None:
    assert {table: set(columns) for table, columns in (await types_of_columns(db)).items()} == {
        table: set(columns) for table, columns in COLUMNS.items()
    }


@pytest.fixture
async def filled(api: Caller, project: str, core: Core) -> tuple[str, list[str]]:
    """A photo whose every personal column, in every table, holds a text of its own: its id, and the texts."""
    photo = await api.upload(project, jpeg(), key="my-key", client_metadata={"latitude": 52.5})
    await core.db.execute(UPLOAD_IN_PARTS, UUID(photo["id"]))
    texts = []
    types = await types_of_columns(core.db)
    for table, columns in COLUMNS.items():
        where = "id = $1" if table == "photos" else "photo_id = $1" if table in OF_A_PHOTO else None
        for column, kind in columns.items():
            if kind == PLAIN or where is None:
                continue
            # As long as a checksum has to be.
            texts.append(f"personal-{table}-{column}".ljust(44, "-")[:44])
            sql = f"UPDATE {table} SET {column} = {FILLINGS[types[table][column]]} WHERE {where}"  # noqa: S608
            assert await core.db.execute(sql, UUID(photo["id"]), texts[-1]) >= 1, (table, column)
    for text in texts:
        assert await rows_with(core.db, text) != {}, text
    return photo["id"], texts


async def test_deleting_a_photo_leaves_nothing_personal_of_it_in_any_column(
    api: Caller, core: Core, filled: tuple[str, list[str]]
) -> None:
    photo_id, texts = filled
    assert len(texts) >= 14
    assert (await api.call("DELETE", f"/photos/{photo_id}")).status_code == 204
    assert {text: await rows_with(core.db, text) for text in texts} == {text: {} for text in texts}
    assert await rows_with(core.db, photo_id) == {
        "photo_status_events": 2,
        "photo_changes": 2,
        "tombstones": 1,
        "object_deletions": 1,
        # Until the sweeper has aborted it; nothing personal.
        "multipart_uploads": 1,
    }


async def test_a_photo_whose_object_was_not_what_was_declared_is_deleted_as_wholly(
    api: Caller, project: str, core: Core
) -> None:
    """Its object is noted for deletion already, and the note holds nothing personal either."""
    issued = await api.issue(project, jpeg(), file_name="house of mrs smith.jpg")
    await api.put(issued, jpeg()[:-1] + b"x")
    await core.db.execute("UPDATE photos SET file_size = file_size + 1 WHERE id = $1", UUID(issued["photo_id"]))
    assert (await api.confirm(issued["photo_id"])).json()["error"]["code"] == "content_mismatch"
    assert (await api.call("DELETE", f"/photos/{issued['photo_id']}")).status_code == 204
    assert await rows_with(core.db, "mrs smith") == {}
    [event] = await core.db.fetch("SELECT count(*) FROM photo_status_events WHERE num_nonnulls(actor, reason) > 0")
    assert event["count"] == 0


async def names(db: Database, user: str) -> set[tuple[str, str]]:
    """The columns in which the user's id stands, by itself or within other text."""
    found = set()
    for table, columns in COLUMNS.items():
        for column in columns:
            row = await db.fetchrow(f"SELECT 1 FROM {table} WHERE strpos({column}::text, $1) > 0 LIMIT 1", user)  # noqa: S608
            if row:
                found.add((table, column))
    return found


async def test_after_an_erasure_the_users_id_stands_in_no_column(
    api: Caller, project: str, core: Core, settings: Settings
) -> None:
    """Photos of hers; and Ben's, which she confirmed, had sent again and reported on."""
    anna, ben = api.colleague("anna-7f3e"), api.colleague("ben")
    await anna.upload(project, jpeg(), key="a")
    bens = await ben.issue(project, jpeg())
    await ben.put(bens, jpeg())
    await anna.confirm(bens["photo_id"])
    detector = api.colleague("anna-7f3e", ("photos:pipeline",))
    assert (await detector.report(bens["photo_id"], "failed", error={"code": "dark"})).status_code == 200
    assert (await anna.call("POST", f"/photos/{bens['photo_id']}/retry")).status_code == 200
    ours = {(table, column) for table, columns in COLUMNS.items() for column, kind in columns.items() if kind == NAME}
    assert await names(core.db, "anna-7f3e") == ours, "each column for names holds hers before"

    await erasure(settings, core).erase("anna-7f3e", None)

    assert await names(core.db, "anna-7f3e") == set()
    items: list[dict[str, Any]] = (await ben.call("GET", f"/photos/{bens['photo_id']}/history")).json()["items"]
    assert [(item["to"], item["actor"]) for item in items] == [
        *(("pending_upload", "ben"), ("uploaded", None), ("processing", None), ("failed", None), ("uploaded", None)),
    ]
