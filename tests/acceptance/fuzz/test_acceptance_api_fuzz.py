"""schemathesis against the running service and its own OpenAPI document, with all checks on."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from photodock.embedded.postgres import PostgresServer
from support.audit import assert_sound
from support.images import jpeg
from support.system import token_for
from support.whole import System, running_system

# The first of the tests waits for all that is sent.
pytestmark = pytest.mark.timeout(1_000)

TESTS = Path(__file__).parents[2]
REQUESTS = 5_000
"""The least that all runs together must have sent."""
SECONDS = 900
CLIENT = ("photos:read", "photos:write", "photos:admin")
ALL = (*CLIENT, "photos:pipeline")
# Who calls, and how many examples of each call: a stranger's request goes no further than its token.
RUNS = {"everything allowed": 45, "a client": 32, "a detector": 25, "nobody": 15}


@dataclass(frozen=True)
class Run:
    """What schemathesis found; `text` is its report for people."""

    status: int | None
    text: str
    report: dict[str, Any]


@pytest.fixture(scope="module")
async def fuzzed(
    postgres: PostgresServer, template: str, s3: S3, sqs: Sqs, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """A system of its own: what the fuzzing does to it is nobody else's business."""
    folder = tmp_path_factory.mktemp("fuzzed")
    # Event streams have no end, and what fuzzes waits for one: of them the refusals alone are tried.
    settings = {
        "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": "1000000",
        "PHOTODOCK_MAX_STREAMS": "0",
        "PHOTODOCK_WEBHOOK_KEYS": "A" * 43,
        "PHOTODOCK_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PHOTODOCK_WEBHOOK_PORTS": "9",
    }
    async with fresh_backend(postgres, s3, sqs) as backend, running_system(folder, backend, settings) as system:
        yield system
        await assert_sound(system.db, system.deployment)


@pytest.fixture(scope="module")
async def known(fuzzed: System) -> dict[str, str]:
    """A project and photos in every status, for `fuzz.hooks`."""
    project = await fuzzed.api.make_project()
    pending = [(await fuzzed.api.issue(project, jpeg()))["photo_id"] for _ in range(20)]
    arrived = [(await fuzzed.api.upload(project, jpeg()))["id"] for _ in range(8)]
    mismatched = await fuzzed.api.issue(project, b"x" * 2_000)
    await fuzzed.api.put(mismatched, b"x" * 2_000)
    await fuzzed.api.confirm(mismatched["photo_id"])
    for photo in arrived:
        await fuzzed.finished(photo)
    return {"FUZZ_PROJECT_ID": project, "FUZZ_PHOTO_IDS": " ".join([*pending, *arrived, mismatched["photo_id"]])}


@pytest.fixture(scope="module")
async def runs(fuzzed: System, known: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Two at a time, each in one thread: more threads would not make the same requests each time."""
    folder, places = tmp_path_factory.mktemp("schemathesis"), asyncio.Semaphore(2)
    organization = fuzzed.api.organization_id
    scopes = {"everything allowed": ALL, "a client": CLIENT, "a detector": ("photos:pipeline",)}

    async def run(who: str) -> Run:
        token = token_for(organization, scopes=scopes[who]) if who in scopes else None
        async with places:
            return await schemathesis(fuzzed.serving.url, RUNS[who], token, folder / who, known)

    return dict(zip(RUNS, await asyncio.gather(*map(run, RUNS)), strict=True))


async def schemathesis(
    url: str, examples: int, token: str | None, folder: Path, known: dict[str, str], *options: str
) -> Run:
    """In a process of its own. `options` may name another document than the service's own."""
    await asyncio.to_thread(folder.mkdir)
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "run", *(options or (f"{url}/openapi.json",))),
        *("--header", f"Authorization: Bearer {token}") * bool(token),
        *("--checks", "all", "--max-examples", str(examples), "--continue-on-failure", "--request-timeout", "40"),
        *("--seed", "1", "--generation-deterministic", "--no-color"),
        # How fast it makes examples up is this machine's, which may be busy with something else.
        *("--suppress-health-check", "too_slow"),
        *("--report", "json", "--report-json-path", str(folder / "report.json")),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(TESTS), "SCHEMATHESIS_HOOKS": "fuzz.hooks", **known},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        out, _ = await process.communicate()
    report = folder / "report.json"
    return Run(process.returncode, out.decode(), json.loads(report.read_text()) if report.exists() else {})


def answered(system: System) -> Iterator[dict[str, Any]]:
    """The service's own lines of the requests that it has answered."""
    lines = (json.loads(line) for line in system.deployment.log().splitlines())
    yield from (line for line in lines if line["event"] == "request")


@pytest.mark.parametrize("who", RUNS)
def test_every_answer_is_what_the_openapi_document_says(runs: dict[str, Run], who: str) -> None:
    assert runs[who].status == 0, runs[who].text
    assert runs[who].report["failures"] == runs[who].report["errors"] == []
    assert runs[who].report["operations"]["tested"] == runs[who].report["operations"]["total"]


def test_enough_was_asked_and_no_answer_was_a_server_error(fuzzed: System, runs: dict[str, Run]) -> None:
    statuses = Counter(line["status"] for line in answered(fuzzed))
    print(f"{statuses.total()} requests: {dict(sorted(statuses.items()))}")  # noqa: T201
    assert [status for status in statuses if not 200 <= status < 500] == []
    assert statuses.total() >= REQUESTS
    # Not only refusals.
    assert {200, 204, 400, 401, 403, 404, 405, 409, 422} <= set(statuses)


async def test_the_fuzzing_finds_what_is_wrong(fuzzed: System, known: dict[str, str], tmp_path: Path) -> None:
    """Against a document that does not tell of 404 it must fail, or its success would say nothing."""
    async with httpx.AsyncClient(base_url=fuzzed.serving.url, timeout=40) as http:
        document = (await http.get("/openapi.json")).json()
    del document["paths"]["/api/v1/photos/{photo_id}/exif"]["get"]["responses"]["404"]
    other = tmp_path / "openapi.json"
    other.write_text(json.dumps(document))
    options = (str(other), "--url", fuzzed.serving.url, "--include-path", "/api/v1/photos/{photo_id}/exif")
    stranger = token_for(uuid4(), scopes=CLIENT)
    found = await schemathesis(fuzzed.serving.url, 5, stranger, tmp_path / "run", known, *options)
    assert found.status == 1
    assert [failure["type"] for failure in found.report["failures"]] == ["UndefinedStatusCode"]
