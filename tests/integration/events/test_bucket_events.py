"""From the bucket's own notifications to confirmed photos."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from photodock.bootstrap.worker import opened_s3_events, opened_worker
from photodock.db import moves
from photodock.db.moves import Move
from photodock.domain.photo import UPLOAD_EXPIRED
from photodock.domain.renditions import rendition_keys
from photodock.settings import Settings
from support.clock import eventually
from support.images import jpeg
from support.reads import Reads
from support.serving import changed
from support.store import Store, key_of
from support.system import Caller


async def actors(api: Caller, photo_id: str) -> list[tuple[str, str]]:
    items = (await api.call("GET", f"/photos/{photo_id}/history")).json()["items"]
    return [(item["to"], item["actor"]) for item in items]


async def confirmed(api: Caller, photo_id: str) -> bool:
    return (await api.photo(photo_id))["status"] == "uploaded"


@pytest.fixture
def expire(core: Any) -> Callable[[str], Any]:
    async def give_up(photo_id: str) -> None:
        assert await moves.move(core.db, UUID(photo_id), Move(to=UPLOAD_EXPIRED, actor="sweeper"))

    return give_up


async def test_a_worker_confirms_what_its_clients_never_told(
    api: Caller, project: str, core: Any, settings: Settings, notifying: Any, jobs: Any
) -> None:
    told = changed(settings, s3_events_queue_url=notifying.url)
    issued = [await api.issue(project, jpeg()) for _ in range(12)]
    stop = asyncio.Event()
    async with opened_s3_events(told, core) as parts:
        running = asyncio.create_task(parts["s3_events"](stop))
        assert {(await api.put(one, jpeg())).status_code for one in issued} == {200}
        for one in issued:
            await eventually(lambda one=one: confirmed(api, one["photo_id"]))
        await eventually(lambda: is_empty(notifying))
        stop.set()
        async with asyncio.timeout(15):  # a poll lasts 20 seconds
            await running
    assert await actors(api, issued[0]["photo_id"]) == [("pending_upload", "anna"), ("uploaded", "s3-event")]
    assert sorted(await jobs()) == sorted(one["photo_id"] for one in issued)


async def is_empty(queue: Any) -> bool:
    return await queue.left() == 0


async def test_the_test_event_of_a_new_notification_is_taken_away(consumer: Any, notifying: Any) -> None:
    await notifying.holds(1)
    assert await consumer.turn() == {"no_object": 1}
    assert await is_empty(notifying)


async def test_an_object_made_of_parts_is_told_of_and_confirmed(
    api: Caller, project: str, core: Any, consumer: Any, notifying: Any
) -> None:
    """Of a client that went away after the completion; its parts themselves are no events."""
    issued = await api.issue(project, jpeg())
    key = key_of(issued)
    begun = await core.store.begin_upload(key, "image/jpeg", part_checksums=False)
    await notifying.holds(1)
    await consumer.turn()
    part = core.presigner.put_part(
        key,
        upload_id=begun,
        number=1,
        content_length=len(jpeg()),
        checksum_sha256=None,
        expires_in_seconds=60,
        now=datetime.now(UTC),
    )
    assert (await api.storage.put(part.url, content=jpeg(), headers=part.headers)).status_code == 200
    assert await consumer.turn() == {}
    await core.store.complete_upload(key, begun, await core.store.list_parts(key, begun), None)
    await notifying.holds(1)
    assert await consumer.turn() == {"confirmed": 1}
    assert await actors(api, issued["photo_id"]) == [("pending_upload", "anna"), ("uploaded", "s3-event")]


async def test_a_photo_that_had_been_given_up_is_revived(
    api: Caller, project: str, consumer: Any, notifying: Any, expire: Any, jobs: Any
) -> None:
    issued = await api.issue(project, jpeg())
    await expire(issued["photo_id"])
    assert (await api.photo(issued["photo_id"]))["error"]["code"] == "upload_expired"
    await api.put(issued, jpeg())

    await notifying.holds(2)
    assert (await consumer.turn())["confirmed"] == 1

    photo = await api.photo(issued["photo_id"])
    assert (photo["status"], photo["error"], photo["exif_data"]["camera_make"]) == ("uploaded", None, "Acme")
    assert await jobs() == [issued["photo_id"]]
    assert await is_empty(notifying)


async def test_what_was_not_declared_fails_its_photo(
    api: Caller, project: str, consumer: Any, notifying: Any, store: Store
) -> None:
    issued = await api.issue(project, jpeg())
    await store.put(key_of(issued), b"text".ljust(len(jpeg())))
    await notifying.holds(2)
    assert (await consumer.turn())["mismatched"] == 1
    assert (await api.photo(issued["photo_id"]))["error"]["code"] == "content_mismatch"
    # The late upload of a client that does not give up.
    await api.put(issued, jpeg())
    await notifying.holds(1)
    assert await consumer.turn() == {"deleted": 1}
    assert not await store.has(key_of(issued))


async def test_an_object_that_comes_after_its_photo_was_deleted_is_deleted_again(
    api: Caller, project: str, consumer: Any, notifying: Any, store: Store, core: Any
) -> None:
    photo = await api.issue(project, jpeg())
    assert (await api.call("DELETE", f"/photos/{photo['photo_id']}")).status_code == 204
    # All looks of the sweeper are over, and then a very slow upload ends.
    await core.db.execute("DELETE FROM object_deletions")
    assert (await api.put(photo, jpeg())).status_code == 200
    assert await store.has(key_of(photo))

    await notifying.holds(2)
    assert (await consumer.turn())["deleted"] == 1

    assert not await store.has(key_of(photo))
    assert await is_empty(notifying)
    [due] = await core.db.fetch("SELECT due_at > now() AS later FROM object_deletions")
    assert due["later"], "its URL may bring it back once more"


async def test_renditions_tell_of_themselves_and_nothing_is_done_nor_read(
    api: Caller, project: str, consumer: Any, notifying: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await api.upload(project, jpeg())
    await notifying.holds(2)
    await consumer.turn()
    reads = Reads.watched(monkeypatch)
    for key in rendition_keys(key_of(photo)):
        await store.put(key, b"webp", "image/webp")
    await notifying.holds(2)
    with capture_logs() as logs:
        assert await consumer.turn() == {"rendition": 2}
    assert await is_empty(notifying)
    assert reads.heads == []
    assert [line["event"] for line in logs if line["log_level"] != "info"] == []


async def test_duplicates_make_one_job_and_read_once(
    api: Caller, project: str, consumer: Any, events: Any, event_of: Any, jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    reads = Reads.watched(monkeypatch)
    for expected in ("confirmed", "unchanged"):
        await events.send(event_of(key_of(issued)))
        assert await consumer.turn() == {expected: 1}
    assert reads.heads == [key_of(issued)]
    await events.send(*[event_of(key_of(issued))] * 5)
    assert await consumer.turn() == {"unchanged": 5}
    assert await jobs() == [issued["photo_id"]]


async def test_duplicates_at_once_make_one_job(
    api: Caller, project: str, consumer: Any, events: Any, event_of: Any, jobs: Any
) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    await events.send(*[event_of(key_of(issued))] * 8)
    outcomes = await consumer.turn()
    assert sum(outcomes.values()) == 8
    assert set(outcomes) <= {"confirmed", "unchanged"}
    assert [to for to, _ in await actors(api, issued["photo_id"])] == ["pending_upload", "uploaded"]
    assert await jobs() == [issued["photo_id"]]


async def test_events_may_come_in_any_order_and_after_everything(
    api: Caller, project: str, consumer: Any, events: Any, event_of: Any, store: Store
) -> None:
    done, gone = await api.upload(project, jpeg()), await api.upload(project, jpeg())
    await api.pipeline().report(done["id"], "completed", detections={})
    await api.call("DELETE", f"/photos/{gone['id']}")
    early = await api.issue(project, jpeg())
    await events.send(*(event_of(key_of(photo)) for photo in (gone, early, done)))

    assert await consumer.turn() == {"deleted": 1, "not_there": 1, "unchanged": 1}

    assert (await api.photo(done["id"]))["status"] == "completed"
    assert (await api.photo(early["photo_id"]))["status"] == "pending_upload"
    assert await store.has(key_of(done))
    assert await is_empty(events)


async def test_objects_of_unknown_keys_are_counted_and_left(
    api: Caller, project: str, consumer: Any, notifying: Any, store: Store, jobs: Any
) -> None:
    photo_id = (await api.issue(project, jpeg()))["photo_id"]
    keys = [
        "backup/roof.jpg",
        "dächer & höfe/a b+c%20🏠.jpg",
        f"{project}/2026/11/22/01a2045d-e729-75a1-a237-622d7a224704.jpg",
        # The id of a photo of ours, in a place that is not its own.
        f"{project}/2001/01/01/{photo_id}.jpg",
    ]
    for key in keys:
        await store.put(key, jpeg())
    await notifying.holds(1 + len(keys))
    with capture_logs() as logs:
        outcomes = await consumer.turn()
    assert outcomes == {"no_object": 1, "unknown_key": 4}
    assert sorted(line["key"] for line in logs if line["event"] == "s3_event_of_unknown_key") == sorted(keys)
    assert [await store.has(key) for key in keys] == [True] * 4
    assert await is_empty(notifying)
    assert (await api.photo(photo_id))["status"] == "pending_upload"
    assert await jobs() == []


async def test_a_forged_key_does_no_harm(consumer: Any, events: Any, event_of: Any) -> None:
    await events.send(*map(event_of, ("a\0b", "x" * 3000, "%00", "")))
    assert await consumer.turn() == {"unknown_key": 4}


async def test_other_buckets_are_ignored(api: Caller, project: str, consumer: Any, events: Any, event_of: Any) -> None:
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    await events.send(event_of(key_of(issued), bucket="another"))
    assert await consumer.turn() == {"other_bucket": 1}
    assert (await api.photo(issued["photo_id"]))["status"] == "pending_upload"
    assert await is_empty(events)


async def test_notifications_come_through_sns(
    api: Caller, project: str, consumer: Any, events: Any, notify: Any, store: Store, aws: Any
) -> None:
    queue = (await events.attributes())["QueueArn"]
    async with aws("sns") as sns:
        topic = (await sns.create_topic(Name=events.name))["TopicArn"]
        s3 = {"Service": "s3.amazonaws.com"}
        policy = {"Effect": "Allow", "Principal": s3, "Action": "sns:Publish", "Resource": topic}
        await sns.set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [policy]})
        )
        await sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    await notify(TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}])
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    await events.holds(2)
    assert await consumer.turn() == {"no_object": 1, "confirmed": 1}
    assert await confirmed(api, issued["photo_id"])
    assert await is_empty(events)


async def test_notifications_come_through_event_bridge(
    api: Caller, project: str, consumer: Any, events: Any, notify: Any, store: Store, aws: Any
) -> None:
    queue = (await events.attributes())["QueueArn"]
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [store.bucket]}}}
    async with aws("events") as bridge:
        await bridge.put_rule(Name=events.name, EventPattern=json.dumps(pattern))
        await bridge.put_targets(Rule=events.name, Targets=[{"Id": "queue", "Arn": queue}])
    await notify(EventBridgeConfiguration={})
    issued = await api.issue(project, jpeg())
    await api.put(issued, jpeg())
    await events.holds(1)
    assert await consumer.turn() == {"confirmed": 1}
    assert await confirmed(api, issued["photo_id"])
    assert await is_empty(events)


async def test_a_worker_consumes_events_only_where_they_have_a_queue(
    settings: Settings, events: Any, keys: Any
) -> None:
    with keys():
        without = changed(settings, queue_url=events.url)
        async with opened_worker(without) as parts:
            assert "s3_events" not in parts
        async with opened_worker(changed(without, s3_events_queue_url=events.url)) as parts:
            assert "s3_events" in parts


@pytest.mark.parametrize("url", ["photodock-s3-events", "amqp://guest:guest@127.0.0.1/", "https://"])
def test_what_is_no_sqs_queue_is_refused_at_start(settings: Settings, url: str) -> None:
    with pytest.raises(ValueError, match="bucket events come through SQS alone"):
        changed(settings, s3_events_queue_url=url)


def test_an_empty_setting_is_none(settings: Settings) -> None:
    assert changed(settings, s3_events_queue_url="").s3_events_queue_url is None
