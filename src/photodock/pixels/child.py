"""The program of the process that decodes: it knows nothing of photodock, holds no secret, and limits itself first.

Its argument is an `Order` as JSON, standard input is the photo. It answers with a line of JSON: `{"error": code}`, or
`{"width": …, "height": …}` with the pixels behind it, row by row.
"""

import io
import json
import resource
import signal
import sys
import warnings
from dataclasses import dataclass

# All that decoding loads, because no file can be opened later: the last one reads EXIF's resolution for a JPEG.
from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin  # noqa: F401

# By their signatures and without Pillow's registry: no other format's code is ever reached, whatever a photo holds.
LOADERS = {b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile, b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile}
OPEN_FILES = 3  # standard input, output and error: no other can be opened


@dataclass(frozen=True, slots=True)
class Order:
    mode: str
    longest_side: int
    max_pixels: int
    max_side: int
    memory_bytes: int
    cpu_seconds: int
    seconds: float


class Refused(Exception):
    """Its text is the code."""


def confine(order: Order) -> None:
    """From here on the process can hold and use so much, and start, open and write nothing."""
    # Ends it also when nobody waits for it any more.
    signal.setitimer(signal.ITIMER_REAL, order.seconds)
    for kind, limit in (
        (resource.RLIMIT_CPU, order.cpu_seconds),
        (resource.RLIMIT_AS, order.memory_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(kind)[1]
        allowed = limit if most == resource.RLIM_INFINITY else min(limit, most)
        # At the softer one of CPU time the kernel says why it ends the process, SIGXCPU; at the other it does not.
        harder = allowed + 1 if kind == resource.RLIMIT_CPU and allowed != most else allowed
        resource.setrlimit(kind, (allowed, harder))


def decoded(photo: bytes, order: Order) -> Image.Image:
    """The photo in the wanted mode, its longer side no longer than wanted. Raises Refused, or what Pillow raises."""
    loader = next((LOADERS[signature] for signature in LOADERS if photo.startswith(signature)), None)
    if loader is None:
        raise Refused("unsupported_type")
    with loader(io.BytesIO(photo)) as image:
        # The decoder's own reading of the size: a parser may have taken another header for the true one.
        width, height = image.size
        if width * height > order.max_pixels or max(width, height) > order.max_side:
            raise Refused("too_many_pixels")
        size = (order.longest_side, order.longest_side)
        # JPEG alone: decodes at a fraction of the size, several times faster and with far less memory.
        image.draft(order.mode, size)
        whole = in_mode(image, order.mode)
        whole.thumbnail(size)
        return whole


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    image.load()
    if image.mode.startswith("I"):
        # 16-bit greyscale: Pillow would cut its values off at 255 instead of scaling them.
        image = image.point(lambda value: value / 256).convert("L")
    return image if image.mode == mode else image.convert(mode)


def answer(photo: bytes, order: Order) -> tuple[dict[str, int | str], bytes]:
    try:
        image = decoded(photo, order)
        return {"width": image.width, "height": image.height}, image.tobytes()
    except Refused as refusal:
        return {"error": str(refusal)}, b""
    except MemoryError:
        return {"error": "decoding_limit_exceeded"}, b""
    except Exception:  # a decoder may raise anything at all on damaged bytes
        return {"error": "undecodable"}, b""


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    warnings.simplefilter("ignore")  # to show one, Python would open its source
    confine(order)
    head, pixels = answer(sys.stdin.buffer.read(), order)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + pixels)


if __name__ == "__main__":
    main()
