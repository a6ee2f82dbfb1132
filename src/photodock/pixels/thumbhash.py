"""ThumbHash: a picture in some 25 bytes, from which a page paints a placeholder.

After Evan Wallace's description of the format (evanw.github.io/thumbhash). The picture is taken apart into a luminance,
two colour differences and an opacity, and of each the lowest terms of its cosine transform are kept in 4 bits. The sums
over rows come first and those over columns second, which is the same transform at a twentieth of the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, floor, pi

MOST_SIDE = 32
"""Pixels of the longer side. The finest term kept has seven half waves: more pixels tell nothing more."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one channel: the mean, and the others relative to `scale`, the largest of them, as 0 to 1."""

    mean: float
    scale: float
    others: Sequence[float]


def thumbhash(width: int, height: int, rgba: bytes) -> bytes:
    """Of `width` by `height` pixels, row by row, 4 bytes each; the opacity is not multiplied into the colours."""
    opacity = [value / 255 for value in rgba[3::4]]
    opaque = sum(opacity)
    has_alpha = opaque < width * height
    red, green, blue = (_over_mean(rgba[channel::4], opacity, opaque) for channel in range(3))
    pixels = list(zip(red, green, blue, strict=True))
    most, longer = (5 if has_alpha else 7), max(width, height)
    across, down = max(1, _round(most * width / longer)), max(1, _round(most * height / longer))

    def terms(channel: Sequence[float], columns: int, rows: int) -> Terms:
        return _terms(channel, width, height, columns, rows)

    light = terms([(r + g + b) / 3 for r, g, b in pixels], max(3, across), max(3, down))
    yellow_blue = terms([(r + g) / 2 - b for r, g, b in pixels], 3, 3)
    red_green = terms([r - g for r, g, _ in pixels], 3, 3)
    alpha = terms(opacity, 5, 5) if has_alpha else None
    channels = [light, yellow_blue, red_green, *([alpha] if alpha else [])]
    return b"".join(
        [
            _first_header(light, yellow_blue, red_green, has_alpha),
            _second_header(yellow_blue, red_green, down if width > height else across, width > height),
            bytes([_quantized(alpha.mean, 15) | _quantized(alpha.scale, 15) << 4]) if alpha else b"",
            _packed(value for channel in channels for value in channel.others),
        ]
    )


def _over_mean(values: bytes, opacity: Sequence[float], opaque: float) -> list[float]:
    """One colour of all pixels, 0 to 1, laid over the picture's mean colour where they are transparent."""
    mean = sum(value * alpha for value, alpha in zip(values, opacity, strict=True)) / opaque / 255 if opaque else 0.0
    return [mean * (1 - alpha) + alpha / 255 * value for value, alpha in zip(values, opacity, strict=True)]


def _terms(channel: Sequence[float], width: int, height: int, columns: int, rows: int) -> Terms:
    across = [_waves(width, number) for number in range(columns)]
    down = [_waves(height, number) for number in range(rows)]
    lines = [channel[start : start + width] for start in range(0, width * height, width)]
    by_column = [[_dot(line, waves) for line in lines] for waves in across]
    found = [
        _dot(by_column[column], down[row]) / (width * height)
        for row in range(rows)
        for column in range(columns)
        # A triangle of them: fine waves in both directions at once are left out.
        if column * rows < columns * (rows - row)
    ]
    mean, others = found[0], found[1:]
    scale = max(map(abs, others), default=0.0)
    return Terms(mean, scale, [0.5 + 0.5 / scale * value for value in others] if scale else others)


def _waves(length: int, number: int) -> list[float]:
    return [cos(pi / length * number * (at + 0.5)) for at in range(length)]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _first_header(light: Terms, yellow_blue: Terms, red_green: Terms, has_alpha: bool) -> bytes:
    bits = (
        _quantized(light.mean, 63)
        | _quantized(0.5 + 0.5 * yellow_blue.mean, 63) << 6
        | _quantized(0.5 + 0.5 * red_green.mean, 63) << 12
        | _quantized(light.scale, 31) << 18
        | has_alpha << 23
    )
    return bits.to_bytes(3, "little")


def _second_header(yellow_blue: Terms, red_green: Terms, shorter: int, is_landscape: bool) -> bytes:
    """`shorter`: the terms of luminance along the shorter side; along the longer there are always as many."""
    bits = shorter | _quantized(yellow_blue.scale, 63) << 3 | _quantized(red_green.scale, 63) << 9 | is_landscape << 15
    return bits.to_bytes(2, "little")


def _packed(values: Iterable[float]) -> bytes:
    digits = [_quantized(value, 15) for value in values]
    digits += [0] * (len(digits) % 2)
    return bytes(low | high << 4 for low, high in zip(digits[::2], digits[1::2], strict=True))


def _quantized(value: float, most: int) -> int:
    return min(most, max(0, _round(most * value)))


def _round(value: float) -> int:
    return floor(value + 0.5)
