"""From a photo's change to the receiver: what is noted, what is sent, and when it is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from photodock.bootstrap.core import sealing
from photodock.db import webhook_deliveries
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.db.webhooks import CHANNEL
from photodock.domain.errors import DatabaseUnavailable
from photodock.domain.webhooks import DISABLED_AFTER, MAX_ATTEMPTS, WAITS, Answer
from photodock.settings import Settings
from photodock.workers.sweeper import DELIVERIES_KEPT
from photodock.workers.webhooks import PER_WEBHOOK, WebhookSender
from support.images import jpeg
from support.log_lines import written_log
from support.polling import until
from support.receiver import Received, Receiver, receiving
from support.serving import changed
from support.system import Caller

HookOf = Callable[..., Awaitable[Any]]
MakeDue = Callable[[], Awaitable[None]]


async def change(db: Database, api: Caller, count: int = 1, kind: str = "photo.completed") -> None:
    """Changes of photos, as the feed has them."""
    await db.execute(
        """
        INSERT INTO photo_changes (organization_id, project_id, photo_id, type, status)
        SELECT $1, gen_random_uuid(), gen_random_uuid(), $3, 'completed' FROM generate_series(1, $2)
        """,
        api.organization_id,
        count,
        kind,
    )


async def test_a_photos_life_is_told_and_signed(
    api: Caller, project: str, hook: Any, receiver: Receiver, worker: WebhookSender
) -> None:
    photo_id = (await api.upload(project, jpeg()))["id"]
    pipeline = api.pipeline()
    await pipeline.report(photo_id, "processing")
    await pipeline.report(photo_id, "completed", detections={})
    await api.call("DELETE", f"/photos/{photo_id}")
    assert await worker.run_once() == 4
    events = [request.verified(hook.secret) for request in receiver.received]
    assert {event["type"]: event["data"] for event in events} == {
        f"photo.{status}": {
            "photo_id": photo_id,
            "project_id": project,
            "status": None if status == "deleted" else status,
        }
        for status in ("uploaded", "processing", "completed", "deleted")
    }
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 4
    assert {item["state"] for item in await hook.log()} == {"delivered"}, "also those of a photo that is gone"


async def test_only_the_types_that_were_asked_for_are_noted(
    api: Caller, receiver: Receiver, hook_of: HookOf, db: Database
) -> None:
    hook = await hook_of(api, receiver, event_types=["photo.completed", "photo.failed"])
    for kind in ("photo.uploaded", "photo.completed", "photo.failed", "photo.deleted"):
        await change(db, api, kind=kind)
    assert [item["type"] for item in await hook.log()] == ["photo.failed", "photo.completed"]
    await hook_of(api, receiver, enabled=False)
    await change(db, api)
    assert len(await hook.log()) == 2
    await change(db, api.stranger())
    assert len(await hook.log()) == 2


async def test_a_change_that_is_rolled_back_is_told_to_nobody(api: Caller, hook: Any, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO photo_changes (organization_id, project_id, photo_id, type)
            VALUES ($1, gen_random_uuid(), gen_random_uuid(), 'photo.completed')
            """,
            api.organization_id,
        )
        await tx.execute("ROLLBACK AND CHAIN")
    assert await hook.log() == []


async def test_a_failure_is_tried_again_under_the_same_id(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, make_due: MakeDue
) -> None:
    receiver.tell(500, 302, 200)
    await change(db, api)
    before = datetime.now(UTC)
    assert await worker.run_once() == 1, "and not again before its time"
    [item] = await hook.log()
    assert (item["state"], item["attempts"], item["last_http_status"]) == ("pending", 1, 500)
    assert item["last_error"] == "The receiver answered 500."
    wait = datetime.fromisoformat(item["next_attempt_at"]) - before
    assert 0.8 * WAITS[0] <= wait <= 1.2 * WAITS[0] + timedelta(seconds=30)
    assert (await hook.get())["failing_since"] is not None

    for _ in range(2):
        await make_due()
        await worker.run_once()
    [item] = await hook.log()
    assert (item["state"], item["attempts"], item["last_error"]) == ("delivered", 3, None)
    assert (await hook.get())["failing_since"] is None
    assert len({(request.headers["webhook-id"], request.body) for request in receiver.received}) == 1
    for request in receiver.received:
        request.verified(hook.secret)


