"""What `/metrics` says adds up with what was done, over all processes."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from photodock.embedded.ports import free_port
from photodock.embedded.postgres import PostgresServer
from photodock.metrics.definitions import ALL
from support.clock import eventually
from support.images import jpeg
from support.scraping import Figures, scraped
from support.system import Caller, sha256
from support.whole import System, running_system

REQUESTS = "photodock_http_request_duration_seconds"
RENDITIONS, FINDINGS = "photodock_rendition_duration_seconds_count", "photodock_sweeper_findings_total"
ISSUE, SHOW, PROJECTS = "/api/v1/photos/upload-url", "/api/v1/photos/{photo_id}", "/api/v1/projects"
PROCESSES, CONNECTIONS, WORKERS_CONNECTIONS = 2, 2, 16
FEW_CONNECTIONS = {
    "PHOTODOCK_DATABASE_POOL_SIZE": str(CONNECTIONS),
    "PHOTODOCK_DATABASE_ACQUIRE_TIMEOUT": "2s",
    "PHOTODOCK_DATABASE_TIMEOUT": "1m",
}
LONG_AFTER = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=8)
DELETED_BY_CALLS = 2
"""The refused content, and the photo that its user deletes."""


@pytest.fixture
async def measured(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, tmp_path: Path
) -> AsyncIterator[tuple[System, str, str]]:
    """A system whose `serve` has two processes, and the addresses of its and its worker's figures."""
    port = free_port()
    settings = {
        "PHOTODOCK_WORKER_METRICS_PORT": str(port),
        "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "0",
        "PHOTODOCK_ORGANIZATION_PENDING_UPLOADS": "9",
        "TMPDIR": str(tmp_path),
    }
    async with fresh_backend(postgres, s3, sqs) as backend, running_system(tmp_path, backend, settings) as system:
        serving = await system.deployment.serve(FEW_CONNECTIONS, processes=PROCESSES)
        system.api.http.base_url = serving.url
        yield system, serving.url, f"http://127.0.0.1:{port}"
        status, _ = await system.deployment.stop(serving.child)
        assert status == 0
        assert not [name for name in os.listdir(tmp_path) if name.startswith("photodock-metrics-")]


