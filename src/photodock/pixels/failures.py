"""Why a photo has no pixels. Each has a stable code; none holds a byte of the photo.

PixelsError
├── UnsupportedType         unsupported_type: neither a JPEG nor a PNG
├── TooManyPixels           too_many_pixels: refused before anything is decoded
├── Undecodable             undecodable: damaged
├── DecodingLimitExceeded   decoding_limit_exceeded: it took more memory or time than it may
└── DecoderDied             decoder_died: its process crashed, or was killed by another
"""

from typing import ClassVar


class PixelsError(Exception):
    code: ClassVar[str]

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnsupportedType(PixelsError):
    code = "unsupported_type"


class TooManyPixels(PixelsError):
    code = "too_many_pixels"


class Undecodable(PixelsError):
    code = "undecodable"


class DecodingLimitExceeded(PixelsError):
    code = "decoding_limit_exceeded"


class DecoderDied(PixelsError):
    code = "decoder_died"
