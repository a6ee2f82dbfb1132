"""What of the consumer stays in the queue, and for how long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from integration.events.conftest import EventQueue, numbers
from photodock.db import photos
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.errors import DatabaseUnavailable, PhotoNotFound, QueueUnavailable, StorageAccessDenied
from photodock.domain.photo import Photo
from photodock.embedded.ministack import MiniStackServer
from photodock.queues.sqs_inbox import MAX_MESSAGES, ReceivedMessage, SqsInbox
from photodock.services.confirmation import Confirmation
from photodock.storage.s3 import ObjectStore
from support.clock import eventually
from support.images import jpeg
from support.store import Store, key_of
from support.system import Caller


class Confirming:
    """In the place of the confirmation: does what the test says, then the real thing."""

    def __init__(self, real: Any, before: Callable[[UUID], Awaitable[None]]) -> None:
        self.real = real
        self.before = before

    async def confirm_photo(self, photo: Photo, organization_id: UUID | None, *, actor: str, trace: Any) -> Any:
        await self.before(photo.id)
        return await self.real.confirm_photo(photo, organization_id, actor=actor, trace=trace)


def raising(error: Exception) -> Callable[[UUID], Awaitable[None]]:
    async def fail(_: UUID) -> None:
        raise error

    return fail


@pytest.fixture
async def events(cloud: MiniStackServer) -> EventQueue:
    """What is not deleted comes again soon."""
    queue = EventQueue(cloud, f"outages-{next(numbers)}")
    await queue.make(visibility_seconds=1)
    return queue


@pytest.fixture
async def uploaded(api: Caller, project: str, events: Any, event_of: Any) -> dict[str, Any]:
    """A photo whose object is there and whose event waits."""
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    await events.send(event_of(key_of(issued)))
    return issued


async def comes_again(consumer: Any) -> bool:
    return await consumer.turn() == {"confirmed": 1}


async def test_with_the_store_away_the_message_comes_again(
    api: Caller, uploaded: Any, consumer: Any, events: Any, core: Any, store_away: ObjectStore
) -> None:
    away = Confirmation(Tenants(core.db), store_away, core.presigner)
    assert await consumer.turn(confirmation=away) == {"away": 1}
    assert await events.left() == 1
    assert (await api.photo(uploaded["photo_id"]))["status"] == "pending_upload"
    await eventually(lambda: comes_again(consumer))
    assert await events.left() == 0


async def test_with_the_store_refusing_the_message_comes_again(uploaded: Any, consumer: Any, core: Any) -> None:
    refusing = Confirming(core.confirmation, raising(StorageAccessDenied("403")))
    assert await consumer.turn(confirmation=refusing) == {"away": 1}
    await eventually(lambda: comes_again(consumer))


async def test_with_the_database_away_the_message_comes_again(uploaded: Any, consumer: Any, events: Any) -> None:
    away = Database("postgresql://nobody:none@127.0.0.1:9/nothing", acquire_timeout=0.5)
    assert await consumer.turn(db=away) == {"away": 1}
    await away.close()
    assert await events.left() == 1
    await eventually(lambda: comes_again(consumer))


async def test_a_deletion_outlasts_a_store_that_is_away(
    api: Caller, uploaded: Any, consumer: Any, events: Any, core: Any, store_away: ObjectStore, store: Store
) -> None:
    photo_id = UUID(uploaded["photo_id"])
    assert await photos.delete(core.db, photo_id, api.organization_id)
    await core.db.execute("DELETE FROM object_deletions WHERE photo_id = $1", photo_id)
    assert await consumer.turn(store=store_away) == {"deleted": 1}
    assert await events.left() == 0
    [noted] = await core.db.fetch("SELECT due_at <= now() AS due FROM object_deletions WHERE photo_id = $1", photo_id)
    assert noted["due"]
    assert await store.has(key_of(uploaded)), "the sweeper's now"


async def test_a_photo_deleted_in_the_middle_takes_its_object_along(
    api: Caller, uploaded: Any, consumer: Any, core: Any, store: Store
) -> None:
    async def deleted(photo_id: UUID) -> None:
        assert await photos.delete(core.db, photo_id, api.organization_id)
        raise PhotoNotFound("deleted")

    assert await consumer.turn(confirmation=Confirming(core.confirmation, deleted)) == {"deleted": 1}
    assert not await store.has(key_of(uploaded))


async def test_a_malformed_message_ends_in_the_dead_letter_queue(consumer: Any, events: Any) -> None:
    await events.send("{}")
    assert await consumer.turn() == {"malformed": 1}
    assert await events.left() == 1

    async def is_dead() -> bool:
        # A queue looks at the count of receives when it is asked for messages.
        return bool(not await consumer.turn() and await events.dead())

    await eventually(is_dead)
    assert await events.left() == 0


async def test_one_failure_holds_back_no_other_message(
    api: Caller, project: str, uploaded: Any, consumer: Any, core: Any, events: Any, event_of: Any
) -> None:
    other = await api.issue(project, jpeg())
    await api.put(other, jpeg())
    await events.send("{}", event_of(key_of(other)), event_of("foreign"))

    async def buggy(photo_id: UUID) -> None:
        if str(photo_id) == uploaded["photo_id"]:
            raise RuntimeError("a bug")

    outcomes = await consumer.turn(confirmation=Confirming(core.confirmation, buggy))
    assert outcomes == {"error": 1, "malformed": 1, "confirmed": 1, "unknown_key": 1}
    assert await events.left() == 2


async def test_a_message_of_several_objects_stays_until_all_are_done(
    api: Caller, project: str, uploaded: Any, consumer: Any, core: Any, events: Any, event_of: Any
) -> None:
    await consumer.turn()
    other = await api.issue(project, jpeg())
    await api.put(other, jpeg())
    both = [record for key in (key_of(uploaded), key_of(other)) for record in event_of(key)["Records"]]
    await events.send({"Records": both})
    away = Confirming(core.confirmation, raising(DatabaseUnavailable("away")))
    assert await consumer.turn(confirmation=away) == {"unchanged": 1, "away": 1}

    async def done() -> bool:
        return await consumer.turn() == {"unchanged": 1, "confirmed": 1}

    await eventually(done)
    assert await events.left() == 0


async def test_only_so_many_objects_are_looked_at_at_a_time(
    api: Caller, project: str, consumer: Any, core: Any, events: Any, event_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photodock.workers.s3_events.CONCURRENCY", 8)
    issued = [await api.issue(project, jpeg()) for _ in range(MAX_MESSAGES)]
    for one in issued:
        await api.put(one, jpeg())
    await events.send(*(event_of(key_of(one)) for one in issued))
    now, most, full = 0, 0, asyncio.Event()

    async def counted(_: UUID) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 8:
            full.set()
        await full.wait()
        # Time for a ninth to come in, if it could.
        for _ in range(20):
            await asyncio.sleep(0)
        now -= 1

    assert await consumer.turn(confirmation=Confirming(core.confirmation, counted)) == {"confirmed": MAX_MESSAGES}
    assert most == 8


class Script:
    """An inbox that does one thing after the other, then falls silent; keeps how many messages it was asked for."""

    def __init__(self, *answers: Exception | list[ReceivedMessage]) -> None:
        self.answers = list(answers)
        self.limits: list[int] = []
        self.silent = asyncio.Event()

    async def receive(self, *, limit: int) -> list[ReceivedMessage]:
        self.limits.append(limit)
        if not self.answers:
            self.silent.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def delete(self, messages: list[ReceivedMessage]) -> None: ...


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photodock.workers.s3_events.LONGEST_PAUSE_SECONDS", 0.01)


@pytest.mark.usefixtures("quick")
async def test_during_an_outage_single_messages_probe(consumer: Any, uploaded: Any, core: Any, inbox: SqsInbox) -> None:
    [message] = await inbox.receive()
    failures = [DatabaseUnavailable("away"), DatabaseUnavailable("away")]

    async def twice_away(_: UUID) -> None:
        if failures:
            raise failures.pop()

    script = Script(QueueUnavailable("away"), [message], [message], [message])
    part = consumer.part(inbox=script, confirmation=Confirming(core.confirmation, twice_away))
    stop = asyncio.Event()
    running = asyncio.create_task(part.run(stop))
    async with asyncio.timeout(30):
        await script.silent.wait()
        stop.set()
        await running
    assert script.limits == [MAX_MESSAGES, 1, 1, 1, MAX_MESSAGES]


@pytest.mark.parametrize(
    "answers", [(MAX_MESSAGES, MAX_MESSAGES, 1), (1, 1)], ids=["full ones", "one with an object that takes long"]
)
async def test_the_next_answer_is_fetched_while_one_is_worked_on(
    consumer: Any, uploaded: Any, core: Any, inbox: SqsInbox, answers: tuple[int, ...]
) -> None:
    [message] = await inbox.receive()
    script = Script(*([message] * count for count in answers))

    async def until_all_are_fetched(_: UUID) -> None:
        async def fetched() -> bool:
            return len(script.limits) == 3

        await eventually(fetched)

    part = consumer.part(inbox=script, confirmation=Confirming(core.confirmation, until_all_are_fetched))
    stop = asyncio.Event()
    running = asyncio.create_task(part.run(stop))
    async with asyncio.timeout(60):
        await script.silent.wait()
        stop.set()
        await running
    assert script.limits == [MAX_MESSAGES] * (len(answers) + 1)


async def test_a_stop_ends_an_idle_poll_at_once(consumer: Any) -> None:
    stop = asyncio.Event()
    script = Script()
    running = asyncio.create_task(consumer.part(inbox=script).run(stop))
    async with asyncio.timeout(30):
        await script.silent.wait()
    stop.set()
    async with asyncio.timeout(30):
        await running


async def test_a_stop_lets_the_messages_in_hand_be_finished(
    uploaded: Any, consumer: Any, core: Any, events: Any
) -> None:
    stop, begun = asyncio.Event(), asyncio.Event()

    async def stopped_meanwhile(_: UUID) -> None:
        begun.set()
        await stop.wait()

    part = consumer.part(confirmation=Confirming(core.confirmation, stopped_meanwhile))
    running = asyncio.create_task(part.run(stop))
    async with asyncio.timeout(30):
        await begun.wait()
        stop.set()
        await running
    assert await events.left() == 0


async def test_cancelled_messages_come_again(uploaded: Any, consumer: Any, core: Any, events: Any) -> None:
    begun = asyncio.Event()

    async def hanging(_: UUID) -> None:
        begun.set()
        await asyncio.Event().wait()

    part = consumer.part(confirmation=Confirming(core.confirmation, hanging))
    running = asyncio.create_task(part.run(asyncio.Event()))
    async with asyncio.timeout(30):
        await begun.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await events.left() == 1
    await eventually(lambda: comes_again(consumer))


async def test_a_queue_that_is_away_or_missing_is_said_in_our_words(core: Any, events: Any) -> None:
    session = core.credentials.session
    for url, endpoint in ((f"{events.url}-not", events.server.endpoint_url), (events.url, "http://127.0.0.1:9")):
        inbox = SqsInbox(session, url, region="us-east-1", endpoint_url=endpoint, poll_seconds=0)
        with pytest.raises(QueueUnavailable):
            await inbox.receive()
        with pytest.raises(QueueUnavailable):
            await inbox.delete([ReceivedMessage("{}", "receipt", 1)])
        await inbox.aclose()
