"""One photo's way through either client: what it may be, and what goes wrong on it."""

import io
import json
import os
import threading
import tracemalloc
from uuid import UUID

import httpx
import pytest

from photodock.client import Client, FileError, Forbidden, NetworkError, PhotoFailed, StorageRefused, WaitTimeout
from support.fake_photodock import PROJECT, TOKEN, FakeServer, answered

JPEG = b"\xff\xd8\xff" + b"x" * 5_000


def declared(server):
    return json.loads(server.seen["request"][0].content)


def test_a_path_is_sent_and_confirmed(call, server, make_photo):
    photo = call("upload", make_photo(), project_id=PROJECT)
    assert (photo.status, photo.file_name, photo.id) == ("uploaded", "roof.jpg", UUID(next(iter(server.photos))))
    assert list(server.objects.values()) == [make_photo().read_bytes()]


def test_bytes_are_sent_under_a_name(call, server):
    call("upload", JPEG, project_id=str(PROJECT), file_name="camera")
    assert (declared(server)["file_name"], declared(server)["mime_type"]) == ("camera", "image/jpeg")
    assert list(server.objects.values()) == [JPEG]


def test_bytes_without_a_name_are_the_callers_mistake(call, server):
    with pytest.raises(ValueError, match="file_name"):
        call("upload", JPEG, project_id=PROJECT)
    assert not server.seen


def test_an_open_file_is_sent_from_where_it_stands_and_left_open(call, server, make_photo):
    server.fails("put", 503, "SlowDown")
    with make_photo("wall.png", 10_000).open("rb") as opened:
        opened.seek(1_000)
        call("upload", opened, project_id=PROJECT)
        assert not opened.closed
    assert declared(server)["file_name"] == "wall.png"
    assert list(server.objects.values()) == [make_photo("wall.png", 10_000).read_bytes()[1_000:]]


def test_a_pipe_is_read_once_and_sent_twice(call, server):
    server.fails("put", 503, "SlowDown")
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(JPEG * 100)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe:
        call("upload", pipe, project_id=PROJECT, file_name="roof")
    writer.join()
    assert list(server.objects.values()) == [JPEG * 100]


def test_a_file_opened_as_text_is_told(call):
    with pytest.raises(FileError, match="binary mode"):
        call("upload", io.StringIO("a text"), project_id=PROJECT, file_name="roof.jpg")


def test_all_that_may_be_asked_of_a_photo_is_declared(call, server):
    said = {"latitude": 52.5, "longitude": 13.4}
    call(
        "upload",
        JPEG,
        project_id=PROJECT,
        file_name="r",
        mime_type="image/png",
        detection_types=["damage"],
        priority="high",
        client_metadata=said,
        idempotency_key="job-17",
    )
    body = declared(server)
    assert (body["mime_type"], body["detection_types"], body["priority"]) == ("image/png", ["damage"], "high")
    assert body["client_metadata"] == said
    assert server.seen["request"][0].headers["Idempotency-Key"] == "job-17"


def test_progress_is_told_from_the_first_byte_read_to_the_detection(call, server, make_photo):
    told = []
    server.lost = {"put"}
    photo = call("upload", make_photo(), project_id=PROJECT, wait=60, on_progress=told.append)
    stages = list(dict.fromkeys(now.stage for now in told))
    assert stages == ["reading", "requesting", "sending", "confirming", "processing"]
    assert [now.sent_bytes for now in told if now.stage == "sending" and not now.note] == [
        *(0, 0, 131_072, 262_144, 300_000),
        *(0, 131_072, 262_144, 300_000),
    ]
    assert {now.total_bytes for now in told if now.stage == "sending"} == {300_000}
    assert {now.photo_id for now in told if now.stage == "sending"} == {photo.id}
    assert [now.note for now in told if now.note] == ["The connection to the storage failed; trying again in 1 s"]
    assert photo.status == "completed"


def test_a_412_is_the_photo_that_was_sent_before(call, server, make_photo):
    call("upload", make_photo(), project_id=PROJECT, idempotency_key="again")
    call("upload", make_photo(), project_id=PROJECT, idempotency_key="again")
    assert (len(server.photos), len(server.seen["put"]), len(server.seen["confirm"])) == (1, 2, 2)


