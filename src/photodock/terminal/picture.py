"""A small picture of a photo, drawn with half blocks: each character is two pixels, one above the other."""

import asyncio
from collections.abc import Iterator
from itertools import zip_longest

from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from photodock.client import Client, ClientError, Photo
from photodock.pixels import Pixels, PixelsError, decode

MAX_COLUMNS = 64
MAX_BYTES = 52_428_800
"""The largest photo that photodock takes in."""

Row = list[tuple[int, int, int]]


class NoPicture(Exception):
    """Its text says why."""


class Picture:
    """Prints itself with rich."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for upper, lower in zip_longest(self._rows[::2], self._rows[1::2], fillvalue=None):
            for top, bottom in zip_longest(upper or [], lower or []):
                background = Color.from_rgb(*bottom) if bottom else None
                yield Segment("▀", Style(color=Color.from_rgb(*top), bgcolor=background))
            yield Segment.line()


def can_draw(console: Console) -> bool:
    return console.is_terminal and not console.no_color and console.color_system in {"256", "truecolor"}


def picture_of(client: Client, photo: Photo, console: Console) -> Picture:
    """Raises NoPicture."""
    # Two thirds of the screen's height at most, so that the facts stand beside it.
    side = max(8, min(MAX_COLUMNS, console.width, console.height * 4 // 3))
    try:
        data = client.download(photo.id, max_bytes=MAX_BYTES)
        pixels = asyncio.run(decode(data, longest_side=side))
    except ClientError as error:
        raise NoPicture(error.detail) from None
    except PixelsError as error:
        raise NoPicture(str(error)) from None
    except (ImportError, OSError):
        raise NoPicture("Pictures need photodock's extra `pixels`: pip install 'photodock[pixels]'.") from None
    orientation = (photo.exif_data or {}).get("orientation")
    return Picture(upright(list(rows_of(pixels)), orientation if isinstance(orientation, int) else 1))


def rows_of(pixels: Pixels) -> Iterator[Row]:
    for start in range(0, len(pixels.data), 3 * pixels.width):
        row = pixels.data[start : start + 3 * pixels.width]
        yield [(row[i], row[i + 1], row[i + 2]) for i in range(0, len(row), 3)]


def upright(rows: list[Row], orientation: int) -> list[Row]:
    """The rows as EXIF's orientation (tag 274, 1 to 8) wants them to be shown."""
    if orientation in {5, 6, 7, 8}:
        rows = [list(column) for column in zip(*rows, strict=True)]
    if orientation in {2, 3, 6, 7}:
        rows = [row[::-1] for row in rows]
    return rows[::-1] if orientation in {3, 4, 7, 8} else rows
