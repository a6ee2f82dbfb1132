"""Which files are taken in, and when two requests are the same."""

import hashlib
import json
from dataclasses import dataclass

from photodock.domain.errors import FileTooLarge, FileTooSmall, InvalidFileType
from photodock.domain.limits import Limits
from photodock.domain.photo import EXTENSIONS, NewPhoto


@dataclass(frozen=True, slots=True)
class UploadRules:
    """Sizes in bytes, inclusive."""

    min_file_size: int
    max_file_size: int
    limits: Limits
    url_ttl_seconds: int


def check_file(new: NewPhoto, rules: UploadRules) -> None:
    """Raises InvalidFileType, FileTooLarge or FileTooSmall."""
    if new.mime_type not in EXTENSIONS:
        if new.mime_type in ("image/heic", "image/heif"):
            raise InvalidFileType(
                "HEIC photos are not taken in. Send JPEG: on iOS choose the compatible representation in the photo "
                "picker, or set Camera > Formats > Most Compatible."
            )
        raise InvalidFileType("Only image/jpeg and image/png are taken in. Convert the photo to one of them.")
    if new.file_size > rules.max_file_size:
        raise FileTooLarge(
            f"The photo has {new.file_size} bytes; the most is {rules.max_file_size}. Send a smaller one."
        )
    if new.file_size < rules.min_file_size:
        raise FileTooSmall(
            f"The photo has {new.file_size} bytes; the least is {rules.min_file_size}. Check that the file is complete."
        )


def fingerprint(new: NewPhoto) -> bytes:
    """What makes two requests under one Idempotency-Key the same: SHA-256 of all that was declared, save one thing.

    The client's position is left out: it could be found out from the hash by trial, whatever the policy says.
    """
    declared = new._asdict()
    declared["client_metadata"] = {
        name: value for name, value in (new.client_metadata or {}).items() if name == "captured_at"
    }
    return hashlib.sha256(json.dumps(declared, sort_keys=True, default=str).encode()).digest()
