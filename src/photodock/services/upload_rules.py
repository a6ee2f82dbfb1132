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


_text = json.encoder.encode_basestring_ascii


def fingerprint(new: NewPhoto) -> bytes:
    """What makes two requests under one Idempotency-Key the same: SHA-256 of all that was declared, save one thing.

    The client's position is left out: it could be found out from the hash by trial, whatever the policy says.
    """
    checksum = "null" if new.checksum_sha256 is None else _text(new.checksum_sha256)
    metadata = new.client_metadata or {}
    captured = {"captured_at": metadata["captured_at"]} if "captured_at" in metadata else {}
    # Written as `json.dumps` would, by which all that is stored was made, at a third of its price.
    declared = (
        f'{{"checksum_sha256": {checksum}, "client_metadata": {json.dumps(captured)}, '
        f'"detection_types": [{", ".join(map(_text, new.detection_types))}], "file_name": {_text(new.file_name)}, '
        f'"file_size": {new.file_size}, "mime_type": {_text(new.mime_type)}, "priority": {_text(new.priority)}, '
        f'"project_id": "{new.project_id}"}}'
    )
    return hashlib.sha256(declared.encode()).digest()
