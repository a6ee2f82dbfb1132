"""Requests of many callers in one statement, on the real database: what one of them does is nobody else's matter."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from photodock.db import uploads
from photodock.db.migrate import migrate
from photodock.db.photos import Versions
from photodock.db.pool import Database
from photodock.db.tenants import Tenants
from photodock.db.upload_groups import UploadGroups
from photodock.db.uploads import Outcome
from photodock.domain.limits import Limit, Limits
from support.groups import LIMIT, House, Wish


async def test_each_gets_his_photo_in_his_own_organization_with_its_first_line_of_history(house: House) -> None:
    one, two, three = house.callers
    answers = await house.together(one, two, three, replace(one, types=("damage",)))
    assert [answer and answer.outcome for answer in answers] == [Outcome.CREATED] * 4
    photos = await house.photos()
    assert [(photo["organization_id"], photo["project_id"]) for photo in photos] == [
        (wish.organization_id, wish.project_id) for wish in (one, two, three, one)
    ]
    assert [photo["id"] for photo in photos] == [answer and answer.photo_id for answer in answers]
    assert [photo["detection_types"] for photo in photos] == [["damage", "material"]] * 3 + [["damage"]]
    assert photos[0]["client_metadata"] == {"latitude": 52.5}
    history = await house.db.fetch("SELECT * FROM photo_status_events ORDER BY photo_id")
    assert [(line["photo_id"], line["to_status"], line["actor"]) for line in history] == [
        (photo["id"], "pending_upload", "anna") for photo in photos
    ]
    assert [answer and answer.quota and answer.quota.remaining for answer in answers] == [3, 4, 4, 3]
    assert sorted((await house.used()).values()) == [1, 1, 2]


async def test_what_is_unusual_about_one_is_left_to_the_single_call_and_costs_nothing(house: House) -> None:
    one, two, three = house.callers
    await house.alone(replace(two, key="known"))
    before = await house.used()
    unknown = replace(one, project_id=uuid4())
    foreign = replace(one, project_id=two.project_id)
    repeat = replace(two, key="known")
    answers = await house.together(unknown, foreign, repeat, three)
    assert [answer is not None for answer in answers] == [False, False, False, True]
    assert await house.used() == before | {(three.organization_id, "anna"): 1}
    assert [(await house.alone(wish)).outcome for wish in (unknown, foreign, repeat)] == [
        Outcome.PROJECT_ACCESS_DENIED,
        Outcome.PROJECT_ACCESS_DENIED,
        Outcome.REPLAYED,
    ]


async def test_of_two_with_one_key_one_makes_the_photo_and_the_other_finds_it(house: House) -> None:
    one, two, _ = house.callers
    keyed = replace(one, key="same")
    answers = await house.together(keyed, two, keyed)
    assert [answer is not None for answer in answers] == [True, True, False]
    replay = await house.alone(keyed)
    assert (replay.outcome, replay.photo_id) == (Outcome.REPLAYED, answers[0] and answers[0].photo_id)


async def test_a_user_gets_never_more_than_is_left_and_takes_nothing_of_others(house: House) -> None:
    one, two, _ = house.callers
    assert None not in await house.together(*[one] * (LIMIT - 1))
    answers = await house.together(one, two, one)
    assert [answer is not None for answer in answers] == [False, True, False]
    assert [(await house.alone(one)).outcome for _ in range(2)] == [Outcome.CREATED, Outcome.RATE_LIMITED]
    answers = await house.together(one, two)
    assert [answer is not None for answer in answers] == [False, True]
    assert (await house.used())[one.organization_id, "anna"] == LIMIT


async def test_many_at_once_get_exactly_what_the_limit_allows(house: House) -> None:
    tenants = Tenants(house.db)
    groups = UploadGroups(tenants)

    async def ask(wish: Wish) -> Outcome:
        issue, asked = wish.parts()
        answer = await groups.request(issue, asked) or await uploads.request(tenants, issue, asked)
        return answer.outcome

    found = await asyncio.gather(*(ask(wish) for wish in house.callers * (3 * LIMIT)))
    assert found.count(Outcome.CREATED) == len(house.callers) * LIMIT
    assert found.count(Outcome.RATE_LIMITED) == len(house.callers) * 2 * LIMIT
    assert set((await house.used()).values()) == {LIMIT}
    assert len(await house.photos()) == len(house.callers) * LIMIT


async def test_one_that_fails_takes_nobody_with_it(house: House) -> None:
    one, two, _ = house.callers
    bad = replace(one, size=-1)
    assert await house.together(bad, two) == [None, None]
    assert (await house.used(), await house.photos()) == ({}, [])
    with pytest.raises(asyncpg.CheckViolationError):
        await house.alone(bad)
    assert (await house.alone(two)).outcome is Outcome.CREATED


async def test_one_that_waits_for_a_lock_does_not_keep_the_others_waiting(house: House, database_url: str) -> None:
    one, two, _ = house.callers
    await house.alone(one)
    holder = await asyncpg.connect(database_url)
    held = holder.transaction()
    await held.start()
    await holder.execute("SELECT FROM upload_quota FOR UPDATE")
    try:
        assert await house.together(one, two) == [None, None]
        assert (await house.alone(two)).outcome is Outcome.CREATED
    finally:
        await held.rollback()
        await holder.close()


async def test_other_limits_keep_to_the_single_call(house: House) -> None:
    limits = Limits({Limit.URLS: LIMIT, Limit.ORGANIZATION_URLS: LIMIT})
    assert await UploadGroups(Tenants(house.db)).request(*replace(house.callers[0], limits=limits).parts()) is None
    assert await house.photos() == []


async def test_a_version_is_told_to_its_own_organization_alone_though_one_statement_answers_both(house: House) -> None:
    one, two, _ = house.callers
    mine = (await house.alone(one)).photo_id
    assert mine is not None
    versions = Versions(Tenants(house.db))
    asked = [(one.organization_id, mine), (two.organization_id, mine), (one.organization_id, uuid4())]
    assert await versions._ask(asked) == [1, None, None]
    assert await versions.of(mine, None) == 1
    assert await versions.of(uuid4(), None) is None


async def test_a_group_sees_the_organizations_it_is_bound_to_and_no_other(house: House) -> None:
    for wish in house.callers:
        await house.alone(wish)
    two_of_three = [wish.organization_id for wish in house.callers[:2]]
    async with house.db.transaction() as tx:
        await tx.fetch("SELECT bind_organizations($1)", two_of_three)
        seen = await tx.fetch("SELECT organization_id FROM photos")
    assert {row["organization_id"] for row in seen} == set(two_of_three)
    async with house.db.transaction() as tx:
        await tx.fetch("SELECT bind_organizations($1)", [])
        assert await tx.fetch("SELECT organization_id FROM photos") == []


async def test_a_policy_of_before_groups_is_put_in_order_by_migrating(house: House, database_url: str) -> None:
    await house.db.execute("DROP POLICY own_organization ON photos")
    await house.db.execute(
        "CREATE POLICY own_organization ON photos USING"
        " (organization_id = nullif(current_setting('photodock.organization_id', true), '')::uuid)"
    )
    with pytest.raises(asyncpg.DataError):
        await UploadGroups(Tenants(house.db))._rows([wish.parts() for wish in house.callers])
    await migrate(database_url)
    assert None not in await house.together(*house.callers)


async def test_a_policy_that_reads_the_setting_for_each_row_is_put_in_order_by_migrating(
    db: Database, database_url: str
) -> None:
    read = "SELECT qual FROM pg_policies WHERE tablename = 'photos' AND policyname = 'own_organization'"
    [now] = await db.fetch(read)
    await db.execute(
        "ALTER POLICY own_organization ON photos USING (organization_id = ANY"
        " (string_to_array(current_setting('photodock.organization_id', true), ',')::uuid[]))"
    )
    assert await db.fetch(read) != [now]
    await migrate(database_url)
    assert await db.fetch(read) == [now]
