"""What /readyz says of each part, and how soon."""

import asyncio

import pytest

from integration.partitions.conftest import PROBE_SECONDS, Network
from photodock.db.pool import Database
from photodock.services.health import Health
from photodock.settings import Settings
from support.images import jpeg
from support.proxy import SILENT
from support.serving import changed
from support.system import Caller

OK = {"database": "ok", "storage": "ok", "queue": "ok"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Without the probe's own limits it would last for minutes."""
    database = ("database_timeout", "database_connect_timeout", "database_acquire_timeout")
    return changed(settings, **dict.fromkeys((*database, "s3_connect_timeout", "s3_timeout", "s3_total_timeout"), 60))


async def ready(api: Caller) -> tuple[int, dict[str, str]]:
    async with asyncio.timeout(PROBE_SECONDS):
        answer = await api.http.get("/readyz")
    return answer.status_code, answer.json()["parts"]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("created_at = now() - interval '50 seconds'", "ok"),
        ("created_at = now() - interval '70 seconds', due_at = now() + interval '1 hour', attempts = 6", "delayed"),
        ("created_at = now() - interval '1 hour', sent_at = now()", "ok"),
        ("created_at = now() - interval '1 hour', attempts = 10, parked_at = now()", "jobs_parked"),
    ],
)
async def test_the_queue_is_known_by_the_jobs_that_wait_for_it(
    api: Caller, project: str, db: Database, change: str, state: str
) -> None:
    await api.upload(project, jpeg())
    await db.execute(f"UPDATE outbox SET {change}")  # noqa: S608  (the lines above)
    assert await ready(api) == (200, OK | {"queue": state})


async def test_old_jobs_are_found_among_thousands_that_failed_already(api: Caller, project: str, db: Database) -> None:
    photo = await api.upload(project, jpeg())
    await db.execute(
        """
        INSERT INTO outbox (photo_id, organization_id, s3_url, detection_types, priority, correlation_id, created_at,
            due_at, attempts)
        SELECT $1, $2, 's3://bucket/key', '{damage}', 'normal', 'c', now() - interval '2 minutes',
            now() + interval '1 second' * n, 3 FROM generate_series(1, 5000) AS n
        """,
        photo["id"],
        api.organization_id,
    )
    assert await ready(api) == (200, OK | {"queue": "delayed"})
    await db.execute("ANALYZE outbox")
    plan = await db.fetch(
        "EXPLAIN SELECT min(created_at) FROM (SELECT created_at FROM outbox "
        "WHERE sent_at IS NULL AND parked_at IS NULL ORDER BY due_at LIMIT 100) AS first"
    )
    assert any("outbox_due" in row[0] for row in plan)


async def test_a_store_that_hangs_does_not_make_the_probe_hang(api: Caller, project: str, network: Network) -> None:
    async with network.store.suffering(SILENT):
        assert await ready(api) == (200, OK | {"storage": "storage_unavailable"})


async def test_a_database_that_hangs_makes_no_probe_hang_and_nobody_believe_that_the_process_is_dead(
    api: Caller, project: str, network: Network
) -> None:
    async with network.store.suffering(SILENT), network.database.suffering(SILENT):
        parts = {"database": "database_unavailable", "storage": "storage_unavailable", "queue": "unknown"}
        assert await ready(api) == (503, parts)
        async with asyncio.timeout(PROBE_SECONDS):
            assert (await api.http.get("/healthz")).status_code == 200


async def test_all_parts_are_asked_side_by_side(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them answers before all are asked."""
    all_asked = asyncio.Barrier(len(OK))

    async def meet(_: Health) -> str:
        await all_asked.wait()
        return "ok"

    for part in ("_database", "_storage", "_queue"):
        monkeypatch.setattr(Health, part, meet)
    assert await ready(api) == (200, OK)
