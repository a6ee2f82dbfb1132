"""What an operator does from the command line, on the database itself rather than through the API."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from uuid_utils.compat import uuid7

from photodock.api.auth import mint
from photodock.bootstrap.core import bucket_of, opened_core, opened_database
from photodock.bootstrap.worker import orphans, renditions, sweeper
from photodock.db import outbox
from photodock.db.outbox import ParkedJob
from photodock.db.pool import translated
from photodock.db.tenants import Tenants
from photodock.domain.errors import StorageUnavailable
from photodock.domain.identity import Principal
from photodock.services.orphan_findings import Days, Finding, Kind, Outcome
from photodock.services.projects import Projects
from photodock.settings import Settings, SettingsError, TokenSettings
from photodock.storage.bucket import ensure_bucket
from photodock.storage.credentials import CredentialsProvider
from photodock.tokens import token_rules


async def migrate_database(settings: Settings) -> str:
    """Returns the revision reached."""
    # Alembic and SQLAlchemy take a second to load, and no other command needs them.
    from photodock.db.migrate import migrate  # noqa: PLC0415

    if settings.direct_url is None:
        raise SettingsError(
            "The settings can't be used:\n  PHOTODOCK_DATABASE_DIRECT_URL: is not set. Migrations keep each other out "
            "by a lock of their session, and must get past the pooler."
        )
    with translated():
        return await migrate(settings.direct_url.get_secret_value(), timeout=settings.migration_timeout.total_seconds())


def refuse_beside_a_provider(settings: TokenSettings) -> None:
    """Nobody makes tokens past the identity provider by a secret that the settings still hold. Raises SettingsError."""
    if settings.jwt_public_key is not None or settings.jwt_jwks_url is not None:
        raise SettingsError(
            "An identity provider's keys are set (PHOTODOCK_JWT_PUBLIC_KEY or PHOTODOCK_JWT_JWKS_URL): it makes the "
            "tokens. Here they are made for development only."
        )


def make_token(
    settings: TokenSettings, user_id: str, organization_id: UUID | None, scopes: Sequence[str], days: float
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


async def make_bucket(settings: Settings) -> list[str]:
    """Makes the bucket and the rules that are missing; returns which of `bucket`, `cors`, `lifecycle` were.

    Raises SettingsError, StorageUnavailable.
    """
    if not settings.cors_allowed_origins:
        raise SettingsError(
            "The settings can't be used:\n  PHOTODOCK_CORS_ALLOWED_ORIGINS: is not set. The bucket's rule names "
            "the web pages that may upload."
        )
    origins = settings.cors_allowed_origins
    try:
        credentials = await CredentialsProvider.from_chain()
        return await ensure_bucket(credentials, bucket_of(settings), allowed_origins=origins, keep_rules=True)
    except (ClientError, BotoCoreError) as error:
        raise StorageUnavailable(f"The S3 server refused to set up the bucket: {error}") from error


async def make_project(settings: Settings, name: str, organization_id: UUID, project_id: UUID | None) -> UUID:
    async with opened_database(settings) as db:
        return (await Projects(Tenants(db)).put(project_id or uuid7(), organization_id, name)).id


async def sweep_once(settings: Settings) -> None:
    async with opened_core(settings) as core:
        await sweeper(settings, core).run_once()


@dataclass(frozen=True, slots=True)
class OrphanSearch:
    """Days of upload in UTC, both included; what is done with what was found; `sure`: deleting needs no question."""

    since: date | None = None
    until: date | None = None
    then: Literal["adopt", "delete"] | None = None
    sure: bool = False
    json_lines: bool = False


async def search_orphans(
    settings: Settings, wanted: OrphanSearch, *, ask: Callable[[str], bool], write: Callable[[str], None]
) -> None:
    """Writes a line for each object that is no photo's, then how many there are of each kind, then what was done."""
    line = _json_line if wanted.json_lines else _text_line
    async with opened_core(settings) as core:
        service = orphans(settings, core)
        counts = Counter[Kind]()
        findings: list[Finding] = []
        async for finding in service.search(Days(wanted.since, wanted.until)):
            counts[finding.kind] += 1
            if finding.kind is not Kind.KNOWN:
                findings.append(finding)
                write(line(finding))
        write(_counted("found", counts, wanted.json_lines))
        if wanted.then == "adopt":
            write(_counted("done", await service.adopt(findings), wanted.json_lines))
        doomed = service.deletable(findings) if wanted.then == "delete" else []
        if doomed and (wanted.sure or ask(_question(doomed))):
            write(_counted("done", await service.delete(doomed), wanted.json_lines))


def _json_line(finding: Finding) -> str:
    return json.dumps(asdict(finding), default=str)


def _text_line(finding: Finding) -> str:
    size = "" if finding.size is None else f"{finding.size} bytes"
    when = f"{finding.last_modified:%Y-%m-%d %H:%M:%SZ}" if finding.last_modified else ""
    return f"{finding.kind.value:<16} {finding.key}  {size}  {when}".rstrip()


def _counted(what: str, counts: Counter[Kind] | Counter[Outcome], json_lines: bool) -> str:
    named = {key.value: count for key, count in sorted(counts.items())}
    if json_lines:
        return json.dumps({what: named})
    return f"{what}: " + (", ".join(f"{count} {name}" for name, count in named.items()) or "nothing")


def _question(doomed: Sequence[Finding]) -> str:
    megabytes = sum(finding.size or 0 for finding in doomed) / 1_000_000
    return (
        f"Delete {len(doomed)} object{'' if len(doomed) == 1 else 's'} ({megabytes:.1f} MB) for good? If the database "
        "was restored from an older backup they are photos: adopt them instead."
    )


async def queue_renditions(settings: Settings, *, given_up: bool) -> int:
    """Returns how many photos' renditions a worker will make."""
    if not settings.renditions:
        raise SettingsError(
            "The settings can't be used:\n  PHOTODOCK_RENDITIONS: is off. No worker would make what is queued."
        )
    async with opened_core(settings) as core:
        return await renditions(settings, core).queue_missing(given_up=given_up)


async def list_parked(settings: Settings) -> list[ParkedJob]:
    async with opened_database(settings) as db:
        return await outbox.parked(db, None)


async def retry_parked(settings: Settings, ids: Sequence[int] | None) -> int:
    """Returns how many were freed."""
    async with opened_database(settings) as db:
        return await outbox.retry(db, ids, None)
