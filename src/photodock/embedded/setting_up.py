"""What `up` makes once its servers run: tables, a project, the bucket's CORS rule, tokens.

Imported late by `up`: with it come the service's own parts, and by then the servers are starting beside.
"""

import asyncio

from botocore.exceptions import BotoCoreError, ClientError

from photodock.administration import make_token, migrate_database
from photodock.bootstrap.core import bucket_of, opened_database
from photodock.db.tenants import Tenants
from photodock.domain.identity import Scope
from photodock.embedded.aws_http import Keys
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.tenant import Tenant
from photodock.services.projects import Projects
from photodock.settings import Settings
from photodock.storage.bucket import ensure_bucket
from photodock.storage.credentials import CredentialsProvider

_TOKEN_DAYS = 365


def set_up(settings: Settings, tenant: Tenant, local_store: Keys | None) -> None:
    """Tables, the project, and the CORS rule of a store of our own; each is left as it is when it is there."""

    async def everything() -> None:
        await asyncio.gather(_tables_and_project(settings, tenant), _bucket(settings, local_store))

    try:
        asyncio.run(everything())
    except (ClientError, BotoCoreError) as error:
        raise EmbeddedError(f"The S3 server refused to set up the bucket: {error}") from error


async def _tables_and_project(settings: Settings, tenant: Tenant) -> None:
    await migrate_database(settings)
    async with opened_database(settings) as db:
        projects = Projects(Tenants(db))
        if tenant.project_id not in {project.id for project in await projects.list(tenant.organization_id)}:
            await projects.put(tenant.project_id, tenant.organization_id, "My first project")


async def _bucket(settings: Settings, keys: Keys | None) -> None:
    if keys is None:
        return  # somebody's own bucket, with rules of his own
    credentials = CredentialsProvider.static(keys.access_key, keys.secret_key)
    origins = settings.cors_allowed_origins or ("*",)
    await ensure_bucket(credentials, bucket_of(settings), allowed_origins=origins)


def developer_token(settings: Settings, tenant: Tenant) -> str:
    return make_token(
        settings, "developer", tenant.organization_id, (Scope.READ, Scope.WRITE, Scope.ADMIN), _TOKEN_DAYS
    )


def detector_token(settings: Settings, tenant: Tenant) -> str:
    return make_token(settings, "sample-detector", tenant.organization_id, (Scope.PIPELINE,), _TOKEN_DAYS)