async def test_after_the_last_attempt_it_is_left_to_a_hand(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, make_due: MakeDue
) -> None:
    receiver.tell(503)
    await change(db, api)
    for _ in range(MAX_ATTEMPTS + 2):
        await worker.run_once()
        await make_due()
    assert len(receiver.received) == MAX_ATTEMPTS
    [item] = await hook.log()
    assert (item["state"], item["attempts"], item["next_attempt_at"]) == ("failed", MAX_ATTEMPTS, None)

    receiver.tell(200)
    answer = await api.call("POST", f"/webhooks/deliveries/{item['id']}/retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (202, "pending", 0)
    await worker.run_once()
    assert [one["state"] for one in await hook.log()] == ["delivered"]
    assert (await api.call("POST", f"/webhooks/deliveries/{item['id']}/retry")).status_code == 202
    await worker.run_once()
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len(receiver.received) == MAX_ATTEMPTS + 2, "what was delivered can be sent again too"


async def test_one_that_is_gone_is_disabled_at_once_and_goes_on_when_it_is_enabled(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, hook_of: HookOf
) -> None:
    receiver.tell(410)
    await change(db, api)
    with written_log("info") as log:
        await worker.run_once()
    assert [line["reason"] for line in log.lines if line["event"] == "webhook_disabled"] == [
        "The receiver answered 410: it is gone."
    ]
    found = await hook.get()
    assert (found["enabled"], found["disabled_reason"]) == (False, "The receiver answered 410: it is gone.")
    assert [item["state"] for item in await hook.log()] == ["failed"]
    await change(db, api)
    assert await worker.run_once() == 0

    receiver.tell(200)
    await hook_of(api, receiver)
    assert (await hook.get())["disabled_reason"] is None
    await change(db, api)
    assert await worker.run_once() == 1


async def test_one_that_fails_for_days_is_disabled_and_what_waits_goes_on_when_it_is_enabled(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, make_due: MakeDue, hook_of: HookOf
) -> None:
    receiver.tell(500)
    await change(db, api)
    await worker.run_once()
    await db.execute("UPDATE webhooks SET failing_since = failing_since - $1::interval", DISABLED_AFTER)
    await make_due()
    with written_log("info") as log:
        await worker.run_once()
    assert [line["event"] for line in log.lines] == ["webhook_failed", "webhook_disabled"]
    assert (await hook.get())["disabled_reason"] == "Nothing could be delivered for 5 days."
    await make_due()
    assert await worker.run_once() == 0
    receiver.tell(200)
    await hook_of(api, receiver)
    assert await worker.run_once() == 1
    assert [item["state"] for item in await hook.log()] == ["delivered"]


async def test_a_success_in_between_keeps_it_enabled(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database
) -> None:
    receiver.tell(500, 200, 500)
    for number in range(3):
        await change(db, api)
        await worker.run_once()
        if number == 0:
            await db.execute("UPDATE webhooks SET failing_since = failing_since - $1::interval", 2 * DISABLED_AFTER)
    assert (await hook.get())["enabled"] is True


async def test_while_a_secret_is_replaced_both_sign(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database
) -> None:
    new = (await api.call("POST", "/webhooks/secret")).json()["secret"]
    await change(db, api)
    await worker.run_once()
    for secret in (new, hook.secret):
        receiver.received[0].verified(secret)
    await db.execute("UPDATE webhooks SET old_secret_until = clock_timestamp()")
    await change(db, api)
    await worker.run_once()
    receiver.received[1].verified(new)
    with pytest.raises(WebhookVerificationError):
        receiver.received[1].verified(hook.secret)


async def test_a_secret_whose_key_is_gone_sends_nothing_and_says_so(
    api: Caller, hook: Any, receiver: Receiver, db: Database, settings: Settings, worker: WebhookSender
) -> None:
    other = sealing(changed(settings, webhook_keys="A" * 43))
    assert other
    await change(db, api)
    await WebhookSender(db, worker._sender, other, NoListener()).run_once()
    assert receiver.connections == 0
    [item] = await hook.log()
    assert "POST /webhooks/secret" in item["last_error"]


async def test_replacing_a_secret_that_cannot_be_read_mends_it(
    api: Caller, hook: Any, receiver: Receiver, db: Database, settings: Settings, worker: WebhookSender
) -> None:
    await db.execute("UPDATE webhooks SET sealed_secret = 'sealed with a key that is lost'")
    new = (await api.call("POST", "/webhooks/secret")).json()["secret"]
    await change(db, api)
    await worker.run_once()
    [request] = receiver.received
    request.verified(new)
    assert [item["state"] for item in await hook.log()] == ["delivered"]


async def test_what_the_url_before_answers_is_not_held_against_the_new_one(
    api: Caller, hook: Any, receiver: Receiver, db: Database
) -> None:
    await change(db, api)
    [due] = await webhook_deliveries.take(db, in_hand=[], per_webhook=4, limit=9, lease=timedelta(minutes=1))
    await api.call("PUT", "/webhooks", json={"url": f"http://127.0.0.1:{receiver.port}/new"})
    gone = Answer(410, "The receiver answered 410: it is gone.")
    turned_off = await webhook_deliveries.mark_failed(
        db, due, gone, wait=None, disable=gone.error, disable_after=DISABLED_AFTER
    )
    found = await hook.get()
    assert (turned_off, found["enabled"], found["failing_since"]) == (None, True, None)


async def test_two_workers_send_nothing_twice(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, settings: Settings
) -> None:
    secrets = sealing(settings)
    assert secrets
    other = WebhookSender(db, worker._sender, secrets, NoListener())
    await change(db, api, 60)
    assert sum(await asyncio.gather(worker.run_once(), other.run_once())) == 60
    assert len({request.headers["webhook-id"] for request in receiver.received}) == len(receiver.received) == 60


async def test_a_slow_receiver_holds_up_nobody_and_gets_a_few_at_a_time(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, hook_of: HookOf
) -> None:
    """A hundred wait for the slow one, and were there first."""
    released = asyncio.Event()

    async def slow(_: Received) -> int:
        await released.wait()
        return 200

    receiver.answer = slow
    await change(db, api, 100)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: _is(lambda: receiver.under_way == PER_WEBHOOK))
    async with receiving() as quick:
        stranger = api.stranger()
        other = await hook_of(stranger, quick)
        await change(db, stranger, 20)
        await until(lambda: _is(lambda: len(quick.received) == 20))
        await until(lambda: _all_delivered(other))
    assert (receiver.at_once, len(receiver.received)) == (PER_WEBHOOK, PER_WEBHOOK)
    released.set()
    await until(lambda: _is(lambda: len(receiver.received) == 100))
    stop.set()
    await running
    assert receiver.at_once == PER_WEBHOOK


