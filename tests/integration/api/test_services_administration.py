"""What an operator does from the command line, on the real database."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import jwt
import pytest

from conftest import administer, database_named
from photodock.administration import (
    list_parked,
    make_project,
    make_token,
    migrate_database,
    retry_parked,
    sweep_once,
)
from photodock.db import outbox
from photodock.db.pool import Database
from photodock.domain.errors import DatabaseUnavailable, ProjectAccessDenied, Unauthenticated
from photodock.embedded.postgres import PostgresServer
from photodock.settings import Settings, SettingsError
from photodock.tokens import token_verifier
from support.images import jpeg
from support.serving import changed
from support.store import Store, key_of
from support.system import Caller


async def parked_job(api: Caller, project: str, db: Database) -> int:
    """The id of a job whose last attempt failed."""
    photo = await api.upload(project, jpeg())
    [row] = await db.fetch("SELECT id FROM outbox WHERE photo_id = $1", UUID(photo["id"]))
    await outbox.mark_failed(db, {row["id"]: (None, "QueueUnavailable")})
    return int(row["id"])


async def test_parked_jobs_are_listed_with_their_last_error(
    settings: Settings, api: Caller, project: str, db: Database
) -> None:
    job_id = await parked_job(api, project, db)
    await api.upload(project, jpeg())

    [found] = [job for job in await list_parked(settings) if job.organization_id == api.organization_id]

    assert (found.id, found.attempts, found.last_error) == (job_id, 1, "QueueUnavailable")
    assert found.created_at <= found.parked_at


async def test_a_retried_job_is_due_at_once_with_new_attempts(
    settings: Settings, api: Caller, project: str, db: Database
) -> None:
    job_id, other = await parked_job(api, project, db), await parked_job(api, project, db)

    assert await retry_parked(settings, [job_id]) == 1

    assert other in [job.id for job in await list_parked(settings)]
    assert job_id not in [job.id for job in await list_parked(settings)]
    row = await db.fetchrow("SELECT attempts, parked_at, due_at <= now() AS due FROM outbox WHERE id = $1", job_id)
    assert row is not None
    assert (row["attempts"], row["parked_at"], row["due"]) == (0, None, True)


async def test_retrying_without_ids_frees_all(settings: Settings, api: Caller, project: str, db: Database) -> None:
    await retry_parked(settings, None)
    jobs = [await parked_job(api, project, db) for _ in range(2)]
    assert await retry_parked(settings, None) == len(jobs)
    assert await retry_parked(settings, None) == 0


@pytest.mark.parametrize("ids", [[], [0, -1, 2**60]], ids=["none", "unknown"])
async def test_retrying_what_is_not_parked_frees_nothing(
    settings: Settings, api: Caller, project: str, db: Database, ids: list[int]
) -> None:
    job_id = await parked_job(api, project, db)
    assert await retry_parked(settings, ids) == 0
    assert job_id in [job.id for job in await list_parked(settings)]


async def test_a_job_that_waits_is_not_touched_by_a_retry(
    settings: Settings, api: Caller, project: str, db: Database
) -> None:
    photo = await api.upload(project, jpeg())
    [row] = await db.fetch("SELECT id FROM outbox WHERE photo_id = $1", UUID(photo["id"]))
    await outbox.mark_failed(db, {row["id"]: (timedelta(hours=1), "QueueUnavailable")})
    assert await retry_parked(settings, [row["id"]]) == 0
    after = await db.fetchrow("SELECT attempts, due_at > now() AS later FROM outbox WHERE id = $1", row["id"])
    assert after is not None
    assert (after["attempts"], after["later"]) == (1, True)


async def test_an_administrator_sees_and_retries_only_the_organizations_own_jobs(
    api: Caller, project: str, db: Database
) -> None:
    """The functions behind `/outbox`, which takes the organization from the token."""
    job_id = await parked_job(api, project, db)
    assert [job.id for job in await outbox.parked(db, api.organization_id)] == [job_id]
    assert await outbox.parked(db, uuid4()) == []
    assert await outbox.retry(db, [job_id], uuid4()) == 0
    assert await outbox.retry(db, [job_id], api.organization_id) == 1


async def test_a_project_is_made_and_renamed(settings: Settings, api: Caller) -> None:
    made = await make_project(settings, "North roof", api.organization_id, None)
    assert await make_project(settings, "South roof", api.organization_id, made) == made
    items = (await api.call("GET", "/projects")).json()["items"]
    assert items == [{"id": str(made), "name": "South roof"}]


async def test_another_organizations_project_is_not_renamed(settings: Settings, api: Caller) -> None:
    made = await make_project(settings, "North roof", api.organization_id, None)
    with pytest.raises(ProjectAccessDenied):
        await make_project(settings, "Mine", uuid4(), made)


async def test_a_token_of_our_own_is_taken_by_the_api(settings: Settings, api: Caller) -> None:
    token = make_token(settings, "ben", api.organization_id, ("photos:read",), 1)
    headers = {"Authorization": f"Bearer {token}"}
    assert (await api.http.get("/api/v1/projects", headers=headers)).status_code == 200
    answer = await api.http.put(f"/api/v1/projects/{uuid4()}", json={"name": "x"}, headers=headers)
    assert answer.status_code == 403


async def test_a_token_is_made_by_the_rules_that_it_will_be_checked_by(settings: Settings) -> None:
    other = changed(settings, jwt_issuer="us", jwt_audience="photos", jwt_claim_organization="tenant")
    organization_id = uuid4()
    token = f"Bearer {make_token(other, 'ben', organization_id, ('photos:read',), 1)}"

    principal = await token_verifier(other).principal(token)
    assert (principal.user_id, principal.organization_id) == ("ben", organization_id)
    with pytest.raises(Unauthenticated):
        await token_verifier(settings).principal(token)


def test_a_tokens_days_are_its_lifetime(settings: Settings) -> None:
    claims = jwt.decode(make_token(settings, "ben", None, (), 0.5), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_a_token_without_an_organization_gets_a_new_one(settings: Settings) -> None:
    made = {make_token(settings, "ben", None, (), 1) for _ in range(2)}
    organizations = {jwt.decode(token, options={"verify_signature": False})["org"] for token in made}
    assert len(organizations) == 2


def test_without_the_development_secret_no_token_is_made(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="PHOTODOCK_JWT_SECRET is not set"):
        make_token(changed(settings, jwt_secret=None), "ben", None, (), 1)


async def test_migrating_a_new_database_reaches_the_newest_revision_and_a_repeat_changes_nothing(
    settings: Settings, postgres: PostgresServer
) -> None:
    await administer(postgres.database_url, "CREATE DATABASE made_by_migrate")
    new = changed(settings, database_url=database_named(postgres.database_url, "made_by_migrate"))
    assert await migrate_database(new) == await migrate_database(new) == await migrate_database(settings)
    await administer(postgres.database_url, "DROP DATABASE made_by_migrate WITH (FORCE)")


async def test_a_database_away_is_said_in_words(settings: Settings, unused_port: int) -> None:
    away = changed(settings, database_url=f"postgresql://a:secret@127.0.0.1:{unused_port}/b")
    for act in (list_parked(away), retry_parked(away, None), migrate_database(away)):
        with pytest.raises(DatabaseUnavailable) as caught:
            await act
        assert "secret" not in caught.value.detail


async def test_one_round_of_the_sweeper_confirms_what_a_client_never_told(
    settings: Settings, api: Caller, project: str, db: Database, store: Store
) -> None:
    issued = await api.issue(project, jpeg())
    await store.put(key_of(issued), jpeg())
    await db.execute("UPDATE photos SET sweep_at = now() - interval '1 s' WHERE id = $1", UUID(issued["photo_id"]))
    await sweep_once(settings)
    assert (await api.photo(issued["photo_id"]))["status"] == "uploaded"


async def test_the_history_cannot_hold_an_unknown_status(db: Database, api: Caller, project: str) -> None:
    issued = await api.issue(project, jpeg())
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE photos SET status = 'lost' WHERE id = $1", UUID(issued["photo_id"]))
