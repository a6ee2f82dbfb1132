"""What `worker` runs: its parts, each where the settings want it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial

import httpx
import structlog

from photodock.bootstrap.core import Core, listener, opened_core, poll_seconds, sealing, url_rules
from photodock.bootstrap.queues import job_queue, s3_events_inbox
from photodock.bootstrap.traces import opened_traces
from photodock.db import outbox, webhooks
from photodock.metrics.listener import listening
from photodock.pixels import Limits as DecodeLimits
from photodock.pixels import is_installed
from photodock.services.confirmation import delete_with_renditions
from photodock.services.erasure import Erasure
from photodock.services.orphans import Orphans
from photodock.services.renditions import Renditions
from photodock.settings import Settings, SettingsError
from photodock.webhooks.sender import Sender
from photodock.workers.leftovers import Leftovers
from photodock.workers.loop import Part, cancelled_on_stop
from photodock.workers.relay import Backoff, Relay
from photodock.workers.renditions import RenditionMaker
from photodock.workers.s3_events import S3Events
from photodock.workers.sweeper import Sweeper
from photodock.workers.webhooks import WebhookSender

log = structlog.get_logger()


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
        opened_traces(settings, "photodock-worker"),
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
