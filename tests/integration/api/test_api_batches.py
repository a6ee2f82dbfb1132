"""The calls for many photos at once."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from photodock.api.problems import MAX_FIELD_ERRORS
from photodock.db.pool import Database
from photodock.settings import Settings
from support.clock import within_one_minute
from support.images import jpeg, png
from support.serving import serving
from support.system import Caller, sha256

PHOTO = jpeg()


def item(project_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "file_name": "roof.jpg",
        "file_size": len(PHOTO),
        "mime_type": "image/jpeg",
        **fields,
    }


async def request(api: Caller, items: list[Any], **options: Any) -> httpx.Response:
    return await api.call("POST", "/photos/upload-urls", json={"items": items}, **options)


async def issue(api: Caller, items: list[Any]) -> list[dict[str, Any]]:
    answer = await request(api, items)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def confirm(api: Caller, photo_ids: list[str]) -> list[dict[str, Any]]:
    answer = await api.call("POST", "/photos/confirm", json={"photo_ids": photo_ids})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def codes(items: list[dict[str, Any]]) -> list[str | None]:
    """The code of each item that is only a problem; None for results."""
    return [one["error"]["code"] if one.keys() == {"error"} else None for one in items]


@pytest.fixture
async def project(api: Caller) -> str:
    return await api.make_project()


async def test_many_photos_go_the_whole_way_in_three_calls(api: Caller, project: str) -> None:
    names = [f"roof-{number}.jpg" for number in range(100)]
    issued = await issue(api, [item(project, file_name=name, checksum_sha256=sha256(PHOTO)) for name in names])
    assert len({one["photo_id"] for one in issued}) == len({one["upload_id"] for one in issued}) == 100
    sent = await asyncio.gather(*(api.put(one, PHOTO) for one in issued[:20]))
    assert {answer.status_code for answer in sent} == {200}
    ids = [one["photo_id"] for one in issued[:20]]
    photos = await confirm(api, ids)
    assert [photo["id"] for photo in photos] == ids
    assert {photo["status"] for photo in photos} <= {"uploaded", "processing"}
    found = (await api.call("GET", "/photos", params={"ids": ",".join(ids)})).json()
    assert [photo["id"] for photo in found["items"]] == ids[::-1]
    assert [photo["file_name"] for photo in found["items"]] == names[:20][::-1]
    assert found["next_cursor"] is None


async def test_a_photo_of_a_batch_is_a_photo_like_any_other(api: Caller, project: str) -> None:
    fields = {
        "checksum_sha256": sha256(PHOTO),
        "detection_types": ["damage"],
        "priority": "high",
        "client_metadata": {"latitude": 52.5, "accuracy_m": 8.0},
    }
    [issued] = await issue(api, [item(project, **fields)])
    single = await api.issue(project, PHOTO, **fields)
    photos = [await api.photo(one["photo_id"]) for one in (issued, single)]
    own = ("id", "upload_id", "s3_url", "created_at", "status_url")
    assert {key: value for key, value in photos[0].items() if key not in own} == {
        key: value for key, value in photos[1].items() if key not in own
    }
    assert photos[0]["upload_id"] == issued["upload_id"]
    assert issued.keys() == single.keys()
    assert issued["headers"] == single["headers"]
    assert await api.history(issued["photo_id"]) == [(None, "pending_upload")]


async def test_bad_items_fail_alone_and_say_why(api: Caller, project: str) -> None:
    elsewhere = await api.stranger().make_project()
    items = [
        item(project),
        item(project, mime_type="image/heic"),
        item(project, file_size=10),
        item(project, file_size=10**10),
        item(elsewhere),
        item(str(uuid4())),
        "no item",
        item("north", checksum_sha256="x"),
        item(project, detection_types=["ghosts"]),
        item(project, idempotency_key="two words"),
        item(project, file_name="last.jpg"),
    ]
    found = await issue(api, items)
    assert codes(found) == [
        None,
        "invalid_file_type",
        "file_too_small",
        "file_too_large",
        "project_access_denied",
        "project_access_denied",
        *["invalid_request"] * 4,
        None,
    ]
    assert found[4]["error"] == found[5]["error"]
    assert {one["field"] for one in found[7]["error"]["errors"]} == {
        "body.items.7.project_id",
        "body.items.7.checksum_sha256",
    }
    alone = await api.request_upload(project, PHOTO, mime_type="image/heic")
    assert found[1]["error"] | {"correlation_id": ""} == alone.json() | {"correlation_id": ""}
    assert "JPEG" in found[1]["error"]["detail"]
    assert found[6]["error"]["errors"] == [{"field": "body.items.6", "message": "Input should be an object"}]
    assert (await api.put(found[10], PHOTO)).status_code == 200


async def test_an_item_with_many_unknown_fields_is_told_of_some_of_them(api: Caller, project: str) -> None:
    unknown = {f"field-{number}": 1 for number in range(1_000)}
    [found] = await issue(api, [unknown | item(project, file_size="many")])
    told = [(one["field"], one["message"]) for one in found["error"]["errors"]]
    assert (told[0][0], len(told)) == ("body.items.0.file_size", MAX_FIELD_ERRORS)
    assert told[1] == ("body.items.0.field-0", "Extra inputs are not permitted")


@pytest.mark.parametrize("items", [[], [{}] * 101, {}, None, "x"], ids=["none", "101", "object", "null", "text"])
async def test_a_batch_of_a_wrong_shape_is_refused_as_a_whole(api: Caller, items: Any) -> None:
    answer = await request(api, items)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    answer = await api.call("POST", "/photos/confirm", json={"photo_ids": items})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_batch_may_be_larger_than_other_bodies_and_has_its_limit(api: Caller, project: str) -> None:
    long = item(project, file_name="\N{HOUSE BUILDING}" * 255)
    assert codes(await issue(api, [long] * 100)) == [None] * 100
    answer = await request(api, [item(project, unknown="x" * 256 * 1024)])
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_repeated_batch_gives_the_same_photos_and_costs_nothing(api: Caller, project: str) -> None:
    items = [item(project, idempotency_key=f"photo-{number}") for number in range(5)]
    first = await request(api, items)
    again = await request(api, [*items, item(project)])
    ids = [one["photo_id"] for one in first.json()["items"]]
    assert [one["photo_id"] for one in again.json()["items"][:5]] == ids
    assert again.json()["items"][0]["upload_id"] != first.json()["items"][0]["upload_id"]
    remaining = [int(answer.headers["ratelimit-remaining"]) for answer in (first, again)]
    assert remaining[1] in (remaining[0] - 1, 999)  # or a new minute has begun
    single = await api.request_upload(project, PHOTO, key="photo-3")
    assert single.json()["photo_id"] == ids[3]
    assert "ratelimit-limit" not in (await request(api, items)).headers


async def test_one_key_twice_in_a_batch_makes_one_photo(api: Caller, project: str) -> None:
    same = item(project, idempotency_key="once")
    found = await issue(api, [same, same, item(project, idempotency_key="once", file_name="other.jpg")])
    assert codes(found) == [None, None, "idempotency_conflict"]
    assert found[0]["photo_id"] == found[1]["photo_id"]


async def test_a_key_whose_first_item_got_nothing_is_looked_at_again_behind_all_others(
    settings: Settings, db: Database
) -> None:
    async for fresh in serving(settings.model_copy(update={"upload_urls_per_minute": 10})):
        project = await fresh.make_project()
        await within_one_minute()
        twice = [item(str(uuid4()), idempotency_key="twice"), item(project, idempotency_key="twice"), item(project)]
        answer = await request(fresh, twice)
        assert codes(answer.json()["items"]) == ["project_access_denied", None, None]
        assert answer.headers["ratelimit-remaining"] == "7", "a project that is refused costs one, too"


async def test_batches_with_the_same_keys_at_the_same_time_make_each_photo_once(api: Caller, project: str) -> None:
    items = [item(project, idempotency_key=f"race-{number}") for number in range(30)]
    orders = [items, items[::-1], items[15:] + items[:15], items]
    singles = (api.request_upload(project, PHOTO, key=f"race-{number}") for number in range(0, 30, 3))
    answers = await asyncio.gather(*(issue(api, order) for order in orders), *singles)
    made: dict[str, set[str]] = {}
    for order, found in zip(orders, answers, strict=False):
        for one, result in zip(order, found, strict=True):
            made.setdefault(one["idempotency_key"], set()).add(result["photo_id"])
    for number, answer in zip(range(0, 30, 3), answers[len(orders) :], strict=True):
        made[f"race-{number}"].add(answer.json()["photo_id"])
    assert {len(ids) for ids in made.values()} == {1}


async def test_the_quota_goes_to_the_items_in_their_order(settings: Settings, db: Database) -> None:
    async for fresh in serving(settings.model_copy(update={"upload_urls_per_minute": 5})):
        project = await fresh.make_project()
        known = item(project, idempotency_key="known")
        await within_one_minute()
        await issue(fresh, [known])
        answer = await request(fresh, [item(project, file_size=1), item(str(uuid4())), *[item(project)] * 5, known])
        rest = await request(fresh, [item(project)])
        expected = ["file_too_small", "project_access_denied", None, None, None, "rate_limited", "rate_limited", None]
        assert codes(answer.json()["items"]) == expected
        for refused in (answer, rest):
            assert refused.headers["ratelimit-remaining"] == "0"
            assert refused.headers["ratelimit-limit"] == "5"
        rows = await db.fetch("SELECT used FROM upload_quota WHERE organization_id = $1", fresh.organization_id)
        assert [row["used"] for row in rows] == [5]


async def test_the_quota_is_exact_whatever_comes_at_once(settings: Settings, db: Database) -> None:
    async for fresh in serving(settings.model_copy(update={"upload_urls_per_minute": 50})):
        project = await fresh.make_project()
        await within_one_minute()
        batches = (issue(fresh, [item(project)] * 15) for _ in range(5))
        singles = (fresh.request_upload(project, PHOTO) for _ in range(15))
        found = await asyncio.gather(asyncio.gather(*batches), asyncio.gather(*singles))
        rows = await db.fetch("SELECT used FROM upload_quota WHERE organization_id = $1", fresh.organization_id)
        photos = await db.fetch("SELECT id FROM photos WHERE organization_id = $1", fresh.organization_id)
        assert [row["used"] for row in rows] == [50]
        assert len(photos) == 50
        outcomes = Counter(code for one in found[0] for code in codes(one))
        outcomes.update(answer.json().get("code") for answer in found[1])
        assert outcomes == {None: 50, "rate_limited": 40}


async def test_confirming_tells_of_each_photo_what_became_of_it(api: Caller, project: str) -> None:
    sent, wrong, missing = await issue(api, [item(project), item(project), item(project)])
    await api.put(sent, PHOTO)
    fake = png()
    [lying] = await issue(api, [item(project, file_size=len(fake))])
    await api.put(lying, fake)
    await api.put(wrong, PHOTO)
    await api.confirm(wrong["photo_id"])
    ids = [one["photo_id"] for one in (sent, wrong, missing, lying, sent)] + [str(uuid4())]
    found = await confirm(api, ids)
    assert codes(found) == [None, None, "upload_not_found", None, None, "photo_not_found"]
    assert found[3]["status"] == "failed"
    assert found[3]["error"]["code"] == "content_mismatch"
    assert found[0] == found[4]
    assert codes(await confirm(api, [lying["photo_id"]])) == ["invalid_status_transition"]
    assert (await api.history(sent["photo_id"]))[:2] == [(None, "pending_upload"), ("pending_upload", "uploaded")]


async def test_another_organizations_photos_are_neither_confirmed_nor_listed(api: Caller, project: str) -> None:
    photo = await api.upload(project, PHOTO)
    [pending] = await issue(api, [item(project)])
    await api.put(pending, PHOTO)
    stranger = api.stranger()
    ids = [photo["id"], pending["photo_id"], str(uuid4())]
    found = await confirm(stranger, ids)
    assert codes(found) == ["photo_not_found"] * 3
    assert found[0] == found[2]
    assert (await api.photo(pending["photo_id"]))["status"] == "pending_upload"
    answer = await stranger.call("GET", "/photos", params={"ids": ",".join(ids)})
    assert answer.json() == {"items": [], "next_cursor": None}


async def test_ids_are_pages_too_and_other_conditions_hold_as_well(api: Caller, project: str) -> None:
    ids = [one["photo_id"] for one in await issue(api, [item(project) for _ in range(60)])]
    whole = await api.call("GET", "/photos", params={"ids": " ,".join(ids)})
    assert [photo["id"] for photo in whole.json()["items"]] == ids[::-1]
    page = (await api.call("GET", "/photos", params={"ids": ",".join(ids[:3]), "limit": 2})).json()
    rest = await api.call("GET", "/photos", params={"ids": ",".join(ids[:3]), "cursor": page["next_cursor"]})
    assert [photo["id"] for photo in (*page["items"], *rest.json()["items"])] == ids[2::-1]
    none = await api.call("GET", "/photos", params={"ids": ids[0], "status": "completed"})
    assert none.json()["items"] == []
    other = await api.make_project()
    assert (await api.call("GET", "/photos", params={"ids": ids[0], "project_id": other})).json()["items"] == []


@pytest.mark.parametrize(
    "ids", ["", "north", ",", ",".join([str(uuid4())] * 101)], ids=["none", "word", "comma", "101"]
)
async def test_ids_that_are_none_are_refused(api: Caller, ids: str) -> None:
    answer = await api.call("GET", "/photos", params={"ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["detail"]
