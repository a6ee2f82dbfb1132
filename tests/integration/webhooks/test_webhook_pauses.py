"""A receiver that asks for a pause gets it, for all its events, and nobody else waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

from integration.webhooks.test_webhook_deliveries import HookOf, MakeDue, change
from photodock.bootstrap.core import sealing
from photodock.db.listener import NoListener
from photodock.db.pool import Database
from photodock.settings import Settings
from photodock.workers.webhooks import WebhookSender
from support.receiver import Received, Receiver, receiving
from support.system import Caller


async def busy(_: Received) -> bytes:
    return b"HTTP/1.1 429 Slowly\r\nretry-after: 600\r\nContent-Length: 0\r\n\r\n"


async def test_a_receiver_that_asks_for_a_pause_gets_it_for_all_its_events(
    api: Caller,
    hook: Any,
    receiver: Receiver,
    worker: WebhookSender,
    db: Database,
    settings: Settings,
    hook_of: HookOf,
    make_due: MakeDue,
) -> None:
    secrets, later = sealing(settings), timedelta(0)
    assert secrets
    patient = WebhookSender(db, worker._sender, secrets, NoListener(), clock=lambda: datetime.now(UTC) + later)
    receiver.answer = busy
    await change(db, api)
    assert await patient.run_once() == 1
    [waits] = await hook.log()
    next_attempt = datetime.fromisoformat(waits["next_attempt_at"]) - datetime.now(UTC)
    assert timedelta(seconds=550) < next_attempt <= timedelta(seconds=600)

    await change(db, api, 5)
    await make_due()
    async with receiving() as quick:
        stranger = api.stranger()
        await hook_of(stranger, quick)
        await change(db, stranger, 3)
        assert await patient.run_once() == 3
        assert (len(receiver.received), len(quick.received)) == (1, 3)

    receiver.tell(204)
    later = timedelta(seconds=601)
    assert await patient.run_once() == 6
    assert {item["state"] for item in await hook.log()} == {"delivered"}


async def test_another_url_is_another_receiver(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, hook_of: HookOf
) -> None:
    receiver.answer = busy
    await change(db, api)
    await worker.run_once()
    receiver.tell(204)
    await api.call("PUT", "/webhooks", json={"url": f"http://127.0.0.1:{receiver.port}/new"})
    await change(db, api)
    assert await worker.run_once() == 1
