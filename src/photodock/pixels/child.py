"""The program of the process that decodes: it knows nothing of photodock, holds no secret, and limits itself first.

Its argument is an `Order` as JSON, standard input is the photo. It answers with a line of JSON: `{"error": code}`, or
`{"width": …, "height": …}` with the pixels behind it, row by row. Asked for pictures it answers with
`{"pictures": [[width, height, bytes], …], "hash": [width, height]}`, and behind it the WebP files and a hash's pixels.
"""

import io
import json
import resource
import signal
import sys
import warnings
from dataclasses import dataclass

# All that decoding loads, because no file can be opened later: the last one reads EXIF's resolution for a JPEG.
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, TiffImagePlugin  # noqa: F401

# By their signatures and without Pillow's registry: no other format's code is ever reached, whatever a photo holds.
LOADERS = {b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile, b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile}
OPEN_FILES = 3  # standard input, output and error: no other can be opened


# Turns and mirrors, by EXIF's number of an orientation, what is stored into what is upright (EXIF 3.0, tag 274).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
WEBP_QUALITY, WEBP_METHOD = 80, 2
"""Method 4, the encoder's own default, makes files 5 % smaller and takes a third longer for the whole photo."""


@dataclass(frozen=True, slots=True)
class Order:
    """Pixels of `mode`; or, when `pictures` says their longest sides, largest first, these, and pixels for a hash."""

    max_pixels: int
    max_side: int
    memory_bytes: int
    cpu_seconds: int
    seconds: float
    mode: str = "RGB"
    longest_side: int = 0
    pictures: tuple[int, ...] = ()
    hash_side: int = 0
    orientation: int = 1


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


def answer(photo: bytes, order: Order) -> tuple[dict[str, object], bytes]:
    try:
        with opened(photo, order) as image:
            return pictures(image, order) if order.pictures else pixels(image, order)
    except Refused as refusal:
        return {"error": str(refusal)}, b""
    except MemoryError:
        return {"error": "decoding_limit_exceeded"}, b""
    except Exception:  # a decoder may raise anything at all on damaged bytes
        return {"error": "undecodable"}, b""


def opened(photo: bytes, order: Order) -> Image.Image:
    """The photo, its pixels not decoded yet. Raises Refused, or what Pillow raises."""
    loader = next((LOADERS[signature] for signature in LOADERS if photo.startswith(signature)), None)
    if loader is None:
        raise Refused("unsupported_type")
    image = loader(io.BytesIO(photo))
    # The decoder's own reading of the size: a parser may have taken another header for the true one.
    width, height = image.size
    if width * height > order.max_pixels or max(width, height) > order.max_side:
        raise Refused("too_many_pixels")
    return image


def pixels(image: Image.Image, order: Order) -> tuple[dict[str, object], bytes]:
    size = (order.longest_side, order.longest_side)
    # JPEG alone: decodes at a fraction of the size, several times faster and with far less memory.
    image.draft(order.mode, size)
    whole = in_mode(image, order.mode)
    whole.thumbnail(size)
    return {"width": whole.width, "height": whole.height}, whole.tobytes()


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    image.load()
    if image.mode.startswith("I"):
        # 16-bit greyscale: Pillow would cut its values off at 255 instead of scaling them.
        image = image.point(lambda value: value / 256).convert("L")
    return image if image.mode == mode else image.convert(mode)


def fitting(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """Scaled down until the longer side fits; never up."""
    longer = max(size)
    if longer <= longest_side:
        return size
    return max(1, round(size[0] * longest_side / longer)), max(1, round(size[1] * longest_side / longer))


def pictures(image: Image.Image, order: Order) -> tuple[dict[str, object], bytes]:
    """Each is made of the one before, which is several times smaller than the photo."""
    picture = upright(image, order)
    facts, files = [], []
    for side in order.pictures:
        picture = scaled(picture, side)
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
        files.append(file.getvalue())
        facts.append([*picture.size, len(files[-1])])
    hashed = scaled(picture, order.hash_side).convert("RGBA")
    return {"pictures": facts, "hash": hashed.size}, b"".join([*files, hashed.tobytes()])


def upright(image: Image.Image, order: Order) -> Image.Image:
    """The largest picture that is wanted, in sRGB, turned as it was seen, without anything but pixels."""
    size = fitting(image.size, order.pictures[0])
    image.draft(None, size)
    image.load()
    profile = image.info.get("icc_profile")
    # Pixels of these modes cannot be mixed. Colours come after scaling, because there are so many fewer then.
    mode = "RGBA" if image.has_transparency_data else {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
    picture = in_mode(image, "L" if mode.startswith("I") else mode).resize(
        size, Image.Resampling.LANCZOS, reducing_gap=2.0
    )
    picture = in_srgb(picture, profile)
    picture.info.clear()
    return picture.transpose(UPRIGHT[order.orientation]) if order.orientation in UPRIGHT else picture


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A profile that is damaged, or of other colours than the picture's, is as good as none."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, found, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return picture if picture.mode == mode else picture.convert(mode)


def scaled(picture: Image.Image, longest_side: int) -> Image.Image:
    size = fitting(picture.size, longest_side)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    if order.pictures:
        # What writes WebP, and what else writing one asks for.
        Image.preinit()
        from PIL import WebPImagePlugin  # noqa: F401, PLC0415

    warnings.simplefilter("ignore")  # to show one, Python would open its source
    confine(order)
    head, pixels = answer(sys.stdin.buffer.read(), order)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + pixels)


if __name__ == "__main__":
    main()
