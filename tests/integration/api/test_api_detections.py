"""What a detector's results may hold, and that they come back as they were."""

import json
from typing import Any

import pytest

from support.images import jpeg
from support.system import Caller

KIB = 1024
LARGEST = 256 * KIB


def nested(depth: int) -> str:
    """Objects in objects: `depth` levels, as JSON."""
    return '{"a":' * depth + "1" + "}" * depth


def of_size(size: int) -> dict[str, str]:
    """An object whose JSON has `size` bytes."""
    return {"a": "x" * (size - len('{"a":""}'))}


def as_floats(value: dict[str, Any]) -> Any:
    """JSON knows one kind of number; PostgreSQL writes large ones without an exponent."""
    return json.loads(json.dumps(value), parse_int=float)


@pytest.fixture
async def photo_id(api: Caller, project: str) -> str:
    return str((await api.upload(project, jpeg()))["id"])


async def report(api: Caller, photo_id: str, detections: str | bytes) -> Any:
    body = detections.encode("utf-8", "surrogatepass") if isinstance(detections, str) else detections
    return await api.pipeline().call(
        "PATCH",
        f"/photos/{photo_id}/status",
        content=b'{"status": "completed", "detections": ' + body + b"}",
        headers={"Content-Type": "application/json"},
    )


@pytest.mark.parametrize(
    "detections",
    [
        {},
        {"": None},
        {"damage": [{"label": "Hagel 🧊", "score": 0.9300000000000002, "box": [1, 2, 3, 4]}], "ok": True},
        {"big": 2**63, "bigger": 10**40, "small": 5e-324, "large": 1.7976931348623157e308, "minus": -0.5, "e": 1e23},
        {"text": 'quotes " and \\ and / and \u2028 and \x7f and \x01'},
        json.loads(nested(60)),
        of_size(LARGEST),
    ],
    ids=["empty", "empty key", "usual", "numbers", "texts", "nested", "256 KB"],
)
async def test_results_come_back_as_they_were_and_a_repeat_is_harmless(
    api: Caller, photo_id: str, detections: dict[str, Any]
) -> None:
    first = await api.pipeline().report(photo_id, "completed", detections=detections)
    again = await api.pipeline().report(photo_id, "completed", detections=detections)

    assert (first.status_code, again.status_code) == (200, 200)
    assert as_floats((await api.photo(photo_id))["detection"]["results"]) == as_floats(detections)
    assert len(await api.history(photo_id)) == 4


@pytest.mark.parametrize(
    ("first", "second"),
    [('{"a": 1}', '{"a": true}'), ('{"a": 0}', '{"a": false}'), ('{"a": 1}', '{"a": "1"}'), ("{}", '{"a": null}')],
)
async def test_results_that_only_look_alike_are_another_report(
    api: Caller, photo_id: str, first: str, second: str
) -> None:
    assert (await report(api, photo_id, first)).status_code == 200
    assert (await report(api, photo_id, second)).status_code == 409


async def test_the_order_of_keys_and_the_spelling_of_numbers_make_no_difference(api: Caller, photo_id: str) -> None:
    assert (await report(api, photo_id, '{"a": 1, "b": 2.50}')).status_code == 200
    assert (await report(api, photo_id, '{"b": 2.5, "a": 1.0}')).status_code == 200


@pytest.mark.parametrize(
    "detections",
    [
        '{"a": NaN}',
        '{"a": [Infinity]}',
        '{"a": {"b": -Infinity}}',
        '{"a": 1e400}',
        r'{"a": "\u0000"}',
        r'{"\u0000": 1}',
        r'{"a": "\ud800"}',
        r'{"a": ["\udfff"]}',
        r'{"\ud800": 1}',
        '{"a": "\ud800"}',
        '{"a": ' + "1" * 5_000 + "}",
        nested(66),
        nested(5_000),
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a": 1',
        "[]",
        b'{"a": "\xff"}',
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "not UTF-8",
)
async def test_what_the_database_could_not_hold_is_refused(api: Caller, photo_id: str, detections: str | bytes) -> None:
    answer = await report(api, photo_id, detections)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await api.photo(photo_id))["status"] == "uploaded"


@pytest.mark.parametrize("number", ["1e308", "5e-324", "-1.5e200"])
async def test_numbers_are_measured_as_they_are_answered(api: Caller, photo_id: str, number: str) -> None:
    """PostgreSQL writes them without an exponent: five characters come back as three hundred."""
    answer = await report(api, photo_id, '{"a": [' + ",".join([number] * 10_000) + "]}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    few = await report(api, photo_id, '{"a": [' + ",".join([number] * 500) + "]}")
    assert few.status_code == 200
    assert len(few.content) < LARGEST


@pytest.mark.parametrize("detections", [of_size(LARGEST + 1), {"ä" * 10: "ä" * 131_100}], ids=["one byte", "in UTF-8"])
async def test_results_above_256_kb_are_refused_even_where_the_body_is_not(
    api: Caller, photo_id: str, detections: dict[str, str]
) -> None:
    text = json.dumps(detections, ensure_ascii=False, separators=(",", ":"))
    assert LARGEST < len(text.encode()) < 260 * KIB - 100
    answer = await report(api, photo_id, text)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "256 KB" in answer.json()["errors"][0]["message"]


async def test_a_body_above_260_kb_is_not_read(api: Caller, photo_id: str) -> None:
    answer = await report(api, photo_id, json.dumps(of_size(260 * KIB)))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
