"""Small photos that ask much of whoever decodes them: real ones, that a decoder would work off."""

import io
import zlib

from PIL import Image

from support.image_builder import END, chunk, header, png


def black_png(width: int, height: int) -> bytes:
    """So many black pixels in a thousandth of their size."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    packed = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    return png(chunk(b"IDAT", packed), END, head=header(width, height))


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan, a few bytes for the whole picture, stands in it over and over."""
    file = io.BytesIO()
    Image.new("L", (side, side), 128).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    tables = data.rindex(b"\xff\xc4")
    last, end = data[tables:-2], data[-2:]
    return data[:-2] + last * scans + end
