"""Limits of uploads for a user and for an organization, on the real database."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from photodock.db import sweep
from photodock.db.pool import Database
from photodock.settings import Settings
from support.clock import within_one_minute
from support.images import jpeg
from support.serving import changed, running
from support.system import Caller

SIZE = 2_000
ROOM_FOR_THREE = {
    "upload_urls_per_minute": 3,
    "upload_bytes_per_day": 3 * SIZE + 1,
    "pending_uploads": 3,
    "organization_upload_urls_per_minute": 3,
    "organization_upload_bytes_per_day": 3 * SIZE + 1,
    "organization_pending_uploads": 3,
}
OFF = dict.fromkeys(ROOM_FOR_THREE, 0)
ALL = [pytest.param(name, id=name) for name in ROOM_FOR_THREE]
NONE_LEFT = {
    "upload_urls_per_minute": ("3", "0"),
    "upload_bytes_per_day": ("6001", "1"),
    "pending_uploads": ("3", "0"),
}


def only(settings: Settings, **on: int) -> Settings:
    return changed(settings, **{**OFF, **on})


def mates(caller: Caller, name: str) -> list[Caller]:
    """Those among whom the limit is shared: a user alone, or several of an organization."""
    return [caller.colleague(f"mate-{number}") for number in range(5)] if name.startswith("organization") else [caller]


async def ask(caller: Caller, project: str, size: int = SIZE, **fields: Any) -> httpx.Response:
    return await caller.request_upload(project, b"", file_size=size, **fields)


async def ask_many(caller: Caller, project: str, *sizes: int, projects: dict[int, str] | None = None) -> list[str]:
    """The code of each item's answer, `ok` for those that got a URL."""
    items = [
        {
            "project_id": (projects or {}).get(place, project),
            "file_name": "roof.jpg",
            "file_size": size,
            "mime_type": "image/jpeg",
        }
        for place, size in enumerate(sizes)
    ]
    answer = await caller.call("POST", "/photos/upload-urls", json={"items": items})
    assert answer.status_code == 200, answer.text
    return [item["error"]["code"] if "error" in item else "ok" for item in answer.json()["items"]]


async def used(db: Database) -> dict[str, int]:
    rows = await db.fetch("SELECT measure, sum(used)::bigint AS used FROM upload_quota GROUP BY measure")
    return {row["measure"]: row["used"] for row in rows}


@pytest.mark.parametrize("name", ALL)
async def test_a_limit_refuses_with_its_own_words_and_headers(settings: Settings, name: str) -> None:
    await within_one_minute()
    async with running(only(settings, **{name: ROOM_FOR_THREE[name]})) as api:
        project = await api.make_project()
        for mate in (mates(api, name) * 3)[:3]:
            assert (await ask(mate, project)).status_code == 200
        refused = await ask(api, project)
        stranger = api.stranger()
        elsewhere = await ask(stranger, await stranger.make_project())

    problem = refused.json()
    limit, left = NONE_LEFT[name.removeprefix("organization_")]
    assert (refused.status_code, problem["code"]) == (429, "rate_limited")
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == (limit, left)
    assert 1 <= int(refused.headers["ratelimit-reset"]) == int(refused.headers["retry-after"]) <= 86_400
    assert problem["detail"].startswith("Your organization" if name.startswith("organization") else "This user")
    what = {"urls": "upload URLs a minute", "bytes": "bytes of photos a day", "pending": "delete their photos"}
    assert next(words for measure, words in what.items() if measure in name) in problem["detail"]
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("name", ALL)
async def test_a_limit_is_exact_whatever_comes_at_once_to_two_services(settings: Settings, name: str) -> None:
    await within_one_minute()
    limited = only(settings, **{name: ROOM_FOR_THREE[name]})
    async with running(limited) as one, running(limited) as other:
        project = await one.make_project()
        here = mates(one, name)
        there = [Caller(other.http, other.storage, mate.organization_id, mate.user) for mate in here]
        calls = [ask(mate, project) for mate in (here + there) * 8]
        answers = await asyncio.gather(*calls)
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: len(answers) - 3}