async def _is(condition: Callable[[], bool]) -> bool:
    return condition()


async def _all_delivered(hook: Any) -> bool:
    return {item["state"] for item in await hook.log()} == {"delivered"}


async def test_those_with_the_fewest_in_hand_come_first(
    api: Caller, hook: Any, receiver: Receiver, db: Database, hook_of: HookOf
) -> None:
    """Ten places: a webhook with many in hand and many waiting, and five others with one each that came later."""
    await change(db, api, 50)
    webhook_id = (await hook.get())["id"]
    for _ in range(5):
        stranger = api.stranger()
        await hook_of(stranger, receiver)
        await change(db, stranger)
    taken = await webhook_deliveries.take(
        db, in_hand=[webhook_id] * 3, per_webhook=8, limit=8, lease=timedelta(minutes=1)
    )
    organizations = [due.organization_id for due in taken]
    assert (len(set(organizations)), organizations.count(api.organization_id)) == (6, 3)


async def test_one_that_fails_is_asked_with_one_at_a_time(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database
) -> None:
    receiver.tell(500)
    await change(db, api)
    await worker.run_once()
    await change(db, api, 10)
    receiver.at_once = 0
    await worker.run_once()
    assert (receiver.at_once, len(receiver.received)) == (1, 11)


async def test_a_change_wakes_the_worker_and_a_stop_gives_back_what_is_not_done(
    api: Caller, hook: Any, receiver: Receiver, worker: WebhookSender, db: Database, settings: Settings
) -> None:
    async def silent(_: Received) -> None:
        await asyncio.sleep(60)

    receiver.answer = silent
    secrets = sealing(settings)
    assert secrets
    listener = Listener(settings.database_url.get_secret_value(), CHANNEL)
    woken = WebhookSender(db, worker._sender, secrets, listener, poll_seconds=600, finish_seconds=0.1)
    stop = asyncio.Event()
    running = asyncio.create_task(woken.run(stop))
    await change(db, api)
    await until(lambda: _is(lambda: len(receiver.received) == 1))
    stop.set()
    async with asyncio.timeout(60):
        await running
    [item] = await hook.log()
    assert (item["state"], item["attempts"]) == ("pending", 0)
    receiver.tell(200)
    assert await worker.run_once() == 1, "due at once, and not after the lease"


