"""Pixels of sound photos, and what is refused."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from photodock.pixels import Limits, Pixels, PixelsError, TooManyPixels, Undecodable, UnsupportedType, child, decode
from support.hostile import KEPT, NOTHING, Hostile, hostile_photos
from support.image_builder import END, chunk, header, png
from support.images import jpeg

SHARED = Path(__file__).parents[3].parent / "shared" / "photos" / "images"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
async def test_a_photo_is_scaled_down_to_the_longer_side(kind: str, mode: str) -> None:
    pixels = await decode(encoded(Image.new("RGB", (1200, 900), (255, 0, 0)), kind), longest_side=400, mode=mode)
    assert (pixels.mode, pixels.width, pixels.height) == (mode, 400, 300)
    found = Image.frombytes(mode, (400, 300), pixels.data).getpixel((200, 150))
    assert found == pytest.approx(76 if mode == "L" else (255, 0, 0), abs=3)


async def test_a_small_photo_is_not_scaled_up() -> None:
    data = encoded(Image.new("RGB", (2, 1), (1, 2, 3)), "PNG")
    assert await decode(data, longest_side=1024) == Pixels("RGB", 2, 1, bytes([1, 2, 3] * 2))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_every_kind_of_png_is_decoded(mode: str) -> None:
    pixels = await decode(encoded(Image.new(mode, (30, 20)), "PNG"), longest_side=1024)
    assert (pixels.width, pixels.height, len(pixels.data)) == (30, 20, 1800)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
async def test_every_kind_of_jpeg_is_decoded(mode: str, progressive: bool) -> None:
    data = encoded(Image.new(mode, (30, 20)), "JPEG", progressive=progressive)
    assert (await decode(data, longest_side=1024)).width == 30


async def test_a_jpeg_with_exif_is_decoded_though_no_file_can_be_opened() -> None:
    """For its resolution Pillow reads EXIF, by a module that it loads only then."""
    without_density = jpeg(64, 48).replace(b"JFIF\0", b"JFIX\0")
    assert (await decode(without_density, longest_side=1024)).width == 64


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "BMP", "ICO", "PPM", "JPEG2000"])
async def test_another_format_under_a_photos_name_reaches_no_decoder(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(Image.new("RGB", (64, 48)), kind)
    with pytest.raises(UnsupportedType):
        await decode(data, longest_side=1024)
    # Nor where the child is asked itself.
    assert child.answer(data, child.Order(10**6, 10**4, 2**31, 30, 60, longest_side=64)) == (
        {"error": "unsupported_type"},
        b"",
    )


def test_the_loaders_are_those_of_jpeg_and_png() -> None:
    assert {loader.format for loader in child.LOADERS.values()} == {"JPEG", "PNG"}


@pytest.mark.parametrize(
    ("limits", "size"),
    [
        (Limits(max_pixels=11_999), (120, 100)),
        (Limits(max_side=119), (120, 1)),
        (Limits(max_side=119), (1, 120)),
        (Limits(), (65_501, 1)),
        (Limits(), (20_000, 10_001)),
    ],
)
async def test_a_photo_above_the_limits_is_refused_before_its_pixels_are_decoded(
    limits: Limits, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = png(chunk(b"IDAT"), END, head=header(*size))
    monkeypatch.setattr("photodock.pixels.process.CHILD", "/nowhere")
    with pytest.raises(TooManyPixels):
        await decode(data, longest_side=64, limits=limits)


async def test_what_the_decoder_takes_for_the_size_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second frame header behind the scan, which the parser never sees, and Pillow's reading of it."""
    data = encoded(Image.new("RGB", (120, 100)), "JPEG")
    monkeypatch.setattr("photodock.pixels.decoding.check", lambda photo, limits: None)
    for limits in (Limits(max_pixels=11_999), Limits(max_side=119)):
        with pytest.raises(TooManyPixels):
            await decode(data, longest_side=64, limits=limits)


async def test_a_photo_at_the_limits_is_decoded() -> None:
    data = encoded(Image.new("L", (120, 100)), "PNG")
    assert (await decode(data, longest_side=64, limits=Limits(max_pixels=12_000, max_side=120))).width == 64


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_a_photo_cut_off_is_undecodable(kind: str) -> None:
    data = encoded(Image.effect_noise((300, 200), 50), kind)
    with pytest.raises(Undecodable):
        await decode(data[: len(data) // 2], longest_side=64)


async def outcome(photo: bytes) -> str:
    try:
        pixels = await decode(photo, longest_side=64)
    except PixelsError as error:
        return error.code
    return f"{pixels.width}x{pixels.height}"


# Those that differ in their EXIF alone are one and the same to a decoder.
@pytest.mark.parametrize(
    "photo", [photo for photo in hostile_photos() if photo.exif_data not in (KEPT, NOTHING)], ids=str
)
async def test_a_hostile_photo_has_pixels_or_a_reason(photo: Hostile) -> None:
    """The photos that tests build have no pixels worth the name: a decoder may find them damaged."""
    too_large = photo.name in {"gigapixel JPEG", "exapixel PNG", "PNG beyond the standard"}
    assert await outcome(photo.data) in ({"too_many_pixels"} if too_large else {"64x48", "undecodable"})


async def test_many_at_once_do_not_meet() -> None:
    sizes = range(40, 60)
    photos = [encoded(Image.new("L", (side, 1), side), "PNG") for side in sizes]
    found = await asyncio.gather(*(decode(photo, longest_side=64, mode="L") for photo in photos))
    assert found == [Pixels("L", side, 1, bytes([side]) * side) for side in sizes]


if SHARED.is_dir():

    async def test_photos_of_real_cameras_have_pixels_or_a_reason() -> None:
        at_once = asyncio.Semaphore(4)

        async def one(photo: bytes) -> str:
            async with at_once:
                return await outcome(photo)

        outcomes = await asyncio.gather(*(one(file.read_bytes()) for file in SHARED.iterdir()))
        assert set(outcomes) >= {"undecodable", "64x48"}
        assert sum("x" in found for found in outcomes) > 40
