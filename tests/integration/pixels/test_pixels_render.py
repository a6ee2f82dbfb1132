"""The pictures that are made of photos: upright, in sRGB, small, and without a word of what the photo knew."""

import io
import json
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms

from photodock.pixels import DecoderDied, DecodingLimitExceeded, Limits, Picture, TooManyPixels, Undecodable, render
from support.bombs import black_png, jpeg_of_scans
from support.image_builder import END, chunk, png
from support.images import jpeg

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CORNERS = {"top left": (5, 5), "top right": (-6, 5), "bottom left": (5, -6), "bottom right": (-6, -6)}


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def quarters(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green, blue and white, by corner."""
    image = Image.new("RGB", (width, height))
    for place, colour in enumerate((RED, GREEN, BLUE, WHITE)):
        left, top = place % 2 * width // 2, place // 2 * height // 2
        image.paste(colour, (left, top, left + width // 2, top + height // 2))
    return image


async def picture(photo: bytes, side: int = 1600) -> Image.Image:
    [made] = (await render(photo, [side])).pictures
    return shown(made)


def shown(made: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(made.data))
    assert (image.format, image.size) == ("WEBP", (made.width, made.height))
    return image


def colours(image: Image.Image) -> list[Any]:
    whole = image.convert("RGB")
    return [whole.getpixel((x % image.width, y % image.height)) for x, y in CORNERS.values()]


def close(*wanted: tuple[int, int, int], by: int = 12) -> Any:
    return [pytest.approx(colour, abs=by) for colour in wanted]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_each_is_made_to_its_longer_side(kind: str) -> None:
    made = (await render(encoded(quarters(2000, 3000), kind), [1600, 320])).pictures
    assert [(one.width, one.height) for one in made] == [(1067, 1600), (213, 320)]
    assert [colours(shown(one)) for one in made] == [close(RED, GREEN, BLUE, WHITE)] * 2


async def test_a_small_photo_is_never_enlarged() -> None:
    made = (await render(encoded(quarters(400, 200), "JPEG"), [1600, 320])).pictures
    assert [(one.width, one.height) for one in made] == [(400, 200), (320, 160)]


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1)])
async def test_the_thinnest_photo_keeps_a_pixel(size: tuple[int, int]) -> None:
    [made] = (await render(encoded(Image.new("L", size), "PNG"), [1600])).pictures
    assert (made.width, made.height) == tuple(min(side, 1600) for side in size)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, (RED, GREEN, BLUE, WHITE)),
        (2, (GREEN, RED, WHITE, BLUE)),
        (3, (WHITE, BLUE, GREEN, RED)),
        (4, (BLUE, WHITE, RED, GREEN)),
        (5, (RED, BLUE, GREEN, WHITE)),
        (6, (BLUE, RED, WHITE, GREEN)),
        (7, (WHITE, GREEN, BLUE, RED)),
        (8, (GREEN, WHITE, RED, BLUE)),
        (9, (RED, GREEN, BLUE, WHITE)),
    ],
)
async def test_a_picture_is_upright_whatever_the_orientation(
    kind: str, orientation: int, expected: tuple[Any, ...]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = await picture(encoded(quarters(), kind, exif=exif))
    assert image.size == ((80, 120) if 5 <= orientation <= 8 else (120, 80))
    assert colours(image) == close(*expected)


async def test_nothing_of_the_photos_metadata_is_in_a_picture() -> None:
    secrets = b"52.516300", b"GPSLatitude", b"Acme", b"Roofcam 1"
    photo = jpeg(640, 480)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x GPSLatitude='52.516300'/>"
    photo = photo[:2] + b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp + photo[2:]
    assert all(secret in photo for secret in secrets)
    for made in (await render(photo, [1600, 320])).pictures:
        image = shown(made)
        assert not any(secret in made.data for secret in secrets)
        assert (dict(image.getexif()), image.info.get("exif"), image.info.get("xmp")) == ({}, None, None)
        assert "icc_profile" not in image.info


async def test_a_text_of_a_png_is_not_in_a_picture() -> None:
    text = b"Comment\0house of mrs smith"
    body = encoded(quarters(), "PNG")
    data = body[:33] + struct.pack(">I", len(text)) + b"tEXt" + text
    data += struct.pack(">I", zlib.crc32(b"tEXt" + text)) + body[33:]
    [made] = (await render(data, [1600])).pictures
    assert b"mrs smith" not in made.data


def profile(red: tuple[float, float], green: tuple[float, float], blue: tuple[float, float]) -> bytes:
    """An ICC profile (version 2, matrix and gamma 2.2) of these primaries, as chromaticities, and D65 for white."""
    # XYZ of the primaries, adapted to D50 by Bradford: what a matrix profile holds.
    matrix = _primaries(red, green, blue)
    curve = b"curv" + struct.pack(">II", 0, 1) + struct.pack(">HH", round(2.2 * 256), 0)
    tags = [(b"wtpt", _xyz((0.9642, 1.0, 0.8249)))]
    tags += [(name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix, strict=True)]
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    tags += [(b"desc", b"desc" + struct.pack(">II", 0, 5) + b"Wide\0" + bytes(78)), (b"cprt", b"text\0\0\0\0none\0")]
    table, data, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags:
        table += name + struct.pack(">II", at + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s12x4s", at + len(data), b"lcms", 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def _xyz(values: Any) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">iii", *(round(value * 65536) for value in values))


ADOBE_RGB = [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)]
DISPLAY_P3 = [(0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)]


def _primaries(*columns: Any) -> Any:
    return columns


@pytest.mark.parametrize(
    ("columns", "stored", "expected"),
    [
        # The reddest red of sRGB as Display P3 stores it; and a green of Adobe RGB outside of sRGB, which is cut off.
        (DISPLAY_P3, (234, 51, 35), (255, 0, 0)),
        (ADOBE_RGB, (219, 0, 0), (255, 0, 0)),
        (ADOBE_RGB, (0, 255, 0), (0, 255, 0)),
        (ADOBE_RGB, (128, 128, 128), (128, 128, 128)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_colours_of_a_wide_gamut_are_brought_into_srgb(
    kind: str, columns: Any, stored: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    photo = encoded(Image.new("RGB", (64, 48), stored), kind, icc_profile=profile(*columns), **QUALITY[kind])
    assert colours(await picture(photo)) == close(*[expected] * 4)


QUALITY: dict[str, dict[str, Any]] = {"JPEG": {"quality": 98, "subsampling": 0}, "PNG": {}}


@pytest.mark.parametrize("bad", [b"no profile", profile(*ADOBE_RGB)[:200], b"\0" * 128], ids=["text", "cut", "zeros"])
async def test_a_damaged_profile_is_as_good_as_none(bad: bytes) -> None:
    image = await picture(encoded(quarters(), "JPEG", icc_profile=bad))
    assert colours(image) == close(RED, GREEN, BLUE, WHITE)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
async def test_a_profile_of_other_colours_than_the_photos_is_as_good_as_none(mode: str) -> None:
    photo = encoded(Image.new(mode, (64, 48)), "JPEG", icc_profile=profile(*ADOBE_RGB))
    assert colours(await picture(photo))[0] == pytest.approx((0, 0, 0) if mode == "L" else WHITE, abs=12)


async def test_a_cmyk_photo_has_the_colours_that_were_printed() -> None:
    assert colours(await picture(encoded(quarters().convert("CMYK"), "JPEG", quality=95))) == close(
        RED, GREEN, BLUE, WHITE
    )


async def test_a_profile_is_used_with_transparency_too() -> None:
    image = Image.new("RGBA", (64, 48), (219, 0, 0, 128))
    found = await picture(encoded(image, "PNG", icc_profile=profile(*ADOBE_RGB)))
    assert found.mode == "RGBA"
    assert found.getpixel((30, 30)) == pytest.approx((255, 0, 0, 128), abs=8)


@pytest.mark.parametrize("shade", [0, 100, 255])
async def test_greys_of_16_bits_are_scaled_and_not_cut_off(shade: int) -> None:
    image = await picture(encoded(Image.new("I;16", (64, 48), shade * 257), "PNG"))
    assert colours(image) == close(*[(shade, shade, shade)] * 4, by=3)


async def test_colours_of_16_bits_are_scaled_and_not_cut_off() -> None:
    rows = (b"\0" + struct.pack(">HHH", 255 * 257, 100 * 257, 0) * 64) * 48
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 16, 2, 0, 0, 0))
    photo = png(chunk(b"IDAT", zlib.compress(rows)), END, head=head)
    assert colours(await picture(photo)) == close(*[(255, 100, 0)] * 4)


async def test_transparency_stays_that_of_a_palette_too() -> None:
    image = quarters().quantize(8)
    white = image.getpixel((110, 70))
    found = await picture(encoded(image, "PNG", transparency=white))
    assert found.mode == "RGBA"
    assert [found.getpixel(place)[3] for place in ((5, 5), (110, 70))] == pytest.approx([255, 0], abs=3)


async def test_transparent_colours_do_not_bleed_into_the_others() -> None:
    """Fully transparent green beside opaque red: scaled down, the edge is red, only less opaque."""
    image = Image.new("RGBA", (3200, 100), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 1601, 100))
    found = await picture(encoded(image, "PNG"), 320)
    edge = [found.getpixel((x, 5)) for x in range(150, 170)]
    assert all(pixel[1] < 60 for pixel in edge if pixel[3] > 40)


async def test_lines_of_one_bit_are_mixed_and_not_lost() -> None:
    lines = Image.new("1", (3200, 64))
    for x in range(0, 3200, 4):
        lines.paste(1, (x, 0, x + 1, 64))
    assert colours(await picture(encoded(lines, "PNG"), 400)) == close(*[(64, 64, 64)] * 4, by=20)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
async def test_every_kind_of_png_has_pictures(mode: str) -> None:
    found = await render(encoded(Image.new(mode, (700, 500)), "PNG"), [1600, 320])
    assert [(one.width, one.height) for one in found.pictures] == [(700, 500), (320, 229)]
    assert len(found.thumbhash) >= 5


async def test_what_is_refused_to_a_decoder_is_refused_here() -> None:
    with pytest.raises(Undecodable):
        await render(encoded(quarters(), "JPEG")[:-300], [320])
    with pytest.raises(TooManyPixels):
        await render(encoded(quarters(), "JPEG"), [320], limits=Limits(max_pixels=9_599))
    with pytest.raises(DecodingLimitExceeded):
        await render(black_png(12_000, 12_000), [320], limits=Limits(memory_bytes=256 * 1024 * 1024))
    with pytest.raises(DecodingLimitExceeded):
        await render(jpeg_of_scans(6_000, 4_000), [320], limits=Limits(cpu_seconds=1))


@pytest.fixture
def programmed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """Has a program that answers this run in the decoder's place."""

    def answers(head: object, data: bytes) -> None:
        answer = json.dumps(head).encode() + b"\n" + data
        path = tmp_path / "program.py"
        path.write_text(f"import sys; sys.stdout.buffer.write({answer!r})")
        monkeypatch.setattr("photodock.pixels.process.CHILD", path)

    return answers


PLAIN = encoded(Image.new("RGB", (8, 6)), "WEBP")
NAMING = encoded(Image.new("RGB", (8, 6)), "WEBP", xmp=b"<x/>")
HASHED = bytes(8 * 6 * 4)


@pytest.mark.parametrize(
    ("head", "data"),
    [
        ({"pictures": [[8, 6, len(PLAIN)]]}, PLAIN + HASHED),
        ({"pictures": [], "hash": [8, 6]}, HASHED),
        ({"pictures": [[8, 6, len(PLAIN)]] * 2, "hash": [8, 6]}, PLAIN + PLAIN + HASHED),
        ({"pictures": [[8, 6, len(PLAIN)]], "hash": [8, 6]}, PLAIN + HASHED[:-1]),
        ({"pictures": [[8, 6, len(PLAIN)]], "hash": [8, 6]}, PLAIN + HASHED + b"x"),
        ({"pictures": [[8, 6, len(PLAIN)]], "hash": [0, 6]}, PLAIN),
        ({"pictures": [[8, 7, len(PLAIN)]], "hash": [8, 6]}, PLAIN + HASHED),
        ({"pictures": [[8, 6, len(PLAIN) - 1]], "hash": [8, 6]}, PLAIN + HASHED),
        ({"pictures": [[8, 6, -4]], "hash": [8, 6]}, PLAIN + HASHED),
        ({"pictures": [[8, 6, "4"]], "hash": [8, 6]}, PLAIN + HASHED),
        ({"pictures": [[8, 6, len(NAMING)]], "hash": [8, 6]}, NAMING + HASHED),
        ({"pictures": [[8, 6, 6]], "hash": [8, 6]}, b"<html>" + HASHED),
        ({"pictures": [[330, 6, len(PLAIN)]], "hash": [8, 6]}, PLAIN + HASHED),
        ({"width": 8, "height": 6}, HASHED),
        ([], b""),
    ],
)
async def test_an_answer_that_cannot_be_true_is_not_believed(programmed: Any, head: object, data: bytes) -> None:
    photo = encoded(quarters(), "JPEG")
    programmed({"pictures": [[8, 6, len(PLAIN)]], "hash": [8, 6]}, PLAIN + HASHED)
    assert (await render(photo, [320])).pictures[0].width == 8
    programmed(head, data)
    with pytest.raises(DecoderDied):
        await render(photo, [320])


async def test_a_renderer_lets_everything_else_go_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys; sys.stdout.write('{\"error\": \"too_many_pixels\"}' if os.nice(0) == 10 else '{}')"
    )
    monkeypatch.setattr("photodock.pixels.process.CHILD", program)
    with pytest.raises(TooManyPixels):
        await render(encoded(quarters(), "JPEG"), [320])


def test_the_colours_of_the_test_profiles_are_those_of_their_names() -> None:
    """Their white is sRGB's white, and they are read without complaint."""
    for columns in (ADOBE_RGB, DISPLAY_P3):
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile(*columns)))
        white = ImageCms.profileToProfile(
            Image.new("RGB", (1, 1), WHITE), found, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        assert white is not None
        assert white.getpixel((0, 0)) == pytest.approx(WHITE, abs=2)
