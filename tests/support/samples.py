"""Small photos with every kind of fact, in each of the ways in which a file can carry EXIF."""

import zlib

from support.image_builder import (
    END,
    JFIF,
    PIXELS,
    RATIONAL,
    SHORT,
    Exif,
    app1,
    chunk,
    jpeg,
    numbers,
    png,
    raw_profile,
    segment,
    text,
)

RICH = Exif(
    image=[text(0x010F, "NIKON CORPORATION"), text(0x0110, "NIKON D2X é"), numbers(0x0112, SHORT, 6)],
    exif=[
        numbers(0x829A, RATIONAL, 1, 160),
        numbers(0x829D, RATIONAL, 4, 1),
        numbers(0x8827, SHORT, 100, 0),
        text(0x9003, "2009:06:24 09:41:07"),
        text(0x9011, "-04:00"),
        text(0x9291, "72"),
        text(0xA434, "smc PENTAX-DA* 16-50mm F2.8"),
    ],
    gps=[
        text(1, "N"),
        numbers(2, RATIONAL, 38, 1, 53, 1, 2485, 100),
        text(3, "W"),
        numbers(4, RATIONAL, 77, 1, 2, 1, 5747, 100),
        numbers(7, RATIONAL, 13, 1, 40, 1, 26, 1),
        text(0x1D, "2009:06:24"),
    ],
).tiff()
SAMPLES = {
    "jpeg": jpeg(JFIF, app1(RICH), segment(0xE2, b"ICC_PROFILE\0" + bytes(30))),
    "split jpeg": jpeg(app1(RICH[:100]), app1(RICH[100:])),
    "png": png(chunk(b"eXIf", RICH), PIXELS, END),
    "png profile": png(chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw_profile(RICH))), PIXELS, END),
}