@pytest.mark.parametrize("name", ALL)
async def test_batches_and_single_requests_share_a_limit_exactly(settings: Settings, name: str) -> None:
    await within_one_minute()
    async with running(only(settings, **{name: ROOM_FOR_THREE[name]})) as api:
        project = await api.make_project()
        callers = mates(api, name) * 4
        batches = [ask_many(caller, project, SIZE, SIZE) for caller in callers]
        singles = [ask(caller, project) for caller in callers]
        found = await asyncio.gather(*batches, *singles)
    got = [code for answer in found if isinstance(answer, list) for code in answer]
    got += ["ok" if one.status_code == 200 else one.json()["code"] for one in found if isinstance(one, httpx.Response)]
    assert Counter(got) == {"ok": 3, "rate_limited": len(got) - 3}


@pytest.mark.parametrize("name", ALL)
async def test_a_replay_is_answered_when_a_limit_is_reached_and_costs_nothing(
    settings: Settings, db: Database, name: str
) -> None:
    await within_one_minute()
    async with running(only(settings, **{name: ROOM_FOR_THREE[name]})) as api:
        project = await api.make_project()
        for number in range(3):
            assert (await ask(api, project, key=f"roof-{number}")).status_code == 200
        before = await used(db)
        assert (await ask(api, project, key="roof-0")).status_code == 200
        assert (await ask(api, project, key="another")).status_code == 429
        assert await used(db) == before


async def test_of_concurrent_first_requests_with_one_key_one_pays(settings: Settings, db: Database) -> None:
    await within_one_minute()
    async with running(changed(settings, **dict.fromkeys(OFF, 1_000_000))) as api:
        project = await api.make_project()
        answers = await asyncio.gather(*(ask(api, project, key="one") for _ in range(30)))
    assert len({answer.json()["photo_id"] for answer in answers}) == 1
    assert await used(db) == {"urls": 1, "bytes": SIZE, "organization_urls": 1, "organization_bytes": SIZE}


async def test_what_a_later_limit_refuses_costs_nothing_of_the_earlier(settings: Settings, db: Database) -> None:
    await within_one_minute()
    limits = {**dict.fromkeys(OFF, 1_000_000), "organization_pending_uploads": 1}
    async with running(changed(settings, **limits)) as api:
        project = await api.make_project()
        assert (await ask(api, project)).status_code == 200
        assert "pending" in (await ask(api, project)).json()["detail"]
        assert await ask_many(api, project, SIZE) == ["rate_limited"]
    assert await used(db) == {"urls": 1, "bytes": SIZE, "organization_urls": 1, "organization_bytes": SIZE}


async def test_a_refused_project_costs_a_url_and_no_bytes(settings: Settings, db: Database) -> None:
    await within_one_minute()
    async with running(changed(settings, **dict.fromkeys(OFF, 1_000_000))) as api:
        assert (await ask(api, str(uuid4()))).status_code == 403
        assert await ask_many(api, str(uuid4()), SIZE, SIZE) == ["project_access_denied"] * 2
    assert await used(db) == {"urls": 3, "bytes": 0, "organization_urls": 3, "organization_bytes": 0}


async def test_each_item_of_a_batch_gets_what_it_would_get_alone(settings: Settings, db: Database) -> None:
    """A large one is refused and the small ones behind it are not; foreign projects cost a URL and no bytes."""
    await within_one_minute()
    async with running(only(settings, upload_bytes_per_day=10_000, upload_urls_per_minute=5)) as api:
        project = await api.make_project()
        sizes = (4_000, 7_000, 3_000, 9_000, 3_000, 1_100, 1_024, 1_024)
        codes = await ask_many(api, project, *sizes, projects={3: str(uuid4())})
        counted = await used(db)
    assert codes == [
        *("ok", "rate_limited", "ok", "rate_limited", "ok"),  # 4,000 + 3,000 + 3,000: all bytes are spent
        *("rate_limited", "rate_limited", "rate_limited"),
    ]
    assert counted == {"urls": 3, "bytes": 10_000}


async def test_all_limits_on_and_everybody_at_once_nobody_waits_in_a_circle(settings: Settings, db: Database) -> None:
    await within_one_minute()
    limits = dict.fromkeys(OFF, 1000000) | {"organization_upload_urls_per_minute": 60, "pending_uploads": 25}
    async with running(changed(settings, **limits)) as one, running(changed(settings, **limits)) as other:
        project = await one.make_project()
        own = (await ask(one, project)).json()["photo_id"]
        users = [one.colleague(f"user-{number}") for number in range(6)]
        users += [Caller(other.http, other.storage, user.organization_id, user.user) for user in users]
        calls: list[Any] = []
        for number, user in enumerate(users * 2):
            calls += [
                ask(user, project, key=f"key-{number % 3}"),
                ask_many(user, project, *[SIZE] * 4),
                user.call("POST", f"/photos/{own}/upload-url"),
            ]
        answers = await asyncio.gather(*calls)
    statuses = Counter(answer.status_code for answer in answers if isinstance(answer, httpx.Response))
    assert set(statuses) <= {200, 429}, statuses
    assert (await used(db))["organization_urls"] == 60


