"""What the service logs of a whole flow: the ids that tie lines together, and no secret."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import S3
from photodock.services.projects import Projects
from photodock.settings import Settings
from support.images import jpeg
from support.log_lines import Log, written_log
from support.serving import changed, running
from support.system import SECRET, Caller


@pytest.fixture
def log() -> Iterator[Log]:
    with written_log("debug") as found:
        yield found


async def flow(api: Caller) -> list[str]:
    """A whole flow with errors on its way; returns every secret that it met."""
    project = await api.make_project()
    secrets = [SECRET, api.headers["Authorization"].removeprefix("Bearer ")]
    issued = await api.issue(project, jpeg(), key="key-1")
    await api.confirm(issued["photo_id"])
    await api.put(issued, jpeg())
    photo = (await api.confirm(issued["photo_id"])).json()
    await api.storage.get(photo["download_url"])
    await api.call("GET", f"/photos?project_id={project}&cursor={'x' * 22}")
    await api.call("GET", f"/photos/{photo['id']}?access_token={secrets[1]}")
    await api.request_upload(project, jpeg(), file_size=1)
    text = await api.issue(project, b"x" * 2_000)
    await api.put(text, b"x" * 2_000)
    await api.confirm(text["photo_id"])
    await api.call("DELETE", f"/photos/{photo['id']}")
    await api.http.get("/api/v1/projects", headers={"Authorization": "Bearer forged.token.here"})
    for url in (issued["upload_url"], text["upload_url"], photo["download_url"]):
        [signature] = parse_qs(urlsplit(url).query)["X-Amz-Signature"]
        secrets.extend((signature, urlsplit(url).query))
    return [*secrets, "forged.token.here", "X-Amz-"]


async def test_no_secret_is_in_any_line_of_a_whole_flow(
    settings: Settings, s3: S3, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(settings) as api:
        secrets = await flow(api)
        password = urlsplit(settings.database_url.get_secret_value()).password
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
        async with running(settings) as misconfigured:
            project = await misconfigured.make_project()
            issued = await misconfigured.issue(project, jpeg())
            await misconfigured.confirm(issued["photo_id"])
        url = f"postgresql://photodock:{password}@127.0.0.1:1/photodock"
        async with running(changed(settings, database_url=url)) as away:
            await away.call("GET", "/projects")

    written = log.getvalue()
    assert len(log.lines) > 15
    assert {"storage_access_denied", "content_mismatch", "request_failed"} <= {line["event"] for line in log.lines}
    for secret in (*secrets, s3.secret_key, "a-wrong-secret", str(password)):
        assert secret not in written


async def test_every_request_has_one_line_with_its_ids(settings: Settings, log: Log) -> None:
    async with running(settings) as api:
        project = await api.make_project()
        issued = await api.issue(project, jpeg())
        log.forget()
        answer = await api.call(
            "PATCH",
            f"/photos/{issued['photo_id']}/status",
            json={"status": "uploaded"},
            headers={"X-Request-ID": "id-1"},
        )
    [line] = [line for line in log.lines if line["event"] == "request"]
    assert answer.status_code == 409
    assert line["correlation_id"] == "id-1"
    assert (line["photo_id"], line["user_id"]) == (issued["photo_id"], "anna")
    assert (line["method"], line["status"], line["error_code"]) == ("PATCH", 409, "upload_not_found")
    assert line["level"] == "info"
    assert line["duration_ms"] > 0
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("query", ["", "?framework=1"], ids=["in front of the framework", "the framework's way"])
async def test_the_line_of_a_new_photo_names_it(settings: Settings, log: Log, query: str) -> None:
    async with running(settings) as api:
        body = {"project_id": await api.make_project(), "file_name": "roof.jpg", "file_size": 2048}
        asked = {**body, "mime_type": "image/jpeg"}
        log.forget()
        made = (await api.call("POST", f"/photos/upload-url{query}", json=asked)).json()["photo_id"]
        several = (await api.call("POST", "/photos/upload-urls", json={"items": [asked, asked]})).json()["items"]
        ids = [item["photo_id"] for item in several]
        await api.call("POST", "/photos/confirm", json={"photo_ids": ids})
    one, two, confirmed = [line for line in log.lines if line["event"] == "request"]
    assert one["photo_id"] == made
    assert two["photo_ids"] == confirmed["photo_ids"] == " ".join(ids)


async def test_an_unexpected_error_is_logged_with_its_place_and_without_values(
    settings: Settings, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("https://s3/x?X-Amz-Signature=abcdef0123456789")

    monkeypatch.setattr(Projects, "list", broken)
    async with running(settings) as api:
        await api.call("GET", "/projects", headers={"X-Request-ID": "id-2"})
    [line] = [line for line in log.lines if line["event"] == "unexpected_error"]
    assert (line["correlation_id"], line["error_code"], line["level"]) == ("id-2", "internal_error", "error")
    assert "abcdef0123456789" not in log.getvalue()


async def test_a_request_does_not_inherit_the_ids_of_the_one_before(settings: Settings, log: Log) -> None:
    async with running(settings) as api:
        await api.call("GET", "/projects", headers={"X-Request-ID": "id-3"})
        await api.http.get("/healthz")
    last = [line for line in log.lines if line["event"] == "request"][-1]
    assert last["correlation_id"] != "id-3"
    assert "user_id" not in last
