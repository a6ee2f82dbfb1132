"""What `serve` runs: the application and the services behind it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from fastapi import FastAPI

from photodock import logs
from photodock.api.app import ApiServices, create_app, description
from photodock.api.console import Console
from photodock.api.openapi import TakenIn
from photodock.bootstrap.core import (
    listener,
    opened_core,
    poll_seconds,
    public_bucket_of,
    sealing,
    url_rules,
)
from photodock.bootstrap.traces import opened_traces
from photodock.db import changes
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.domain.limits import Limit, Limits
from photodock.garbage import collect_rarely
from photodock.services.detection import Detection
from photodock.services.feed import Feed
from photodock.services.health import Health
from photodock.services.library import Library
from photodock.services.multipart import MultipartRules, MultipartUploads
from photodock.services.multipart_completion import MultipartCompletion
from photodock.services.outbox import Outbox
from photodock.services.places import PlaceLimits
from photodock.services.policies import Policies
from photodock.services.projects import Projects
from photodock.services.streams import Streams
from photodock.services.upload_batches import UploadBatches
from photodock.services.upload_rules import UploadRules
from photodock.services.uploads import Uploads
from photodock.services.webhooks import Webhooks
from photodock.settings import Settings, load_settings
from photodock.storage.credentials import CredentialsProvider
from photodock.tokens import token_keys, token_verifier


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


def multipart_rules(settings: Settings) -> MultipartRules:
    return MultipartRules(settings.multipart_min_size, settings.upload_url_ttl_seconds, settings.pending_ttl)


@asynccontextmanager
async def opened_api(settings: Settings) -> AsyncIterator[ApiServices]:
    tokens = token_verifier(settings)
    async with (
        opened_traces(settings, "photodock-serve"),
        aclosing(tokens),
        opened_core(settings) as core,
        refreshing(core.credentials),
        feed(settings, core.db).running() as changes_feed,
    ):
        tenants = Tenants(core.db)
        uploads = Uploads(tenants, core.presigner, upload_rules(settings))
        completion = MultipartCompletion(tenants, core.store, core.confirmation)
        yield ApiServices(
            uploads=uploads,
            upload_batches=UploadBatches(tenants, uploads),
            multipart=MultipartUploads(
                tenants, core.store, core.presigner, uploads, completion, multipart_rules(settings)
            ),
            multipart_completion=completion,
            confirmation=core.confirmation,
            detection=Detection(tenants, s3_uri=core.presigner.s3_uri),
            library=Library(tenants, core.store, core.presigner, changes_feed, held_limits(settings)),
            projects=Projects(tenants, settings.organization_projects or None),
            policies=Policies(tenants),
            outbox=Outbox(tenants),
            streams=Streams(tenants, changes_feed, stream_limits(settings)),
            webhooks=Webhooks(tenants, url_rules(settings), sealing(settings)),
            health=Health(core.db, core.store.check),
            tokens=tokens,
            detection_types=settings.detection_types,
            stream_heartbeat=settings.stream_heartbeat.total_seconds(),
        )


def stream_limits(settings: Settings) -> PlaceLimits:
    """A stream keeps its connection, and is spared when connections run out: other calls must find some."""
    return PlaceLimits(
        process=min(settings.max_streams, settings.max_connections * 9 // 10),
        organization=settings.organization_max_streams,
        user=settings.user_max_streams,
    )


def held_limits(settings: Settings) -> PlaceLimits:
    """An answer that is held back is spared like a stream: it gets what streams leave of the nine tenths."""
    connections = settings.max_connections
    process = max(connections * 9 // 10 - stream_limits(settings).process, connections // 20, 1)
    return PlaceLimits(process=process, organization=-(-process * 3 // 4), user=-(-process // 4))


def feed(settings: Settings, db: Database) -> Feed:
    return Feed(db, listener(settings, changes.CHANNEL), poll_seconds=poll_seconds(settings))


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
    logs.configure(settings.log_level, traces=settings.otlp_endpoint is not None)
    app = api_from_settings(settings)
    collect_rarely()
    return app


def openapi_document() -> str:
    """The OpenAPI document as JSON, without what an installation's settings add."""
    return json.dumps(description(), indent=2, ensure_ascii=False)
