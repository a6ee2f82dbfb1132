"""`photodock sweep --orphans`, as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from conftest import S3
from photodock.cli import app
from photodock.services import orphans
from photodock.settings import Settings
from support.images import jpeg
from support.store import Store
from support.system import Caller

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(settings: Settings, s3: S3, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in a thread of its own, where it has an event loop of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    monkeypatch.setattr("photodock.cli.load_settings", lambda: settings)
    monkeypatch.setattr("photodock.logs.configure", lambda _: None)

    async def invoke(*arguments: str, **options: Any) -> Result:
        with capture_logs():
            return await asyncio.to_thread(CliRunner().invoke, app, ["sweep", "--orphans", *arguments], **options)

    return invoke


@pytest.fixture
def all_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "GRACE", timedelta(days=-1))


@pytest.fixture
async def orphan(store: Store, key_in: Callable[..., str]) -> str:
    key = key_in()
    await store.put(key, jpeg())
    return key


async def test_a_search_shows_what_it_found_and_changes_nothing(
    api: Caller, project: str, run: Run, store: Store, orphan: str
) -> None:
    await api.upload(project, jpeg())
    shown = await run()
    assert shown.exit_code == 0
    line, counts = shown.stdout.splitlines()
    assert line.split()[:4] == ["orphan", orphan, str(len(jpeg())), "bytes"]
    assert counts == "found: 1 known, 1 orphan"
    assert await store.has(orphan)


async def test_a_bucket_without_orphans_says_so(run: Run) -> None:
    assert (await run()).stdout == "found: nothing\n"


async def test_json_lines_are_for_scripts(run: Run, orphan: str, store: Store) -> None:
    await store.put("backup/roof.jpg", jpeg())
    lines = [json.loads(line) for line in (await run("--json", "--adopt")).stdout.splitlines()]
    by_key = {line["key"]: line for line in lines[:2]}
    assert (by_key[orphan]["kind"], by_key[orphan]["size"]) == ("orphan", len(jpeg()))
    assert by_key["backup/"] == {"key": "backup/", "kind": "foreign", "size": None, "last_modified": None}
    assert lines[2:] == [{"found": {"foreign": 1, "orphan": 1}}, {"done": {"adopted": 1}}]


async def test_days_narrow_the_search(run: Run, orphan: str) -> None:
    assert orphan in (await run("--since", "2026-01-01")).stdout
    assert orphan not in (await run("--until", "2026-01-01")).stdout


@pytest.mark.usefixtures("all_old")
async def test_deleting_names_the_count_and_asks_first(run: Run, orphan: str, store: Store) -> None:
    refused = await run("--delete", input="n\n")
    assert "Delete 1 object (0.0 MB) for good?" in refused.stderr
    assert await store.has(orphan)
    agreed = await run("--delete", input="y\n")
    assert agreed.stdout.endswith("done: 1 deleted\n")
    assert not await store.has(orphan)


@pytest.mark.usefixtures("all_old")
async def test_a_script_may_be_sure(run: Run, orphan: str, store: Store) -> None:
    assert "for good" not in (await run("--delete", "--yes")).output
    assert not await store.has(orphan)


async def test_young_objects_are_not_even_asked_about(run: Run, orphan: str, store: Store) -> None:
    shown = await run("--delete", "--yes")
    assert "done" not in shown.stdout
    assert await store.has(orphan)


async def test_a_store_away_is_one_sentence(run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    away = settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})
    monkeypatch.setattr("photodock.cli.load_settings", lambda: away)
    shown = await run()
    assert (shown.exit_code, shown.stderr) == (1, "The photo store does not answer. Try again later.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--adopt"],
        ["--delete"],
        ["--yes"],
        ["--json"],
        ["--since", "2026-01-01"],
        ["--until", "2026-01-01"],
        ["--orphans", "--adopt", "--delete"],
        ["--orphans", "--since", "yesterday"],
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHOTODOCK_DATABASE_URL", raising=False)
    shown: Any = CliRunner().invoke(app, ["sweep", *arguments])
    assert shown.exit_code == 2
    assert "--" in shown.stderr