def test_s3s_409_is_sent_again_to_the_same_url(call, server, make_photo):
    server.fails("put", 409, "ConditionalRequestConflict")
    call("upload", make_photo(), project_id=PROJECT)
    assert len({str(request.url) for request in server.seen["put"]}) == 1
    assert len(call.slept) == 1


def test_an_expired_url_is_refreshed_for_the_same_photo(call, server, make_photo):
    server.fails("put", 403, "AccessDenied")
    call("upload", make_photo(), project_id=PROJECT)
    assert (len(server.photos), len(server.seen["refresh"])) == (1, 1)


def test_a_storage_that_refuses_the_fresh_url_too_is_told(call, server, make_photo):
    server.fails("put", 403, "SignatureDoesNotMatch", times=2)
    with pytest.raises(StorageRefused) as refused:
        call("upload", make_photo(), project_id=PROJECT)
    assert (refused.value.status, refused.value.s3_code) == (403, "SignatureDoesNotMatch")


def test_the_storage_gets_no_token(call, server, make_photo):
    call("upload", make_photo(), project_id=PROJECT)
    assert "Authorization" not in server.seen["put"][0].headers
    assert server.seen["request"][0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_file_that_is_not_there_is_told_before_anything_is_asked(call, server, tmp_path):
    with pytest.raises(FileError) as failed:
        call("upload", tmp_path / "none.jpg", project_id=PROJECT)
    assert failed.value.code == "file_not_found"
    assert not server.seen


def test_a_refused_project_has_its_code(call, server, make_photo):
    server.fails("request", 403, "project_access_denied")
    with pytest.raises(Forbidden) as refused:
        call("upload", make_photo(), project_id=PROJECT)
    assert (refused.value.code, refused.value.status) == ("project_access_denied", 403)


def test_a_failed_photo_is_returned_and_raises_when_asked(call, server, make_photo):
    server.statuses = ["failed"]
    photo = call("upload", make_photo(), project_id=PROJECT, wait=60)
    assert photo.status == "failed"
    with pytest.raises(PhotoFailed, match="Too blurred") as failed:
        photo.raise_for_failure()
    assert (failed.value.code, failed.value.photo) == ("detection_failed", photo)


def test_a_good_photo_does_not_raise(call, make_photo):
    photo = call("upload", make_photo(), project_id=PROJECT)
    assert photo.raise_for_failure() is photo


def test_a_wait_ends_at_its_deadline_with_the_photo_as_it_is(call, server, make_photo):
    server.statuses = ["processing"]
    with pytest.raises(WaitTimeout) as timeout:
        call("upload", make_photo(), project_id=PROJECT, wait=0)
    assert timeout.value.photo.status == "processing"


def test_a_storage_that_stays_away_ends_after_all_attempts(call, server, make_photo):
    server.breaks("put", httpx.ConnectError, times=9)
    with pytest.raises(NetworkError):
        call("upload", make_photo(), project_id=PROJECT)
    assert len(server.seen["put"]) == 7


def test_a_secret_is_in_no_text_of_a_photo_or_an_upload(call, server, make_photo):
    photo = call("upload", make_photo(), project_id=PROJECT)
    upload = call("refresh_upload", photo.id)
    assert "Signature" not in f"{photo!r}{upload!r}"


LARGE = 128 * 1024 * 1024


class Discarding(httpx.BaseTransport):
    """A storage that forgets what it gets; the rest is `server`'s. (MockTransport reads a body as a whole.)"""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.received = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            assert isinstance(request.stream, httpx.SyncByteStream)
            self.received = sum(len(chunk) for chunk in request.stream)
            return httpx.Response(200)
        return answered({}) if request.method == "PATCH" else self.server.blocking(request)


def test_a_large_file_is_never_in_memory_as_a_whole(server, tmp_path):
    path = tmp_path / "large.jpg"
    with path.open("wb") as opened:
        opened.truncate(LARGE)
    storage = Discarding(server)
    with Client("http://photodock.test", TOKEN, transport=storage) as client:
        tracemalloc.start()
        client.upload(path, project_id=PROJECT, parts_from=None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert storage.received == LARGE
    assert peak < LARGE / 32