async def test_the_figures_add_up_with_what_was_done(measured: tuple[System, str, str], s3: S3) -> None:
    system, serve, worker = measured
    api = system.api
    project = await api.make_project()
    photos = [await api.upload(project, jpeg()) for _ in range(3)]
    for photo in photos:
        await system.finished(photo["id"])
    wrong = await refused_content(api, project)
    photos += await swept(system, project)
    limited = await until_limited(api, project)
    answers = [await api.call("GET", f"/photos/{uuid4()}") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {404}
    assert (await api.call("GET", f"/photos/{photos[0]['id']}?wait=1")).status_code == 200
    await api.http.request("PROPFIND", "/coffee")

    figures = await agreed(assert_handed_over, serve, worker)
    issued = 3 + 1 + 2 + limited
    assert figures.of(f"{REQUESTS}_count", method="POST", route=ISSUE, status="200") == issued
    assert figures.of(f"{REQUESTS}_count", method="POST", route=ISSUE, status="429") == 1
    assert figures.of("photodock_rate_limit_refusals_total") == 1
    assert figures.of("photodock_rate_limit_refusals_total", limit="organization_pending") == 1
    assert figures.of("photodock_http_problems_total", code="photo_not_found") == 4
    assert figures.of(f"{REQUESTS}_count", route=f"{SHOW} held") == 1
    assert figures.of(f"{REQUESTS}_count", method="other", route="unmatched") == 1
    assert wrong["error"]["code"] == "content_mismatch"
    # What the buckets hold is what was counted, and a sum of times is a time.
    assert figures.of(f"{REQUESTS}_bucket", le="+Inf") == figures.of(f"{REQUESTS}_count")
    assert figures.of(f"{REQUESTS}_sum") > 0
    assert_photos_ends(figures)
    assert_behind(figures)
    assert_of_nobody(figures, api, project, photos)


def assert_handed_over(figures: Figures) -> None:
    """What comes last of each process's figures is there."""
    assert figures.of(f"{REQUESTS}_count", route=SHOW, status="404") == 4
    assert figures.of(f"{REQUESTS}_count", route="unmatched") == 1
    renditions = {outcome: figures.of(RENDITIONS, outcome=outcome) for outcome in ("made", "put_off", "away", "error")}
    assert renditions == {"made": 4, "put_off": 0, "away": 0, "error": 0}
    assert {outcome for outcome in SWEPT if figures.of(FINDINGS, outcome=outcome)} == set(SWEPT)


def assert_photos_ends(figures: Figures) -> None:
    assert ends(figures, "uploads") == {"uploaded": 4, "content_mismatch": 1, "upload_expired": 1}
    assert ends(figures, "detections") == {"completed": 4, "detection_failed": 0, "detection_timeout": 0}
    left = {
        status: figures.of("photodock_photo_status_duration_seconds_count", status=status)
        for status in ("pending_upload", "uploaded", "processing")
    }
    assert left == {"pending_upload": 6, "uploaded": 4, "processing": 4}
    assert figures.of(FINDINGS, outcome="confirmed") == figures.of(FINDINGS, outcome="expired") == 1
    # An object is noted before the call that is to delete it does so: a sweep in this moment deletes it as well.
    deleted = figures.of(FINDINGS, outcome="deleted")
    assert 1 <= deleted <= 1 + DELETED_BY_CALLS
    assert figures.of(FINDINGS) == 2 + deleted


def assert_behind(figures: Figures) -> None:
    """Queue, store and database."""
    assert figures.of("photodock_queue_jobs_total", outcome="sent") == 4
    assert figures.of("photodock_queue_jobs_total", outcome="failed") == 0
    assert figures.of("photodock_s3_request_duration_seconds_count", operation="read_head", outcome="ok") == 5
    assert figures.of("photodock_s3_request_duration_seconds_count", operation="read_head", outcome="not_found") == 1
    assert figures.of("photodock_s3_read_bytes_total", operation="read_head") >= 4 * len(jpeg())
    assert figures.of("photodock_database_up") == 1
    assert figures.of("photodock_outbox_jobs") == 0
    assert figures.of("photodock_sweeper_last_round_timestamp_seconds") > 0
    most = PROCESSES * CONNECTIONS + WORKERS_CONNECTIONS
    assert figures.of("photodock_database_pool_connections", state="limit") == most
    assert 0 < figures.of("photodock_database_pool_connections", state="open") <= most


SWEPT = ("confirmed", "expired", "deleted")


async def swept(system: System, project: str) -> list[dict[str, Any]]:
    """What the sweeper sees to: a photo that nobody confirmed, one that never came, and one that was deleted."""
    api = system.api
    forgotten, abandoned = await api.issue(project, jpeg()), await api.issue(project, jpeg())
    assert (await api.put(forgotten, jpeg())).status_code == 200
    await system.let_pass(abandoned["photo_id"], GIVEN_UP_AFTER)
    await system.let_pass(forgotten["photo_id"], LONG_AFTER)
    photos = [await system.finished(issued["photo_id"]) for issued in (forgotten, abandoned)]
    assert [photo["status"] for photo in photos] == ["completed", "failed"]
    await eventually(lambda: has_renditions(api, photos[0]["id"]))
    assert (await api.call("DELETE", f"/photos/{photos[0]['id']}")).status_code == 204
    await system.let_pass(photos[0]["id"], LONG_AFTER)
    return photos


async def has_renditions(api: Caller, photo_id: str) -> bool:
    return bool((await api.photo(photo_id))["renditions"])


async def test_who_finds_no_connection_in_time_is_counted_as_often_as_told(measured: tuple[System, str, str]) -> None:
    system, serve, _ = measured
    holder = await asyncpg.connect(system.deployment.backend.database_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE projects IN ACCESS EXCLUSIVE MODE")
        asked = [asyncio.ensure_future(system.api.call("GET", "/projects")) for _ in range(12)]

        async def settled() -> bool:
            """Each keeps a connection that waits for the table, or has been told that there was none."""
            waiting = await holder.fetchval(
                "SELECT count(*) FROM pg_locks WHERE relation = 'projects'::regclass AND NOT granted"
            )
            return bool(waiting + sum(task.done() for task in asked) == len(asked))

        await eventually(settled, seconds=30)
    await holder.close()
    answers = Counter(answer.status_code for answer in await asyncio.gather(*asked))
    refused = answers[503]
    assert answers == {200: len(asked) - refused, 503: refused}
    assert refused >= len(asked) - PROCESSES * CONNECTIONS

    def assert_counted(now: Figures) -> None:
        assert now.of(f"{REQUESTS}_count", route=PROJECTS) == len(asked)

    figures = await agreed(assert_counted, serve)
    assert figures.of(f"{REQUESTS}_count", route=PROJECTS, status="503") == refused
    assert figures.of("photodock_http_problems_total", code="database_unavailable") == refused
    assert figures.of("photodock_database_pool_timeouts_total") == refused
    assert figures.of("photodock_database_pool_waits_total") == refused


def assert_of_nobody(figures: Figures, api: Caller, project: str, photos: list[dict[str, Any]]) -> None:
    """No label holds an id, a name or an address."""
    values = set(figures.label_values())
    secret = {str(api.organization_id), project, api.user, *(photo["id"] for photo in photos)}
    assert not values & secret
    assert not [value for value in values if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", value)]
    shown = {name.removesuffix("_created") for name in figures.names()}
    known = {metric.name for metric in ALL} | {metric.name.removesuffix("_total") for metric in ALL}
    assert {re.sub(r"_(bucket|count|sum)$", "", name) if name not in known else name for name in shown} <= known


def ends(figures: Figures, of: str) -> dict[str, float]:
    outcomes = {
        "uploads": ("uploaded", "content_mismatch", "upload_expired"),
        "detections": ("completed", "detection_failed", "detection_timeout"),
    }
    return {outcome: figures.of(f"photodock_{of}_total", outcome=outcome) for outcome in outcomes[of]}


async def refused_content(api: Caller, project: str) -> dict[str, Any]:
    data = b"These are the measures of the roof.\n" * 50
    issued = await api.issue(project, data, checksum_sha256=sha256(data))
    assert (await api.put(issued, data)).status_code == 200
    photo: dict[str, Any] = (await api.confirm(issued["photo_id"])).json()
    return photo


async def until_limited(api: Caller, project: str) -> int:
    """How many URLs were issued before one was refused."""
    for number in range(20):
        if (await api.request_upload(project, jpeg())).status_code == 429:
            return number
    raise AssertionError("nothing was refused")


async def agreed(assert_good: Callable[[Figures], None], *urls: str) -> Figures:
    """Each process hands its requests over once a second."""

    async def looked() -> Figures:
        figures = await scraped(*urls)
        assert_good(figures)
        return figures

    return await eventually(looked, seconds=40, pause=0.5)
