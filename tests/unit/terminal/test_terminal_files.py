"""From typed paths to the files that are sent."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from photodock.client import FileError
from photodock.client.sources import read_source, unreadable
from photodock.terminal.files import expand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "b.jpg",
        "a.PNG",
        "deep/er/c.jpeg",
        "phone.HEIC",
        "scan.tif",
        "notes.txt",
        "noextension",
        ".hidden.jpg",
        "._b.jpg",
        ".thumbnails/d.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path


def test_a_folder_gives_its_images_sorted_and_recursive(folder):
    found = expand([folder])
    assert [file.label for file in found] == ["a.PNG", "b.jpg", "phone.HEIC", "scan.tif", "deep/er/c.jpeg"]
    assert {file.size for file in found} == {5}


def test_types_that_are_refused_later_are_declared_as_what_they_are(folder):
    types = {file.label: file.mime_type for file in expand([folder])}
    assert types["phone.HEIC"] == "image/heic"
    assert types["scan.tif"] == "image/tiff"
    assert types["deep/er/c.jpeg"] == "image/jpeg"


def test_a_named_file_is_always_tried(folder):
    paths = [folder / "notes.txt", folder / ".hidden.jpg", folder / "missing.jpg"]
    found = expand(paths)
    assert [file.path for file in found] == paths
    assert found[0].mime_type == "application/octet-stream"
    assert found[2].size == 0


def test_a_file_named_twice_is_sent_once(folder):
    found = expand([folder / "b.jpg", folder, folder / "deep" / ".." / "b.jpg"])
    assert [file.label for file in found].count("b.jpg") == 1
    assert found[0].label == "b.jpg"


def test_a_link_to_a_folder_is_not_followed_round_in_circles(folder):
    (folder / "deep" / "again").symlink_to(folder, target_is_directory=True)
    assert len(expand([folder])) == 5


def test_a_folder_that_cannot_be_listed_shows_up_as_a_failure(folder, monkeypatch):
    real = os.scandir

    def closed(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", closed)
    last = expand([folder])[-1]
    assert last.path == folder / "deep"
    with pytest.raises(FileError) as refused:
        read_source(last.path, None, None)
    assert refused.value.code == "file_unreadable"


def test_a_file_whose_size_cannot_be_read_has_none(folder, monkeypatch):
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    assert expand([folder / "missing.jpg"])[0].size == 0


def test_size_and_checksum_come_from_the_bytes(tmp_path):
    data = os.urandom(300_000)
    (tmp_path / "a.jpg").write_bytes(data)
    content = read_source(tmp_path / "a.jpg", None, None)
    assert content.size == len(data)
    assert base64.b64decode(content.checksum_sha256) == hashlib.sha256(data).digest()


def test_a_missing_file_is_told_apart_from_an_unreadable_one(tmp_path, monkeypatch):
    with pytest.raises(FileError) as missing:
        read_source(tmp_path / "a.jpg", None, None)
    assert missing.value.code == "file_not_found"
    (tmp_path / "b.jpg").touch()

    def closed(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(FileError) as refused:
        read_source(tmp_path / "b.jpg", None, None)
    assert (refused.value.code, refused.value.detail) == (
        "file_unreadable",
        "The file cannot be read: Permission denied.",
    )


def test_a_pipe_is_refused_without_being_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(FileError) as refused:
        read_source(tmp_path / "pipe.jpg", None, None)
    assert refused.value.code == "file_unreadable"


def test_an_error_without_a_number_is_told_by_its_text():
    assert unreadable(OSError("disk gone")).detail == "The file cannot be read: disk gone."
