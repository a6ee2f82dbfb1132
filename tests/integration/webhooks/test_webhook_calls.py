"""The webhook as its organization's administrator meets it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from photodock.db.pool import Database
from photodock.settings import Settings
from photodock.workers.webhooks import WebhookSender
from support.receiver import Receiver
from support.serving import changed, running
from support.system import Caller

URL = "https://hooks.example.com/photodock"


async def put(api: Caller, **body: Any) -> dict[str, Any]:
    answer = await api.call("PUT", "/webhooks", json={"url": URL, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_webhook_is_made_changed_and_deleted_and_its_secret_shown_once(api: Caller) -> None:
    assert (await api.call("GET", "/webhooks")).status_code == 404
    made = await put(api)
    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["event_types"], made["enabled"]) == (URL, None, True)

    changed_one = await put(api, url=f"{URL}/2", event_types=["photo.failed", "photo.failed"], enabled=False)
    assert changed_one == made | {"url": f"{URL}/2", "event_types": ["photo.failed"], "enabled": False, "secret": None}
    assert (await api.call("GET", "/webhooks")).json() == changed_one

    assert (await api.call("DELETE", "/webhooks")).status_code == 204
    assert (await api.call("GET", "/webhooks")).status_code == 404
    assert (await api.call("DELETE", "/webhooks")).status_code == 404
    again = await put(api)
    assert (again["id"] == made["id"], again["secret"] == made["secret"]) == (False, False)


async def test_a_replaced_secret_is_shown_once_and_the_old_one_has_its_end(api: Caller) -> None:
    assert (await api.call("POST", "/webhooks/secret")).status_code == 404
    made = await put(api)
    assert made["old_secret_until"] is None
    replaced = (await api.call("POST", "/webhooks/secret")).json()
    assert replaced["secret"].startswith("whsec_")
    assert replaced["secret"] != made["secret"]
    assert replaced["old_secret_until"] > made["created_at"]
    assert (await api.call("GET", "/webhooks")).json() == replaced | {"secret": None}


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "https://10.0.0.1/", "https://u:p@a.example/", "https://a.example:22/", "x"]
)
async def test_a_url_that_must_not_be_called_is_refused(settings: Settings, url: str) -> None:
    strict = changed(settings, webhook_allowed_networks="", webhook_ports="443", webhook_schemes="https")
    async with running(strict) as api:
        answer = await api.call("PUT", "/webhooks", json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (400, "webhook_url_refused")
        assert (await api.call("GET", "/webhooks")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"url": ""}, {"url": 1}, {"url": URL, "enabled": "yes"}, {"url": URL, "event_types": []}),
        *({"url": URL, "event_types": ["photo.eaten"]}, {"url": URL, "secret": "whsec_mine"}),
    ],
    ids=str,
)
async def test_a_malformed_webhook_is_refused(api: Caller, body: dict[str, Any]) -> None:
    assert (await api.call("PUT", "/webhooks", json=body)).status_code == 422


async def test_without_a_key_no_webhook_is_made(settings: Settings) -> None:
    async with running(changed(settings, webhook_keys=None)) as api:
        for method, path, body in (("PUT", "/webhooks", {"url": URL}), ("POST", "/webhooks/secret", None)):
            answer = await api.call(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (501, "webhooks_unavailable")


async def test_the_database_alone_does_not_tell_the_secret(api: Caller, db: Database) -> None:
    secrets = [(await put(api))["secret"], (await api.call("POST", "/webhooks/secret")).json()["secret"]]
    [row] = await db.fetch("SELECT to_jsonb(w)::text AS whole FROM webhooks w")
    assert all(secret.removeprefix("whsec_") not in row["whole"] for secret in secrets)


async def test_nothing_is_seen_or_done_of_another_organizations_webhook(
    api: Caller, receiver: Receiver, hook_of: Callable[..., Awaitable[Any]]
) -> None:
    hook = await hook_of(api, receiver)
    sent = await hook.test()
    stranger = api.stranger()
    assert (await stranger.call("GET", "/webhooks/deliveries")).json() == {"items": []}
    for method, path in (
        *(("GET", "/webhooks"), ("DELETE", "/webhooks"), ("POST", "/webhooks/secret"), ("POST", "/webhooks/test")),
        ("POST", f"/webhooks/deliveries/{sent['id']}/retry"),
    ):
        assert (await stranger.call(method, path)).status_code == 404, path
    await hook_of(stranger, receiver)
    assert (await stranger.call("POST", f"/webhooks/deliveries/{sent['id']}/retry")).status_code == 404
    assert [item["id"] for item in await hook.log()] == [sent["id"]]


async def test_a_test_event_arrives_and_stands_in_the_log(hook: Any, receiver: Receiver, worker: WebhookSender) -> None:
    made = await hook.test()
    assert (made["type"], made["state"], made["attempts"], made["photo_id"]) == ("webhook.test", "pending", 0, None)
    assert await worker.run_once() == 1
    [request] = receiver.received
    event = request.verified(hook.secret)
    assert (event["type"], event["data"]) == ("webhook.test", {})
    assert request.headers["webhook-id"] == made["event_id"]
    assert request.headers["content-type"] == "application/json"
    [logged] = await hook.log()
    assert (logged["state"], logged["attempts"], logged["last_http_status"], logged["last_error"]) == (
        *("delivered", 1, 204, None),
    )
    assert logged["next_attempt_at"] is None


async def test_to_a_disabled_webhook_nothing_is_sent_by_hand(api: Caller, hook: Any, receiver: Receiver) -> None:
    sent = await hook.test()
    await put(api, enabled=False)
    for path in ("/webhooks/test", f"/webhooks/deliveries/{sent['id']}/retry"):
        answer = await api.call("POST", path)
        assert (answer.status_code, answer.json()["code"]) == (409, "webhook_disabled")


async def test_the_log_is_read_in_pages_newest_first(api: Caller, hook: Any, receiver: Receiver) -> None:
    ids = [(await hook.test())["id"] for _ in range(5)]
    first = await hook.log(limit=2)
    second = await hook.log(limit=2, before=first[-1]["id"])
    third = await hook.log(limit=2, before=second[-1]["id"])
    assert [item["id"] for item in [*first, *second, *third]] == ids[::-1]
    for query in ({"limit": 0}, {"limit": 1001}, {"before": 0}, {"before": "x"}):
        assert (await api.call("GET", "/webhooks/deliveries", params=query)).status_code == 422


async def test_a_deleted_webhooks_events_go_to_nobody(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, hook_of: Callable[..., Awaitable[Any]]
) -> None:
    sent = await hook.test()
    await api.call("DELETE", "/webhooks")
    await hook_of(api, receiver)
    assert await worker.run_once() == 0
    assert await hook.log() == []
    assert (await api.call("POST", f"/webhooks/deliveries/{sent['id']}/retry")).status_code == 404


async def test_an_unknown_delivery_is_not_found(api: Caller, hook: Any) -> None:
    answer = await api.call("POST", f"/webhooks/deliveries/{2**62}/retry")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_of_two_that_make_it_at_once_one_is_told_the_secret(api: Caller, db: Database) -> None:
    """And a secret that was not shown is not the one that signs."""
    answers = await asyncio.gather(*(put(api) for _ in range(4)))
    assert sorted(answer["secret"] is None for answer in answers) == [False, *[True] * 3]
    assert len({answer["id"] for answer in answers}) == 1


async def test_row_security_hides_other_organizations_webhooks(api: Caller, hook: Any, db: Database) -> None:
    await hook.test()
    async with db.transaction(f"BEGIN; SELECT bind_organization('{uuid4()}')") as tx:
        for table in ("webhooks", "webhook_deliveries"):
            [row] = await tx.fetch(f"SELECT count(*) FROM {table}")  # noqa: S608  (names of our own)
            assert row["count"] == 0
    async with db.transaction(f"BEGIN; SELECT bind_organization('{api.organization_id}')") as tx:
        for table in ("webhooks", "webhook_deliveries"):
            [row] = await tx.fetch(f"SELECT count(*) FROM {table}")  # noqa: S608  (the same)
            assert row["count"] == 1
