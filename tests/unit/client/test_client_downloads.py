"""A photo's bytes, by URLs that end and connections that break."""

import httpx
import pytest

from photodock.client import FileError, Retry, StorageRefused
from support.fake_photodock import answered, s3_error

ID = "018f0000-0000-7000-8000-000000000007"
DATA = b"a photo" * 1_000
RENDITION = {"name": "thumbnail", "width": 320, "height": 240, "mime_type": "image/webp", "file_size": 9}


def test_a_photo_is_read_again_for_a_fresh_url(call, server):
    server.faults["get"] = [answered({}), answered({"download_url": "https://storage.test/fresh"})]
    server.faults["put"] = [s3_error(403, "AccessDenied"), httpx.Response(200, content=DATA)]
    assert call("download", ID) == DATA
    assert [request.url.path for request in server.seen["put"]] == ["/", "/fresh"]
    assert "Authorization" not in server.seen["put"][0].headers


def test_a_storage_that_refuses_to_the_end_is_told(call, server):
    server.faults["get"] = [answered({})] * 2
    server.faults["put"] = [s3_error(403, "AccessDenied")] * 2
    with pytest.raises(StorageRefused):
        call("download", ID, retry=Retry(attempts=2))


def test_more_bytes_than_allowed_are_not_kept(call, server):
    server.faults["get"] = [answered({})]
    server.faults["put"] = [httpx.Response(200, content=DATA)]
    with pytest.raises(FileError) as failed:
        call("download", ID, max_bytes=100)
    assert failed.value.code == "too_many_bytes"


def test_a_rendition_is_read_by_its_name(call, server):
    found = answered({"renditions": [RENDITION | {"url": "https://storage.test/thumbnail"}]})
    server.faults["get"] = [found, found]
    server.faults["put"] = [httpx.Response(200, content=b"small")]
    assert call("download", ID, rendition="thumbnail") == b"small"
    with pytest.raises(FileError) as failed:
        call("download", ID, rendition="poster")
    assert failed.value.code == "not_there"


def test_a_saved_file_appears_whole_or_not_at_all(call, server, tmp_path):
    server.faults["get"] = [answered({})] * 3
    server.faults["put"] = [httpx.ReadError("cut"), httpx.Response(200, content=DATA), s3_error(404, "NoSuchKey")]
    path = tmp_path / "copy.jpg"
    assert call("save", ID, path) == path
    assert path.read_bytes() == DATA
    with pytest.raises(StorageRefused):
        call("save", ID, tmp_path / "other.jpg")
    assert list(tmp_path.iterdir()) == [path]