async def test_what_was_delivered_and_not_recorded_is_sent_again_under_the_same_id(
    api: Caller,
    hook: Any,
    receiver: Receiver,
    worker: WebhookSender,
    db: Database,
    make_due: MakeDue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database is away just then, longer than the worker tries."""

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(webhook_deliveries, "mark_delivered", away)
        patched.setattr("photodock.workers.webhooks.RECORD_DELAYS", (0.01,))
        await change(db, api)
        with written_log("info") as log:
            await worker.run_once()
    assert [line["event"] for line in log.lines if line["event"].startswith("webhook")] == ["webhook_not_recorded"]
    assert [item["state"] for item in await hook.log()] == ["pending"]
    await make_due()
    await worker.run_once()
    assert [item["state"] for item in await hook.log()] == ["delivered"]
    assert len(receiver.received) == 2
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1


async def test_a_failure_recorded_twice_counts_once(api: Caller, hook: Any, db: Database, make_due: MakeDue) -> None:
    """The answer to the first recording may be lost."""
    await change(db, api)
    [due] = await webhook_deliveries.take(db, in_hand=[], per_webhook=4, limit=9, lease=timedelta(minutes=1))
    for _ in range(2):
        await webhook_deliveries.mark_failed(
            db,
            due,
            Answer(500, "no"),
            wait=timedelta(seconds=5),
            disable=None,
            disable_after=DISABLED_AFTER,
        )
    assert [item["attempts"] for item in await hook.log()] == [1]


async def test_the_log_tells_of_each_attempt_and_holds_no_url_and_no_secret(
    api: Caller, receiver: Receiver, worker: WebhookSender, db: Database, hook_of: HookOf
) -> None:
    receiver.tell(500, 200)
    with written_log("debug") as log:
        hook = await hook_of(api, receiver, url=f"http://127.0.0.1:{receiver.port}/hook-key-7f3e?token=t-91c2")
        for _ in range(2):
            await change(db, api)
            await worker.run_once()
    events = {line["event"]: line for line in log.lines}
    assert events["webhook_failed"]["reason"] == "The receiver answered 500."
    assert events["webhook_failed"]["retry_in_seconds"] > 0
    assert events["webhook_delivered"]["http_status"] == 200
    assert events["webhook_delivered"]["organization_id"] == str(api.organization_id)
    text = log.getvalue()
    assert [word for word in ("hook-key-7f3e", "t-91c2", hook.secret, "v1,") if word in text] == []


async def test_what_is_older_than_30_days_is_purged_and_nothing_younger(api: Caller, hook: Any, db: Database) -> None:
    await change(db, api, 7)
    await db.execute(
        "UPDATE webhook_deliveries SET at = at - $1::interval WHERE id <= (SELECT min(id) + 4 FROM webhook_deliveries)",
        DELIVERIES_KEPT,
    )
    assert await webhook_deliveries.purge(db, older_than=DELIVERIES_KEPT, limit=3) == 3
    assert await webhook_deliveries.purge(db, older_than=DELIVERIES_KEPT, limit=3) == 2
    assert await webhook_deliveries.purge(db, older_than=DELIVERIES_KEPT, limit=3) == 0
    assert len(await hook.log()) == 2


async def test_an_organization_without_a_webhook_notes_nothing(api: Caller, db: Database) -> None:
    await change(db, api, 3)
    [row] = await db.fetch("SELECT count(*) FROM webhook_deliveries WHERE webhook_id <> $1", uuid4())
    assert row["count"] == 0
