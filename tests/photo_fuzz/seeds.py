"""Where the fuzzer begins: the small photos that the tests build, sound and hostile ones, and the EXIF in them.

`python -m photo_fuzz.seeds` writes them to the corpus; tests run on them too. What a fuzzer found by itself is added by
hand.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from support.hostile import hostile_photos
from support.image_builder import raw_profile
from support.samples import RICH, SAMPLES

CORPUS = Path(__file__).with_name("corpus")
LARGEST_SEED = 2_048


def seeds() -> Iterator[tuple[str, bytes]]:
    yield from SAMPLES.items()
    yield "exif", RICH
    yield "profile", raw_profile(RICH)
    for photo in hostile_photos():
        # Of a polyglot the fuzzer sees no more than of the photo, and a bomb would only slow it down.
        if len(photo.data) <= LARGEST_SEED:
            yield photo.name, photo.data


def file_name(seed: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", seed.lower()).strip("-")


if __name__ == "__main__":
    CORPUS.mkdir(exist_ok=True)
    for name, data in seeds():
        (CORPUS / file_name(name)).write_bytes(data)
