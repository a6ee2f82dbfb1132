"""Closing the lid in the middle of two hundred photos, and opening it again."""

from pathlib import Path

import pytest

from support.console import Vitest, made_photo

COUNT = 200


@pytest.mark.timeout(1000)
async def test_two_hundred_photos_arrive_although_the_browser_is_closed_in_the_middle(
    vitest: Vitest, tmp_path: Path
) -> None:
    folder = tmp_path / "DCIM"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"IMG_{number:04}.jpg").write_bytes(made_photo(number))
    await vitest("test/lid", PHOTODOCK_TEST_FOLDER=str(folder))
