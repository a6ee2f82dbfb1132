"""Settings → services. The only place that picks adapters and puts the parts together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from photodock import logs
from photodock.api.app import ApiServices, create_app
from photodock.api.openapi import TakenIn
from photodock.db import outbox
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits
from photodock.garbage import collect_rarely
from photodock.queues.protocol import JobQueue
from photodock.queues.rabbitmq import RabbitQueue
from photodock.queues.sqs import SqsQueue
from photodock.queues.sqs_inbox import SqsInbox
from photodock.services.confirmation import Confirmation
from photodock.services.detection import Detection
from photodock.services.erasure import Erasure
from photodock.services.health import Health
from photodock.services.library import Library
from photodock.services.multipart import MultipartRules, MultipartUploads
from photodock.services.orphans import Orphans
from photodock.services.outbox import Outbox
from photodock.services.policies import Policies
from photodock.services.projects import Projects
from photodock.services.upload_batches import UploadBatches
from photodock.services.upload_rules import UploadRules
from photodock.services.uploads import Uploads
from photodock.settings import Settings, SettingsError, load_settings
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from photodock.tokens import token_keys, token_verifier
from photodock.workers.leftovers import Leftovers
from photodock.workers.loop import Part, cancelled_on_stop
from photodock.workers.relay import Backoff, Relay
from photodock.workers.s3_events import S3Events
from photodock.workers.sweeper import Sweeper

POLL_SECONDS, UNHEARD_POLL_SECONDS = 5.0, 1.0
"""Between the relay's looks for jobs: where a notification wakes it, and where none comes through."""


@dataclass(frozen=True, slots=True)
class Core:
    """What `serve` and `worker` have in common."""

    db: Database
    credentials: CredentialsProvider
    store: ObjectStore
    presigner: Presigner
    confirmation: Confirmation


@asynccontextmanager
async def opened_core(settings: Settings) -> AsyncIterator[Core]:
    async with AsyncExitStack() as stack:
        credentials = await CredentialsProvider.from_chain()
        db = await stack.enter_async_context(opened_database(settings))
        store = ObjectStore(
            bucket_of(settings),
            credentials,
            delays=settings.retry_delays,
            connect_timeout=settings.s3_connect_timeout.total_seconds(),
            timeout=settings.s3_timeout.total_seconds(),
            total_timeout=settings.s3_total_timeout.total_seconds(),
        )
        stack.push_async_callback(store.aclose)
        signed_for = settings.s3_public_endpoint_url or settings.s3_endpoint_url
        presigner = Presigner(bucket_of(settings, signed_for), credentials.current)
        yield Core(db, credentials, store, presigner, Confirmation(Tenants(db), store, presigner))


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    db = Database(
        settings.database_url.get_secret_value(),
        max_size=settings.database_pool_size,
        command_timeout=settings.database_timeout.total_seconds(),
        acquire_timeout=settings.database_acquire_timeout.total_seconds(),
        connect_timeout=settings.database_connect_timeout.total_seconds(),
        pooled=settings.database_pooler == "transaction",
    )
    try:
        yield db
    finally:
        await db.close()


def bucket_of(settings: Settings, endpoint_url: str | None = None) -> Bucket:
    """`endpoint_url` other than the one this service reads through: clients may reach the store elsewhere."""
    return Bucket(
        settings.bucket, settings.s3_region, endpoint_url or settings.s3_endpoint_url, settings.addressing_style
    )


async def check_start(settings: Settings) -> None:
    """What `serve` can't do without, found before its processes start. Raises SettingsError, StorageAccessDenied."""
    token_keys(settings)
    await CredentialsProvider.from_chain()


def upload_rules(settings: Settings) -> UploadRules:
    limits = {
        Limit.URLS: settings.upload_urls_per_minute,
        Limit.BYTES: settings.upload_bytes_per_day,
        Limit.PENDING: settings.pending_uploads,
        Limit.ORGANIZATION_URLS: settings.organization_upload_urls_per_minute,
        Limit.ORGANIZATION_BYTES: settings.organization_upload_bytes_per_day,
        Limit.ORGANIZATION_PENDING: settings.organization_pending_uploads,
    }
    return UploadRules(
        min_file_size=settings.min_file_size,
        max_file_size=settings.max_file_size,
        limits=Limits({limit: most for limit, most in limits.items() if most}),
        url_ttl_seconds=settings.upload_url_ttl_seconds,
    )


def multipart_uploads(settings: Settings, core: Core) -> MultipartUploads:
    rules = MultipartRules(settings.multipart_min_size, settings.upload_url_ttl_seconds, settings.pending_ttl)
    return MultipartUploads(Tenants(core.db), core.store, core.presigner, core.confirmation, rules)


