"""What each S3 server really refuses, and that docs/s3-compatibles.md says so."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from photodock.doctor.guarantees import GUARANTEES, held
from photodock.doctor.trials import Trials
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.embedded.server import Server
from photodock.services.uploads import utc_now
from photodock.storage.bucket import ensure_bucket
from photodock.storage.presigner import Presigner
from photodock.storage.s3 import ObjectStore
from support.stores import RcloneServer, StoreKeys, user_of

PAGE = Path(__file__).parents[3] / "docs" / "s3-compatibles.md"


@pytest.fixture(scope="module")
def rclone(servers_dir: Path) -> Iterator[RcloneServer]:
    with RcloneServer(servers_dir / "rclone", servers_dir / "logs") as server:
        yield server


async def on_seaweedfs(server: SeaweedServer) -> StoreKeys:
    return StoreKeys(server.endpoint_url, server.access_key, server.secret_key)


async def on_rclone(server: RcloneServer) -> StoreKeys:
    return StoreKeys(server.endpoint_url, *server.keys)


STORES = {"SeaweedFS": ("seaweedfs", on_seaweedfs), "ministack": ("strict", user_of), "rclone": ("rclone", on_rclone)}


@pytest.fixture(scope="module", params=STORES)
def server(request: pytest.FixtureRequest) -> tuple[str, Server]:
    """The store's name and the server."""
    return request.param, request.getfixturevalue(STORES[request.param][0])


@pytest.fixture(scope="module")
async def measured(server: tuple[str, Server]) -> AsyncIterator[tuple[str, Trials]]:
    """The store's name and a way to try it."""
    name, running = server
    keys = await STORES[name][1](running)
    bucket, credentials = keys.bucket(), keys.credentials
    if name != "rclone":  # whose buckets are folders, and which knows no CORS rules
        await ensure_bucket(credentials, bucket, allowed_origins=["*"])
    store = ObjectStore(bucket, credentials, delays=())
    async with httpx.AsyncClient(trust_env=False) as http:
        trials = Trials(Presigner(bucket, credentials.current), store, http, utc_now)
        yield name, trials
        await trials.clear()
    await store.aclose()


def documented() -> dict[tuple[str, str], str]:
    """`yes` or `no` by guarantee and store, from the page's table of what was measured."""
    table = PAGE.read_text().partition("## Measured")[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    stores = [heading.split()[0] for heading in lines[0][1:]]
    return {
        (row[0].strip("`"), store): cell
        for row in lines[2:]
        for store, cell in zip(stores, row[1:], strict=True)
        if store in STORES
    }


@pytest.mark.parametrize("guarantee", GUARANTEES, ids=lambda guarantee: guarantee.name)
async def test_a_store_holds_what_the_page_says_that_it_holds(measured: tuple[str, Trials], guarantee) -> None:
    store, trials = measured
    answers = await guarantee.attempt(trials)
    assert ("yes" if held(answers) else "no") == documented()[guarantee.name, store]
    assert not held(answers) or max(answer.status for answer in answers) < 500, "a store that fails has not refused"


def test_the_page_has_every_guarantee_and_every_measured_store() -> None:
    assert set(documented()) == {(guarantee.name, store) for guarantee in GUARANTEES for store in STORES}


async def test_what_is_signed_for_is_taken_by_every_store(measured: tuple[str, Trials]) -> None:
    """Or a store that refuses everything would seem to hold everything."""
    _, trials = measured
    assert (await trials.put(trials.upload_url(trials.new_key()))).is_success
