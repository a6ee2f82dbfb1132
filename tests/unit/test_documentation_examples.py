"""The examples in docs/ against the documents that describe them: OpenAPI for calls, AsyncAPI for messages."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from docsite import asyncapi
from docsite.http_api_page import mends_of
from photodock.api.events import shown
from photodock.api.problems import KINDS, TYPE_PREFIX
from photodock.domain.change import Change, Position
from photodock.domain.jobs import DetectionJob, Priority
from photodock.domain.photo import PhotoStatus
from photodock.domain.webhooks import TEST, Event, EventType
from photodock.webhooks.signing import make_secret, signed_headers
from support.pages import DOCS, ROOT, Block, blocks

ASYNCAPI_SCHEMA = ROOT / "docsite" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
OPENAPI = json.loads((DOCS / "openapi.json").read_text())
SHORTENED = "…"
EXAMPLES = [block for block in blocks(DOCS / "api.md") if block.language == "json"]
# Of an answer, but not the whole of it.
EXCERPTS = {"GET /photos/{photo_id}": "DetectionResponse", "PATCH /photos/{photo_id}/status": "PhotoError"}


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": OPENAPI["components"]}


def answer_schema(call: str) -> dict[str, Any]:
    """Of the answer when all is well."""
    method, _, path = call.partition(" ")
    operation = OPENAPI["paths"].get(f"/api/v1{path}", OPENAPI["paths"].get(path))[method.lower()]
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    found: dict[str, Any] = answers[0]["content"]["application/json"]["schema"]
    return found | {"components": OPENAPI["components"]}


def without_shortened(value: Any) -> Any:
    """Items that say `…` stand for whole ones, which the page has shown before."""
    if isinstance(value, dict):
        return {key: without_shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_shortened(one) for one in value if not (isinstance(one, dict) and is_shortened(one))]
    return value


def is_shortened(value: dict[str, Any]) -> bool:
    return SHORTENED in value or any(isinstance(one, dict) and is_shortened(one) for one in value.values())


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: str(block.number))
def test_an_example_of_the_api_is_what_openapi_promises(block: Block) -> None:
    example = json.loads(block.text)
    if str(example.get("type", "")).startswith(TYPE_PREFIX):
        kind = KINDS[example["code"]]
        assert (example["status"], example["title"]) == (kind.status, kind.title)
        wanted = schema("Problem")
    elif "types" in example or set(example) == {"code", "detail"}:
        wanted = schema(EXCERPTS[block.heading])
    else:
        wanted = answer_schema(block.heading)
    faults = [error.message for error in Draft202012Validator(wanted).iter_errors(without_shortened(example))]
    assert faults == []


def test_every_error_code_of_a_call_has_its_mend_in_the_reference() -> None:
    mends = mends_of((DOCS / "errors.md").read_text())
    assert set(mends) == set(KINDS)
    for path in OPENAPI["paths"].values():
        for operation in path.values():
            refused = [answer["description"] for status, answer in operation["responses"].items() if status >= "400"]
            assert set(re.findall(r"`(\w+)`: ", " ".join(refused))) <= set(mends)


def test_the_committed_asyncapi_document_is_the_codes() -> None:
    assert asyncapi.FILE.read_text() == asyncapi.written(), "`make asyncapi` writes it anew"


def test_the_asyncapi_document_is_one() -> None:
    validator = Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(asyncapi.document())] == []


def message(channel: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = asyncapi.document()["channels"][channel]["messages"][name]
    return found


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    return [error.message for error in Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(value)]


@pytest.mark.parametrize("traceparent", [None, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
@pytest.mark.parametrize("priority", list(Priority))
def test_jobs_are_what_asyncapi_promises(priority: Priority, traceparent: str | None) -> None:
    job = DetectionJob(uuid4(), uuid4(), "s3://bucket/key", ("damage",), priority, "c", traceparent)
    promised = message("detectionJobs", "detectionJob")
    assert faults(promised["payload"], job.body()) == []
    assert faults(promised["headers"], job.attributes()) == []
    assert faults(promised["payload"], {**job.body(), "more": 1})
    assert faults(promised["payload"], {**job.body(), "priority": "urgent"})


@pytest.mark.parametrize("status", [*PhotoStatus, None])
def test_changes_are_what_asyncapi_promises(status: PhotoStatus | None) -> None:
    change = Change(
        Position(1, 1, datetime.now(UTC)), uuid4(), uuid4(), uuid4(), f"photo.{status or 'deleted'}", status
    )
    assert faults(message("photoChanges", "photo")["payload"], shown(change)) == []


@pytest.mark.parametrize("kind", [*EventType, TEST])
def test_webhooks_are_what_asyncapi_promises(kind: str) -> None:
    of_photo = () if kind == TEST else (uuid4(), uuid4(), None if kind == EventType.DELETED else "completed")
    event = Event(uuid4(), kind, datetime.now(UTC), *of_photo)
    promised = message("webhook", "event")
    body = event.body()
    assert faults(promised["payload"], json.loads(body)) == []
    assert faults(promised["headers"], signed_headers(event, body, [make_secret()], datetime.now(UTC))) == []


def test_the_shown_job_is_what_asyncapi_promises() -> None:
    example = next(block.text for block in blocks(DOCS / "queue.md") if block.language == "json")
    assert faults(message("detectionJobs", "detectionJob")["payload"], json.loads(example)) == []
