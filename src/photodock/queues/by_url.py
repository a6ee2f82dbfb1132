"""The broker that a queue's URL names, for those who receive from it."""

import re
from urllib.parse import urlsplit

from aiobotocore.session import AioSession, get_session

from photodock.queues.dead_letters import DeadLetters
from photodock.queues.inbox import Inbox
from photodock.queues.rabbitmq_dead_letters import RabbitDeadLetters
from photodock.queues.rabbitmq_inbox import RabbitInbox
from photodock.queues.sqs_dead_letters import SqsDeadLetters
from photodock.queues.sqs_inbox import SqsInbox

_REGION = re.compile(r"(?:^|\.)(?:sqs|sqs-fips)\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com")


def is_rabbitmq(queue_url: str) -> bool:
    return queue_url.startswith(("amqp:", "amqps:"))


def inbox_at(
    queue_url: str,
    *,
    concurrency: int,
    poll_seconds: int,
    visibility_seconds: int,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> Inbox:
    """`region` and `endpoint_url` are SQS's: where they are not given, the URL tells them. Raises ValueError."""
    if is_rabbitmq(queue_url):
        return RabbitInbox(queue_url, concurrency=concurrency, poll_seconds=poll_seconds)
    session = get_session()
    return SqsInbox(
        session,
        queue_url,
        region=region or _region(session, queue_url),
        endpoint_url=endpoint_url or _origin(queue_url),
        poll_seconds=poll_seconds,
        visibility_seconds=visibility_seconds,
    )


def dead_letters_at(queue_url: str, *, region: str | None = None, endpoint_url: str | None = None) -> DeadLetters:
    """Likewise. Raises ValueError."""
    if is_rabbitmq(queue_url):
        return RabbitDeadLetters(queue_url)
    session = get_session()
    return SqsDeadLetters(
        session,
        queue_url,
        region=region or _region(session, queue_url),
        endpoint_url=endpoint_url or _origin(queue_url),
    )


def _origin(queue_url: str) -> str:
    parts = urlsplit(queue_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a queue's URL begins with https:// (SQS) or amqp:// (RabbitMQ)")
    return f"{parts.scheme}://{parts.netloc}"


def _region(session: AioSession, queue_url: str) -> str:
    """Other servers than AWS's are content with any."""
    if found := _REGION.search(urlsplit(queue_url).hostname or ""):
        return found[1]
    return session.get_config_variable("region") or "us-east-1"
