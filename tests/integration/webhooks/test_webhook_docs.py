"""The examples of docs/webhooks.md take what is really sent, and nothing else."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from photodock.domain.webhooks import WAITS, Event
from photodock.webhooks.signing import make_secret, shown, signed_headers
from support.packages import require

DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"
NODE = Path("/usr/bin/node")
CALL = """
const { secret, headers, body } = JSON.parse(require("node:fs").readFileSync(0));
try { console.log(JSON.stringify(verified(secret, headers, Buffer.from(body)))); }
catch (error) { console.log(error.message); process.exitCode = 1; }
"""
Verify = Callable[..., Any]


def example(language: str) -> str:
    [found] = re.findall(rf"(?ms)^```{language}\n(.*?)^```", DOCS.read_text())
    return str(found)


async def in_python(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    names: dict[str, Any] = {}
    exec(compile(example("python"), "docs/webhooks.md", "exec"), names)  # noqa: S102  (our own page)
    verify: Verify = names["verified"]
    try:
        event: dict[str, Any] = verify(secret, headers, body)
    except names["Webhook"].verify.__globals__["WebhookVerificationError"]:
        return None
    return event


async def in_node(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    require("nodejs", NODE)
    process = await asyncio.create_subprocess_exec(
        NODE, "-e", example("javascript") + CALL, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    given = json.dumps({"secret": secret, "headers": headers, "body": body.decode()})
    async with asyncio.timeout(60):
        out, _ = await process.communicate(given.encode())
    if process.returncode:
        assert out.strip() in (b"too old, or too new", b"not signed with our secret"), out
        return None
    event: dict[str, Any] = json.loads(out)
    return event


@pytest.mark.parametrize("verified", [in_python, in_node], ids=["python", "node"])
async def test_the_shown_code_takes_what_is_ours_and_nothing_else(verified: Verify) -> None:
    event = Event(uuid4(), "photo.completed", datetime.now(UTC), uuid4(), uuid4(), "completed")
    body, secret, old = event.body(), make_secret(), make_secret()
    now = datetime.now(UTC)
    headers = signed_headers(event, body, [secret, old], now)
    assert await verified(shown(secret), headers, body) == json.loads(body)
    assert await verified(shown(old), headers, body) == json.loads(body), "while the secret is replaced"

    assert await verified(shown(make_secret()), headers, body) is None
    assert await verified(shown(secret), headers, body.replace(b"completed", b"deleted")) is None
    assert await verified(shown(secret), headers | {"webhook-id": str(uuid4())}, body) is None
    assert await verified(shown(secret), headers | {"webhook-signature": "v1,"}, body) is None
    for wrong in (timedelta(minutes=-6), timedelta(minutes=6)):
        assert await verified(shown(secret), signed_headers(event, body, [secret], now + wrong), body) is None


def test_the_shown_request_is_the_one_that_is_sent() -> None:
    head, _, body = example("http").strip().partition("\n\n")
    event = Event(uuid4(), "photo.completed", datetime.now(UTC), uuid4(), uuid4(), "completed")
    sent = json.loads(event.body())
    assert (list(json.loads(body)), list(json.loads(body)["data"])) == (list(sent), list(sent["data"]))
    assert set(signed_headers(event, b"", [b"k"], datetime.now(UTC))) <= set(re.findall(r"(?m)^([\w-]+):", head))


def test_the_told_waits_are_the_real_ones() -> None:
    [told] = re.findall(r"after about (.*?) hours", DOCS.read_text().replace("\n", " "))
    numbers = [int(number) for number in re.findall(r"\d+", told)]
    units = [1, 60, 60, *[3600] * (len(numbers) - 3)]
    assert [number * unit for number, unit in zip(numbers, units, strict=True)] == [
        wait.total_seconds() for wait in WAITS
    ]
