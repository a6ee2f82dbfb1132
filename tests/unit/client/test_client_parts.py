"""Large files in parts: against a made-up photodock that knows them, with faults to order."""

import base64
import hashlib
from collections import defaultdict

import httpx
import pytest

from photodock.client import ApiError, StorageRefused
from support.fake_photodock import PROJECT, FakeServer, answered, problem, s3_error
from unit.client.conftest import Calls

PART = 100_000
SIZE = 3 * PART + 5_000


class InParts(FakeServer):
    """Its storage keeps parts by photo and number; `refused[number]` are answered to that part's PUT first."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, dict[int, bytes]] = defaultdict(dict)
        self.sent: list[int] = []
        self.refused: dict[int, list[httpx.Response]] = defaultdict(list)
        self.part_checksums = True

    def _route(self, request):
        path = request.url.path
        if "/part/" in path:
            return "part", self._put_part
        if path.endswith("/multipart"):
            return ("abort", self._abort) if request.method == "DELETE" else ("start", self._start)
        if path.endswith("/multipart/parts"):
            return "parts", self._parts
        if path.endswith("/multipart/complete"):
            return "complete", self._complete
        return super()._route(request)

    def _start(self, request, _):
        photo_id = request.url.path.split("/")[-2]
        size = self.photos[photo_id]["file_size"]
        return httpx.Response(
            200,
            json={
                "photo_id": photo_id,
                "part_size": PART,
                "part_count": -(-size // PART),
                "part_checksums": self.part_checksums,
                "expires_in_seconds": 600_000,
                "expires_at": "2026-11-29T17:46:32Z",
            },
        )

    def _abort(self, request, _):
        self.parts.pop(request.url.path.split("/")[-2])
        return httpx.Response(204)

    def _parts(self, request, _):
        photo_id = request.url.path.split("/")[-3]
        numbers = [int(number) for number in request.url.params.get("numbers", "").split(",") if number]
        checksums = [text for text in request.url.params.get("checksums_sha256", "").split(",") if text]
        assert len(checksums) == (len(numbers) if self.part_checksums else 0)
        size = self.photos[photo_id]["file_size"]
        items = [
            {
                "part_number": number,
                "size": min(PART, size - (number - 1) * PART),
                "upload_url": f"https://storage.test/{photo_id}/part/{number}",
                "method": "PUT",
                "headers": {"X-Amz-Checksum-Sha256": checksum},
            }
            for number, checksum in zip(numbers, checksums or [""] * len(numbers), strict=True)
        ]
        there = [
            {"part_number": number, "size": len(data), "etag": "e"} for number, data in self.parts[photo_id].items()
        ]
        return httpx.Response(200, json={"items": items, "uploaded": there})

    def _put_part(self, request, body):
        _, photo_id, _, number = request.url.path.split("/")
        if self.refused[int(number)]:
            return self.refused[int(number)].pop(0)
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert request.headers["X-Amz-Checksum-Sha256"] in {checksum, ""}
        assert request.headers["Content-Length"] == str(len(body))
        self.parts[photo_id][int(number)] = body
        self.sent.append(int(number))
        return httpx.Response(200)

    def _complete(self, request, _):
        photo_id = request.url.path.split("/")[-3]
        parts = self.parts[photo_id]
        self.objects[photo_id] = b"".join(parts[number] for number in sorted(parts))
        if len(self.objects[photo_id]) != self.photos[photo_id]["file_size"]:
            return problem(409, "multipart_incomplete")
        return answered({"id": photo_id, "status": "uploaded"})


@pytest.fixture
def server():
    return InParts()


@pytest.fixture
def photo(make_photo):
    return make_photo(size=SIZE)


def send(call: Calls, photo, **options):
    return call("upload", photo, project_id=PROJECT, parts_from=PART, idempotency_key="one", **options)


def test_a_large_file_goes_in_parts_and_is_the_same_file(call, server, photo):
    told = []
    assert send(call, photo, on_progress=told.append).status == "uploaded"
    assert list(server.objects.values()) == [photo.read_bytes()]
    assert server.sent == [1, 2, 3, 4]
    assert (server.seen["put"], server.seen["confirm"]) == ([], [])
    sent = [now.sent_bytes for now in told if now.stage == "sending"]
    assert (sent == sorted(sent), sent[-1]) == (True, SIZE)


def test_a_small_file_goes_as_a_whole(call, server, photo):
    call("upload", photo, project_id=PROJECT)
    assert (len(server.seen["put"]), server.seen["start"]) == (1, [])


def test_parts_may_go_without_checksums(call, server, photo):
    server.part_checksums = False
    send(call, photo)
    assert list(server.objects.values()) == [photo.read_bytes()]


def test_an_upload_that_broke_off_goes_on_behind_what_has_arrived(call, server, photo):
    server.refused[3] = [s3_error(400, "EntityTooLarge")]
    with pytest.raises(StorageRefused):
        send(call, photo)
    told = []
    send(call, photo, on_progress=told.append)
    assert server.sent == [1, 2, 3, 4]
    assert [now.sent_bytes for now in told if now.stage == "sending"][1] == 2 * PART
    assert list(server.objects.values()) == [photo.read_bytes()]


def test_a_part_that_breaks_is_sent_again_and_no_other(call, server, photo):
    server.refused[2] = [s3_error(503, "SlowDown")]
    send(call, photo)
    assert (server.sent, len(call.slept)) == ([1, 2, 3, 4], 1)


def test_a_parts_url_that_has_ended_is_replaced_once(call, server, photo):
    server.refused[2] = [s3_error(403, "AccessDenied")]
    send(call, photo)
    assert [request.url.params.get("numbers") for request in server.seen["parts"]] == [None, "1,2,3,4", "2"]
    server.photos.clear()
    server.by_key.clear()
    server.refused[2] = [s3_error(403, "AccessDenied")] * 2
    with pytest.raises(StorageRefused):
        send(call, photo)


@pytest.mark.parametrize(("status", "code"), [(409, "multipart_not_needed"), (404, "not_found")])
def test_where_there_are_no_parts_the_file_goes_as_a_whole(call, server, photo, status, code):
    server.fails("start", status, code)
    send(call, photo)
    assert list(server.objects.values()) == [photo.read_bytes()]
    assert len(server.seen["confirm"]) == 1


def test_a_photo_that_is_there_already_is_confirmed(call, server, photo):
    server.fails("start", 409, "invalid_status_transition")
    server.faults["complete"] = [answered({"status": "completed"})]
    assert send(call, photo).status == "completed"
    assert server.sent == []


def test_parts_that_were_cleared_away_meanwhile_are_sent_anew(call, server, photo):
    server.fails("parts", 409, "multipart_not_started")
    send(call, photo)
    assert len(server.seen["start"]) == 2
    assert list(server.objects.values()) == [photo.read_bytes()]


def test_an_upload_that_stays_incomplete_is_told(call, server, photo):
    server.fails("complete", 409, "multipart_incomplete", times=9)
    with pytest.raises(ApiError) as failed:
        send(call, photo)
    assert failed.value.code == "multipart_incomplete"
    assert len(server.seen["complete"]) == 3


def test_parts_of_an_upload_that_is_gone_are_sent_to_another(call, server, photo):
    server.refused[3] = [s3_error(404, "NoSuchUpload")]
    send(call, photo)
    assert len(server.seen["start"]) == 2
    assert list(server.objects.values()) == [photo.read_bytes()]


def test_where_all_parts_are_there_and_no_object_comes_of_them_all_are_sent_anew(call, server, photo):
    server.fails("complete", 409, "multipart_incomplete", times=2)
    send(call, photo)
    assert (server.sent, len(server.seen["abort"])) == ([1, 2, 3, 4] * 2, 1)
    assert list(server.objects.values()) == [photo.read_bytes()]
