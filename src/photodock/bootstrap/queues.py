"""The queues: of detection jobs, by SQS or RabbitMQ, and of the bucket's events."""

from photodock.queues.inspection import QueueInspector, RabbitInspector, SqsInspector
from photodock.queues.job_spans import TracedQueue
from photodock.queues.protocol import JobQueue
from photodock.queues.rabbitmq import RabbitQueue
from photodock.queues.sqs import SqsQueue
from photodock.queues.sqs_inbox import SqsInbox
from photodock.settings import Settings, SettingsError
from photodock.storage.credentials import CredentialsProvider


def job_queue(settings: Settings, credentials: CredentialsProvider) -> JobQueue:
    if settings.queue_url is None:
        raise SettingsError(
            "The settings can't be used:\n  PHOTODOCK_QUEUE_URL: is not set. The worker sends detection jobs there."
        )
    url = settings.queue_url.get_secret_value()
    queue = plain_queue(settings, credentials, url)
    return TracedQueue(queue, url) if settings.otlp_endpoint else queue


def plain_queue(settings: Settings, credentials: CredentialsProvider, url: str) -> JobQueue:
    connect_timeout = settings.queue_connect_timeout.total_seconds()
    answer_timeout = settings.queue_timeout.total_seconds()
    if url.startswith(("amqp:", "amqps:")):
        try:
            return RabbitQueue(
                url,
                connect_timeout=connect_timeout,
                confirm_timeout=answer_timeout,
                retry_delays=settings.retry_delays,
            )
        except ValueError as error:
            raise SettingsError(f"The settings can't be used:\n  PHOTODOCK_QUEUE_URL: {error}") from None
    return SqsQueue(
        credentials.session,
        url,
        region=settings.sqs_region or settings.s3_region,
        endpoint_url=settings.sqs_endpoint_url,
        connect_timeout=connect_timeout,
        read_timeout=answer_timeout,
        retry_delays=settings.retry_delays,
    )


def queue_inspector(settings: Settings, credentials: CredentialsProvider, queue_url: str) -> QueueInspector:
    """Looks at a queue by the way on which the worker uses it. Raises SettingsError."""
    if queue_url.startswith(("amqp:", "amqps:")):
        try:
            return RabbitInspector(queue_url)
        except ValueError as error:
            raise SettingsError(f"PHOTODOCK_QUEUE_URL {error}") from None
    region = settings.sqs_region or settings.s3_region
    return SqsInspector(credentials.session, queue_url, region=region, endpoint_url=settings.sqs_endpoint_url)


def s3_events_inbox(settings: Settings, credentials: CredentialsProvider, queue_url: str, **options: int) -> SqsInbox:
    """`options` as of `SqsInbox`."""
    region = settings.sqs_region or settings.s3_region
    return SqsInbox(credentials.session, queue_url, region=region, endpoint_url=settings.sqs_endpoint_url, **options)
