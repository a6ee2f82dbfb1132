"""What `serve`, `worker` and the commands have in common: database, object store, signer, credentials."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.metrics.sampling import sampling
from photodock.services.confirmation import Confirmation
from photodock.settings import Settings
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from photodock.webhooks.addresses import Addresses
from photodock.webhooks.signing import Secrets
from photodock.webhooks.urls import UrlRules

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


def url_rules(settings: Settings) -> UrlRules:
    addresses = Addresses(settings.webhook_allowed_networks)
    return UrlRules(addresses, schemes=settings.webhook_schemes.split(","), ports=settings.webhook_ports)


def sealing(settings: Settings) -> Secrets | None:
    return Secrets(settings.sealing_keys) if settings.sealing_keys else None
