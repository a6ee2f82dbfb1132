"""Photos made to do harm: what can be read from them is read, and nothing grows."""

import tracemalloc
from pathlib import Path

import pytest

from photodock.imaging import inspect_bytes
from support.hostile import Hostile, hostile_photos
from support.images import jpeg, png
from support.inspections import assert_sound

MIB = 1024 * 1024
SHARED = Path(__file__).parents[3].parent / "shared" / "photos" / "images"
LARGEST_REAL_HEAD = 20_000


@pytest.mark.parametrize("photo", hostile_photos(), ids=str)
def test_a_hostile_photo_gives_what_can_be_read_and_no_more(photo: Hostile) -> None:
    found = inspect_bytes(photo.data)
    assert_sound(found)
    assert (found.mime_type, found.width, found.height) == (photo.mime_type, photo.width, photo.height)
    assert found.exif_data == photo.exif_data


@pytest.mark.parametrize("photo", hostile_photos(), ids=str)
def test_a_hostile_photo_takes_little_memory(photo: Hostile) -> None:
    """Six texts of 1 MiB at the most are held at a time: a profile compressed, inflated, without blanks, as bytes."""
    inspect_bytes(photo.data)  # whatever is imported or cached at first
    tracemalloc.start()
    try:
        inspect_bytes(photo.data)
        assert tracemalloc.get_traced_memory()[1] < 6 * MIB
    finally:
        tracemalloc.stop()


def cut_everywhere(data: bytes) -> None:
    for end in range(len(data)):
        assert_sound(inspect_bytes(data[:end]))


@pytest.mark.parametrize("photo", [jpeg(200, 150), png(40, 30)], ids=["jpeg", "png"])
def test_a_photo_of_a_real_encoder_cut_off_at_any_byte_of_its_head_is_read(photo: bytes) -> None:
    cut_everywhere(photo[:LARGEST_REAL_HEAD])


if SHARED.is_dir():

    def test_photos_of_real_cameras_cut_off_at_every_byte_are_read() -> None:
        photos = sorted(SHARED.iterdir(), key=lambda file: file.stat().st_size)
        small = [data for data in (file.read_bytes() for file in photos) if len(data) <= LARGEST_REAL_HEAD]
        assert small
        for data in small:
            cut_everywhere(data)
        for file in photos:
            data = file.read_bytes()
            for end in range(1, min(len(data), 160_000), 3_989):
                assert_sound(inspect_bytes(data[:end]))