@asynccontextmanager
async def opened_api(settings: Settings) -> AsyncIterator[ApiServices]:
    tokens = token_verifier(settings)
    async with aclosing(tokens), opened_core(settings) as core, refreshing(core.credentials):
        tenants = Tenants(core.db)
        uploads = Uploads(tenants, core.presigner, upload_rules(settings))
        yield ApiServices(
            uploads=uploads,
            upload_batches=UploadBatches(tenants, uploads),
            multipart=multipart_uploads(settings, core),
            confirmation=core.confirmation,
            detection=Detection(tenants, s3_uri=core.presigner.s3_uri),
            library=Library(tenants, core.store, core.presigner),
            projects=Projects(tenants),
            policies=Policies(tenants),
            outbox=Outbox(tenants),
            health=Health(core.db, core.store.check),
            tokens=tokens,
            detection_types=settings.detection_types,
        )


@asynccontextmanager
async def refreshing(credentials: CredentialsProvider) -> AsyncIterator[None]:
    task = asyncio.create_task(credentials.run())
    try:
        yield
    finally:
        task.cancel()


def api_from_settings(settings: Settings) -> FastAPI:
    taken_in = TakenIn(settings.detection_types, settings.min_file_size, settings.max_file_size)
    return create_app(
        lambda: opened_api(settings), taken_in=taken_in, cors_allowed_origins=settings.cors_allowed_origins
    )


def api_from_environment() -> FastAPI:
    """What `serve` hands to the HTTP server: one application for each process."""
    settings = load_settings()
    token_keys(settings)
    logs.configure(settings.log_level)
    app = api_from_settings(settings)
    collect_rarely()
    return app


def job_queue(settings: Settings, credentials: CredentialsProvider) -> JobQueue:
    if settings.queue_url is None:
        raise SettingsError(
            "The settings can't be used:\n  PHOTODOCK_QUEUE_URL: is not set. The worker sends detection jobs there."
        )
    url = settings.queue_url.get_secret_value()
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


def listener(settings: Settings) -> Listener | NoListener:
    if settings.direct_url is None:
        return NoListener()
    return Listener(
        settings.direct_url.get_secret_value(),
        outbox.CHANNEL,
        connect_timeout=settings.database_connect_timeout.total_seconds(),
    )


def sweeper(settings: Settings, core: Core) -> Sweeper:
    return Sweeper(
        core.db,
        core.confirmation,
        core.store.delete,
        s3_uri=core.presigner.s3_uri,
        pending_ttl=settings.pending_ttl,
        detection_timeout=settings.detection_timeout,
        interval_seconds=settings.sweep_interval.total_seconds(),
        leftovers=Leftovers(core.db, core.store),
    )


def erasure(settings: Settings, core: Core) -> Erasure:
    return Erasure(core.db, core.store, pending_ttl=settings.pending_ttl)


def orphans(settings: Settings, core: Core) -> Orphans:
    return Orphans(core.db, core.store, core.confirmation, detection_types=settings.detection_types)


@asynccontextmanager
async def opened_s3_events(settings: Settings, core: Core) -> AsyncIterator[Mapping[str, Part]]:
    """The consumer of the bucket's events, where they have a queue."""
    if not settings.s3_events_queue_url:
        yield {}
        return
    inbox = SqsInbox(
        core.credentials.session,
        settings.s3_events_queue_url,
        region=settings.sqs_region or settings.s3_region,
        endpoint_url=settings.sqs_endpoint_url,
    )
    try:
        yield {"s3_events": S3Events(core.db, core.confirmation, core.store, inbox, bucket=settings.bucket).run}
    finally:
        await inbox.aclose()


@asynccontextmanager
async def opened_worker(settings: Settings) -> AsyncIterator[Mapping[str, Part]]:
    """The parts of a worker process, by name."""
    async with opened_core(settings) as core, opened_s3_events(settings, core) as s3_events:
        queue = job_queue(settings, core.credentials)
        relay = Relay(
            core.db,
            queue,
            listener(settings),
            detection_timeout=settings.detection_timeout,
            backoff=Backoff(max_attempts=settings.outbox_max_attempts),
            poll_seconds=POLL_SECONDS if settings.direct_url else UNHEARD_POLL_SECONDS,
        )
        try:
            yield {
                "relay": relay.run,
                "sweeper": sweeper(settings, core).run,
                **s3_events,
                "credentials": cancelled_on_stop(core.credentials.run),
            }
        finally:
            await queue.aclose()
