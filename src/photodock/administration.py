"""What an operator does from the command line, on the database itself rather than through the API."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from photodock.api.auth import mint
from photodock.bootstrap import opened_core, opened_database, sweeper, token_rules
from photodock.db import outbox
from photodock.db.migrate import migrate
from photodock.db.outbox import ParkedJob
from photodock.db.pool import translated
from photodock.domain.identity import Principal
from photodock.services.projects import Projects
from photodock.settings import Settings, SettingsError


async def migrate_database(settings: Settings) -> str:
    """Returns the revision reached."""
    async with translated():
        return await migrate(settings.database_url.get_secret_value())


def make_token(
    settings: Settings, user_id: str, organization_id: UUID | None, scopes: Sequence[str], days: float
) -> str:
    """A token signed with the development secret; raises SettingsError where there is none."""
    if settings.jwt_secret is None:
        raise SettingsError(
            "PHOTODOCK_JWT_SECRET is not set. Tokens are made here for development only; in production your identity "
            "provider makes them."
        )
    who = Principal(user_id, organization_id or uuid7(), frozenset(scopes))
    lifetime_seconds = round(days * 86_400)
    secret = settings.jwt_secret.get_secret_value()
    return mint(secret, who, lifetime_seconds=lifetime_seconds, rules=token_rules(settings))


async def make_project(settings: Settings, name: str, organization_id: UUID, project_id: UUID | None) -> UUID:
    async with opened_database(settings) as db:
        return (await Projects(db).put(project_id or uuid7(), organization_id, name)).id


async def sweep_once(settings: Settings) -> None:
    async with opened_core(settings) as core:
        await sweeper(settings, core).run_once()


async def list_parked(settings: Settings) -> list[ParkedJob]:
    async with opened_database(settings) as db:
        return await outbox.parked(db, None)


async def retry_parked(settings: Settings, ids: Sequence[int] | None) -> int:
    """Returns how many were freed."""
    async with opened_database(settings) as db:
        return await outbox.retry(db, ids, None)
