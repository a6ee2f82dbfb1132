"""PostgreSQL: reached, migrated, with its second wall, and through what."""

import time
from datetime import timedelta

from photodock.db.health import NEWEST_REVISION, backlog, current_revision
from photodock.db.inspection import hands_sessions_round, role_timeout, server_facts, tenant_facts
from photodock.doctor.faults import place, why_database_away
from photodock.doctor.findings import Finding, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.domain.errors import DatabaseUnavailable
from photodock.services.health import DELAYED_AFTER

LEAST_VERSION = 140_000
_TWO_LIMITS = """ALTER ROLE "{user}" SET statement_timeout = '{seconds}s';
ALTER ROLE "{user}" SET idle_in_transaction_session_timeout = '{seconds}s';"""


async def database(here: Installation) -> Finding:
    url = here.settings.database_url.get_secret_value()
    try:
        await server_facts(here.db)
        started = time.monotonic()
        facts = await server_facts(here.db)
    except DatabaseUnavailable as error:
        return of(why_database_away(error, url))
    took = (time.monotonic() - started) * 1000
    if facts.version_number < LEAST_VERSION:
        return wrong(f"PostgreSQL {facts.version} is too old.", "photodock needs PostgreSQL 14 or newer.")
    return ok(f"PostgreSQL {facts.version} at {place(url)} answers in {took:.0f} ms, as user `{facts.user}`.")


async def migrations(here: Installation) -> Finding:
    stands = await current_revision(here.db)
    if stands is None:
        return wrong("The database has no tables of photodock.", "Run `photodock migrate`.")
    if stands < NEWEST_REVISION:
        return wrong(
            f"The database stands at revision {stands}, this version needs {NEWEST_REVISION}.",
            "Run `photodock migrate`.",
        )
    newer = ", newer than this version's: the next one is being deployed" if stands > NEWEST_REVISION else ""
    return ok(f"The database stands at revision {stands}{newer}.")


async def row_security(here: Installation) -> Finding:
    facts = await tenant_facts(here.db)
    if facts is None:
        return wrong(
            "The role that organizations' calls run as is missing, or may not be taken on.",
            "Run `photodock migrate`: it makes the role, or says what an administrator has to run. After restoring a "
            "backup on another server too: roles are not part of a database.",
        )
    if facts.bypasses:
        return wrong(
            f"The role `{facts.role}` bypasses row-level security: it sees every organization's rows.",
            "Have an administrator run this.",
            paste=f'ALTER ROLE "{facts.role}" NOSUPERUSER NOBYPASSRLS;',
        )
    if tables := sorted({*facts.unprotected, *facts.refused}):
        what = "without row-level security" if facts.unprotected else f"not allowed to `{facts.role}`"
        return wrong(
            f"Tables {what}: {', '.join(tables)}.",
            "Run `photodock migrate`, which protects every table again. If somebody has changed them by hand, find "
            "out why.",
        )
    return ok(f"Organizations' calls run as `{facts.role}`, which sees the rows of one organization at a time.")


async def pooler(here: Installation) -> Finding:
    settings = here.settings
    url = settings.database_url.get_secret_value()
    seconds = settings.database_connect_timeout.total_seconds()
    direct = settings.database_direct_url.get_secret_value() if settings.database_direct_url else None
    if direct and await hands_sessions_round(direct, connect_timeout=seconds):
        return wrong(
            "PHOTODOCK_DATABASE_DIRECT_URL leads to a pooler in transaction mode.",
            "Name PostgreSQL itself there: migrations and the hearing of new jobs need a session of their own.",
        )
    if settings.database_pooler == "none":
        if await hands_sessions_round(url, connect_timeout=seconds):
            return wrong(
                "A pooler in transaction mode stands before PostgreSQL, and the settings do not say so.",
                "Set PHOTODOCK_DATABASE_POOLER=transaction, and PHOTODOCK_DATABASE_DIRECT_URL to PostgreSQL itself.",
            )
        return ok("Each connection has a session of its own: no pooler in transaction mode.")
    if await role_timeout(here.db) == "0":
        facts = await server_facts(here.db)
        return wrong(
            "Behind the pooler nothing ends a statement that takes for ever.",
            "Run this once, as that user or an administrator.",
            paste=_TWO_LIMITS.format(user=facts.user, seconds=round(settings.database_timeout.total_seconds())),
        )
    if direct is None:
        return wrong(
            "PHOTODOCK_DATABASE_DIRECT_URL is not set: `photodock migrate` can't run, and the worker looks for jobs "
            "once a second instead of hearing of them.",
            "Set it to PostgreSQL itself, past the pooler.",
        )
    return ok("A pooler in transaction mode, as the settings say, and a direct way past it.")


async def outbox(here: Installation) -> Finding:
    waiting = await backlog(here.db)
    if waiting.parked:
        return wrong(
            "Detection jobs were given up after all attempts.",
            "`photodock outbox list` says why; mend the queue, then run `photodock outbox retry`.",
        )
    if waiting.oldest_age is None:
        return ok("No detection job waits to be sent.")
    age = timedelta(seconds=round(waiting.oldest_age.total_seconds()))
    if age > DELAYED_AFTER:
        return wrong(
            f"The oldest detection job has waited for {age}.",
            "Is a `photodock worker` running? If so, its log says why it can't send (`queue_unavailable`).",
        )
    return ok(f"The oldest detection job has waited for {age}.")
