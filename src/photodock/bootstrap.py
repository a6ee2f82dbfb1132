"""Settings → services. The only place that picks adapters and puts the parts together."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import httpx
import structlog
from fastapi import FastAPI

from photodock import logs
from photodock.api.app import ApiServices, create_app
from photodock.api.console import Console
from photodock.api.openapi import TakenIn
from photodock.db import changes, outbox, webhooks
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits
from photodock.garbage import collect_rarely
from photodock.metrics.listener import listening
from photodock.metrics.sampling import sampling
from photodock.pixels import Limits as DecodeLimits
from photodock.pixels import is_installed
from photodock.queues.inspection import QueueInspector, RabbitInspector, SqsInspector
from photodock.queues.protocol import JobQueue
from photodock.queues.rabbitmq import RabbitQueue
from photodock.queues.sqs import SqsQueue
from photodock.queues.sqs_inbox import SqsInbox
from photodock.services.confirmation import Confirmation, delete_with_renditions
from photodock.services.detection import Detection
from photodock.services.erasure import Erasure
from photodock.services.feed import Feed
from photodock.services.health import Health
from photodock.services.library import Library
from photodock.services.multipart import MultipartRules, MultipartUploads
from photodock.services.orphans import Orphans
from photodock.services.outbox import Outbox
from photodock.services.policies import Policies
from photodock.services.projects import Projects
from photodock.services.renditions import Renditions
from photodock.services.streams import StreamLimits, Streams
from photodock.services.upload_batches import UploadBatches
from photodock.services.upload_rules import UploadRules
from photodock.services.uploads import Uploads
from photodock.services.webhooks import Webhooks
from photodock.settings import Settings, SettingsError, load_settings
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from photodock.tokens import token_keys, token_verifier
from photodock.webhooks.addresses import Addresses
from photodock.webhooks.sender import Sender
from photodock.webhooks.signing import Secrets
from photodock.webhooks.urls import UrlRules
from photodock.workers.leftovers import Leftovers
from photodock.workers.loop import Part, cancelled_on_stop
from photodock.workers.relay import Backoff, Relay
from photodock.workers.renditions import RenditionMaker
from photodock.workers.s3_events import S3Events
from photodock.workers.sweeper import Sweeper
from photodock.workers.webhooks import WebhookSender

log = structlog.get_logger()

POLL_SECONDS, UNHEARD_POLL_SECONDS = 5.0, 1.0
"""Between looks for jobs, changes and webhooks: where a notification wakes, and where none comes through."""


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
        store = object_store(settings, credentials)
        stack.push_async_callback(store.aclose)
        signer = presigner(settings, credentials)
        confirmation = Confirmation(Tenants(db), store, signer, renditions=settings.renditions)
        yield Core(db, credentials, store, signer, confirmation)


def object_store(settings: Settings, credentials: CredentialsProvider) -> ObjectStore:
    return ObjectStore(
        bucket_of(settings),
        credentials,
        delays=settings.retry_delays,
        connect_timeout=settings.s3_connect_timeout.total_seconds(),
        timeout=settings.s3_timeout.total_seconds(),
        total_timeout=settings.s3_total_timeout.total_seconds(),
    )


def presigner(settings: Settings, credentials: CredentialsProvider) -> Presigner:
    """Signs for clients, who may reach the store by another address than this service."""
    return Presigner(public_bucket_of(settings), credentials.current)


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
        async with sampling(db.pool):
            yield db
    finally:
        await db.close()


def bucket_of(settings: Settings, endpoint_url: str | None = None) -> Bucket:
    """`endpoint_url` other than the one this service reads through: clients may reach the store elsewhere."""
    return Bucket(
        settings.bucket, settings.s3_region, endpoint_url or settings.s3_endpoint_url, settings.addressing_style
    )


def public_bucket_of(settings: Settings) -> Bucket:
    """The bucket as clients reach it."""
    return bucket_of(settings, settings.s3_public_endpoint_url)


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


def url_rules(settings: Settings) -> UrlRules:
    addresses = Addresses(settings.webhook_allowed_networks)
    return UrlRules(addresses, schemes=settings.webhook_schemes.split(","), ports=settings.webhook_ports)


def sealing(settings: Settings) -> Secrets | None:
    return Secrets(settings.sealing_keys) if settings.sealing_keys else None


@asynccontextmanager
async def opened_api(settings: Settings) -> AsyncIterator[ApiServices]:
    tokens = token_verifier(settings)
    async with (
        aclosing(tokens),
        opened_core(settings) as core,
        refreshing(core.credentials),
        feed(settings, core.db).running() as changes_feed,
    ):
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
            streams=Streams(tenants, changes_feed, stream_limits(settings)),
            webhooks=Webhooks(tenants, url_rules(settings), sealing(settings)),
            health=Health(core.db, core.store.check),
            tokens=tokens,
            detection_types=settings.detection_types,
            stream_heartbeat=settings.stream_heartbeat.total_seconds(),
        )


def stream_limits(settings: Settings) -> StreamLimits:
    """A stream keeps its connection, and is spared when connections run out: other calls must find some."""
    return StreamLimits(
        process=min(settings.max_streams, settings.max_connections * 9 // 10),
        organization=settings.organization_max_streams,
        user=settings.user_max_streams,
    )


def feed(settings: Settings, db: Database) -> Feed:
    poll_seconds = POLL_SECONDS if settings.direct_url else UNHEARD_POLL_SECONDS
    return Feed(db, listener(settings, changes.CHANNEL), poll_seconds=poll_seconds)


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
        lambda: opened_api(settings),
        taken_in=taken_in,
        cors_allowed_origins=settings.cors_allowed_origins,
        console=Console(public_bucket_of(settings).origin),
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


def listener(settings: Settings, channel: str) -> Listener | NoListener:
    if settings.direct_url is None:
        return NoListener()
    return Listener(
        settings.direct_url.get_secret_value(),
        channel,
        connect_timeout=settings.database_connect_timeout.total_seconds(),
    )


def poll_seconds(settings: Settings) -> float:
    return POLL_SECONDS if settings.direct_url else UNHEARD_POLL_SECONDS


def sweeper(settings: Settings, core: Core) -> Sweeper:
    return Sweeper(
        core.db,
        core.confirmation,
        partial(delete_with_renditions, core.store),
        s3_uri=core.presigner.s3_uri,
        pending_ttl=settings.pending_ttl,
        detection_timeout=settings.detection_timeout,
        changes_kept=settings.changes_kept,
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
    inbox = s3_events_inbox(settings, core.credentials, settings.s3_events_queue_url)
    try:
        yield {"s3_events": S3Events(core.db, core.confirmation, core.store, inbox, bucket=settings.bucket).run}
    finally:
        await inbox.aclose()


def renditions(settings: Settings, core: Core) -> Renditions:
    limits = DecodeLimits(
        max_pixels=settings.decode_max_pixels,
        max_side=settings.decode_max_side,
        memory_bytes=settings.decode_memory_bytes,
        cpu_seconds=int(settings.decode_cpu_time.total_seconds()),
        seconds=settings.decode_timeout.total_seconds(),
    )
    return Renditions(core.db, core.store, limits)


def rendition_maker(settings: Settings, core: Core) -> Mapping[str, Part]:
    """What makes renditions, where they are wanted and can be made; the log says which."""
    if not settings.renditions:
        log.info("renditions_off", reason="PHOTODOCK_RENDITIONS is off")
        return {}
    if not is_installed():
        log.warning("renditions_off", reason="no decoder", hint="Install photodock with its extra `pixels`.")
        return {}
    processes = settings.rendition_processes or max(1, (os.cpu_count() or 1) - 1)
    log.info("renditions_on", processes=processes)
    return {"renditions": RenditionMaker(core.db, renditions(settings, core), processes=processes).run}


@asynccontextmanager
async def opened_webhooks(settings: Settings, core: Core) -> AsyncIterator[Mapping[str, Part]]:
    """What sends them, where there is a key for their secrets. Certificates are trusted as `SSL_CERT_FILE` says."""
    secrets = sealing(settings)
    if secrets is None:
        yield {}
        return
    async with aclosing(Sender(url_rules(settings), httpx.create_ssl_context())) as sender:
        hears = listener(settings, webhooks.CHANNEL)
        part = WebhookSender(core.db, sender, secrets, hears, poll_seconds=poll_seconds(settings))
        yield {"webhooks": part.run}


@asynccontextmanager
async def opened_metrics(settings: Settings) -> AsyncIterator[None]:
    """A worker's address for Prometheus, where it has one. Raises SettingsError."""
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    if not port:
        yield
        return
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(host, port))
        except OSError as error:
            raise SettingsError(
                f"The settings can't be used:\n  PHOTODOCK_WORKER_METRICS_PORT: can't listen on {host}:{port}: "
                f"{error.strerror}. Choose a free port of this machine."
            ) from None
        log.info("metrics_listening", host=host, port=port)
        yield


@asynccontextmanager
async def opened_worker(settings: Settings) -> AsyncIterator[Mapping[str, Part]]:
    """The parts of a worker process, by name."""
    async with (
        opened_core(settings) as core,
        opened_s3_events(settings, core) as s3_events,
        opened_webhooks(settings, core) as webhooks_part,
        opened_metrics(settings),
    ):
        queue = job_queue(settings, core.credentials)
        relay = Relay(
            core.db,
            queue,
            listener(settings, outbox.CHANNEL),
            detection_timeout=settings.detection_timeout,
            backoff=Backoff(max_attempts=settings.outbox_max_attempts),
            poll_seconds=poll_seconds(settings),
        )
        try:
            yield {
                "relay": relay.run,
                "sweeper": sweeper(settings, core).run,
                **s3_events,
                **webhooks_part,
                **rendition_maker(settings, core),
                "credentials": cancelled_on_stop(core.credentials.run),
            }
        finally:
            await queue.aclose()
