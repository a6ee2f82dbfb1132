"""Whether the bucket tells of new objects: one is made, and its event awaited."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from botocore.exceptions import ClientError

from photodock.bootstrap.queues import s3_events_inbox
from photodock.doctor.answers import answer_of
from photodock.doctor.faults import SDK_FAULTS
from photodock.doctor.findings import Finding, Trouble, not_applicable, of, ok
from photodock.doctor.installation import Installation
from photodock.domain.errors import QueueUnavailable
from photodock.queues.inbox import ReceivedMessage
from photodock.queues.sqs_inbox import SqsInbox
from photodock.workers.s3_messages import MalformedMessage, created_objects

WORKERS_SECONDS = 5.0
"""A worker takes an event at once, and then deletes the object of this check: so its own end tells of it."""
LONGEST_SECONDS = 20.0
_PAUSE_SECONDS = 0.3
_HIDDEN_SECONDS = 5


async def events(here: Installation) -> Finding:
    queue_url = here.settings.s3_events_queue_url
    if not queue_url:
        return not_applicable("PHOTODOCK_S3_EVENTS_QUEUE_URL is empty.")
    storage = await here.storage()
    key = await storage.trials.stored()
    started = time.monotonic()
    inbox = s3_events_inbox(
        here.settings, storage.credentials, queue_url, poll_seconds=1, visibility_seconds=_HIDDEN_SECONDS
    )
    async with aclosing(inbox):
        while (waited := time.monotonic() - started) < LONGEST_SECONDS:
            if await _is_gone(here, key):
                return ok(f"A worker had the event of a new object after {waited:.1f} s.")
            if waited < WORKERS_SECONDS:
                await asyncio.sleep(_PAUSE_SECONDS)
            elif await _received(inbox, key):
                return ok(
                    f"The event of a new object came. No worker took it within {WORKERS_SECONDS:.0f} s: none runs, or "
                    "all are busy."
                )
    return of(why_no_event(await _notifications(here), queue_url))


async def _is_gone(here: Installation, key: str) -> bool:
    trials = (await here.storage()).trials
    return answer_of(await here.http.get(trials.download_url(key))).status == 404


async def _received(inbox: SqsInbox, key: str) -> bool:
    """Whether the event is among the next messages. Others are given back at once, for the workers."""
    messages = await inbox.receive()
    own = [message for message in messages if _tells_of(message, key)]
    await inbox.delete(own)
    await asyncio.gather(*(_given_back(inbox, message) for message in messages if message not in own))
    return bool(own)


async def _given_back(inbox: SqsInbox, message: ReceivedMessage) -> None:
    """A worker needs no right to do that; without it the message is there again by itself, seconds later."""
    with suppress(QueueUnavailable):
        await inbox.give_back(message, 0)


def _tells_of(message: ReceivedMessage, key: str) -> bool:
    try:
        return any(created.key == key for created in created_objects(message.body))
    except MalformedMessage:
        return False


async def _notifications(here: Installation) -> Mapping[str, Any] | None:
    """None where the store does not tell."""
    storage = await here.storage()
    try:
        found = await storage.client.get_bucket_notification_configuration(Bucket=here.settings.bucket)
    except (ClientError, *SDK_FAULTS):
        return None
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def why_no_event(configuration: Mapping[str, Any] | None, queue_url: str) -> Trouble:
    """`configuration`: the bucket's notifications as the SDK gives them, None where they can't be read."""
    name = queue_url.rpartition("/")[2]
    none = f"No event of a new object came within {LONGEST_SECONDS:.0f} s"
    if configuration is None:
        return Trouble(
            f"{none}.",
            "Look at the bucket's notifications: they must send s3:ObjectCreated:* to this queue (docs/events.md). "
            "These credentials may not read them (s3:GetBucketNotification).",
        )
    queues: Sequence[Mapping[str, Any]] = configuration.get("QueueConfigurations", ())
    ours = [one for one in queues if str(one.get("QueueArn", "")).rpartition(":")[2] == name]
    if not ours:
        return _goes_elsewhere(none, name, configuration, queues)
    if not any(_is_creation(event) for one in ours for event in one.get("Events", ())):
        return Trouble(f"{none}: the bucket sends other events to it.", "Add s3:ObjectCreated:* to the notification.")
    if filters := [one["Filter"] for one in ours if one.get("Filter")]:
        rules = filters[0].get("Key", {}).get("FilterRules", ())
        shown = ", ".join(f"{rule.get('Name', '')} `{rule.get('Value', '')}`".lower() for rule in rules)
        return Trouble(
            f"{none}: the notification has a filter ({shown}), which this check's key does not pass.",
            "Take the filter away: photos' keys begin with their project's id. If photos' events do come, skip this "
            "check.",
        )
    return Trouble(
        f"{none}, though the bucket's notification names the queue.",
        f"The policy of `{name}` must let s3.amazonaws.com send (docs/events.md), and where the queue is encrypted "
        "with a KMS key, that key's policy must too.",
    )


def _goes_elsewhere(
    none: str, name: str, configuration: Mapping[str, Any], queues: Sequence[Mapping[str, Any]]
) -> Trouble:
    if configuration.get("TopicConfigurations") or "EventBridgeConfiguration" in configuration:
        return Trouble(
            f"{none}. The bucket sends its events to SNS or EventBridge.",
            f"Look there for a subscription or a rule that leads to `{name}`, and at the queue's policy, which must "
            "let that service send.",
        )
    others = ", ".join(f"`{str(one.get('QueueArn', '')).rpartition(':')[2]}`" for one in queues)
    where = f"they go to {others}" if others else "the bucket sends none"
    arn = f"arn:aws:sqs:REGION:ACCOUNT:{name}"
    rule = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    return Trouble(
        f"{none}: {where}.",
        "Put this, with the queue's ARN, into notification.json, and run `aws s3api "
        "put-bucket-notification-configuration --bucket … --notification-configuration file://notification.json` "
        "(docs/events.md).",
        json.dumps(rule, indent=2),
    )


def _is_creation(event: str) -> bool:
    return event in {"s3:ObjectCreated:*", "s3:ObjectCreated:Put"}
