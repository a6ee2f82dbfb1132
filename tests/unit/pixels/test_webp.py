"""What is believed to be a WebP picture and nothing else: files of the real encoder, and what may be wrong with one."""

import io
from typing import Any

import pytest
from PIL import Image

from photodock.pixels.webp import is_plain_webp


def webp(mode: str = "RGB", size: tuple[int, int] = (31, 20), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, (10, 20, 30, 100)[: len(mode)]).save(file, "WEBP", **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (31, 20), (1600, 1)])
def test_a_picture_of_the_size_that_was_said_is_one(mode: str, lossless: bool, size: tuple[int, int]) -> None:
    data = webp(mode, size, lossless=lossless)
    assert is_plain_webp(data, *size)
    assert not is_plain_webp(data, size[0] + 1, size[1])
    assert not is_plain_webp(data, size[0], size[1] + 1)


@pytest.mark.parametrize("more", [{"exif": b"MM\0*"}, {"xmp": b"<x/>"}, {"icc_profile": b"profile"}], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_one_with_metadata_is_none(mode: str, more: dict[str, bytes]) -> None:
    data = webp(mode, **more)
    assert next(iter(more.values())) in data
    assert not is_plain_webp(data, 31, 20)


def test_an_animation_is_none() -> None:
    frames = [Image.new("RGB", (31, 20), (shade, 0, 0)) for shade in (0, 255)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    assert not is_plain_webp(file.getvalue(), 31, 20)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
def test_cut_off_anywhere_or_with_something_behind_it_is_none(mode: str, lossless: bool) -> None:
    data = webp(mode, lossless=lossless)
    for end in range(len(data)):
        assert not is_plain_webp(data[:end], 31, 20)
    assert not is_plain_webp(data + b"more", 31, 20)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\x04\0\0\0WEBP", b"<html>", b"\xff\xd8\xff" * 20])
def test_what_is_something_else_is_none(data: bytes) -> None:
    assert not is_plain_webp(data, 31, 20)