SLOW_INSERTS = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON photos FOR EACH ROW EXECUTE FUNCTION slow();
"""


async def test_batches_with_the_same_keys_in_another_order_do_not_wait_in_a_circle(
    settings: Settings, db: Database
) -> None:
    await db.execute(SLOW_INSERTS)
    async with running(only(settings)) as api:
        project = await api.make_project()

        async def batch(keys: list[str]) -> list[str]:
            items = [
                {
                    "project_id": project,
                    "file_name": "roof.jpg",
                    "file_size": SIZE,
                    "mime_type": "image/jpeg",
                    "idempotency_key": key,
                }
                for key in keys
            ]
            answer = await api.call("POST", "/photos/upload-urls", json={"items": items})
            assert answer.status_code == 200, answer.text
            return [item["photo_id"] for item in answer.json()["items"]]

        keys = [f"roof-{number}" for number in range(8)]
        forwards, backwards = await asyncio.gather(batch(keys), batch(keys[::-1]))
    assert forwards == backwards[::-1]


async def test_zero_is_no_limit_and_counts_nothing(settings: Settings, db: Database) -> None:
    async with running(only(settings)) as api:
        project = await api.make_project()
        answers = await asyncio.gather(*(ask(api, project) for _ in range(120)))
        assert await ask_many(api, project, *[SIZE] * 100) == ["ok"] * 100
        fresh = await api.call("POST", f"/photos/{answers[0].json()['photo_id']}/upload-url")
    assert {answer.status_code for answer in (*answers, fresh)} == {200}
    assert "ratelimit-limit" not in answers[0].headers
    assert await used(db) == {}


async def test_a_photo_that_came_or_went_leaves_room_for_another(settings: Settings) -> None:
    async with running(only(settings, pending_uploads=2)) as api:
        project = await api.make_project()
        sent, doomed = await api.issue(project, jpeg()), await api.issue(project, jpeg())
        assert (await ask(api, project)).status_code == 429
        await api.put(sent, jpeg())
        assert (await api.confirm(sent["photo_id"])).status_code == 200
        assert (await ask(api, project)).status_code == 200
        assert (await ask(api, project)).status_code == 429
        await api.call("DELETE", f"/photos/{doomed['photo_id']}")
        assert (await ask(api, project)).status_code == 200


async def test_a_fresh_url_needs_room_only_where_it_makes_a_photo_pending_again(
    settings: Settings, db: Database
) -> None:
    async with running(only(settings, pending_uploads=1, upload_bytes_per_day=SIZE)) as api:
        project = await api.make_project()
        given_up = (await ask(api, project)).json()["photo_id"]
        await db.execute("UPDATE photos SET status = 'failed', error_code = 'upload_expired', failed_at = now()")
        await db.execute("DELETE FROM upload_quota")
        pending = (await ask(api, project)).json()["photo_id"]
        refused = await api.colleague().call("POST", f"/photos/{given_up}/upload-url")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert (await api.photo(given_up))["status"] == "failed"
        assert (await api.call("POST", f"/photos/{pending}/upload-url")).status_code == 200
        await api.call("DELETE", f"/photos/{pending}")
        assert (await api.call("POST", f"/photos/{given_up}/upload-url")).status_code == 200


async def test_bytes_are_counted_by_the_day_of_utc_and_kept_until_it_is_over(settings: Settings, db: Database) -> None:
    await within_one_minute()
    async with running(only(settings, upload_bytes_per_day=SIZE)) as api:
        project = await api.make_project()
        assert (await ask(api, project)).status_code == 200
        refused = await ask(api, project)
        left = int(refused.headers["retry-after"])
        now = datetime.now(UTC)
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        assert abs(left - (midnight - now).total_seconds()) < 60

        await sweep.purge_quota(db, older_than=timedelta(0))
        assert (await ask(api, project)).status_code == 429
        await db.execute("UPDATE upload_quota SET since = since - interval '1 day'")
        assert (await ask(api, project)).status_code == 200
        await sweep.purge_quota(db, older_than=timedelta(0))
        assert await used(db) == {"bytes": SIZE}
