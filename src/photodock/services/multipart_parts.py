"""Which parts of a resumable upload may be asked for, and when all of them are there."""

from collections.abc import Mapping, Sequence

from photodock.db.multipart import MultipartUpload
from photodock.domain.errors import InvalidRequest, MultipartIncomplete
from photodock.domain.parts import Parts
from photodock.storage.multipart import UploadedPart


def named_parts(
    parts: Parts, upload: MultipartUpload, numbers: Sequence[int], checksums: Sequence[str]
) -> dict[int, str | None]:
    """Each number with its checksum. Raises InvalidRequest."""
    if numbers and max(numbers) > parts.count:
        raise InvalidRequest(f"The photo has {parts.count} parts, and no number above.")
    if len(set(numbers)) < len(numbers):
        raise InvalidRequest("numbers may hold each part once.")
    wanted = len(numbers) if upload.part_checksums is not None else 0
    if len(checksums) != wanted:
        raise InvalidRequest(
            "This upload was started with part_checksums: checksums_sha256 must hold one for each of numbers."
            if wanted
            else "This upload was started without part_checksums: leave checksums_sha256 out, or abort and start anew."
        )
    return dict(zip(numbers, checksums, strict=True)) if wanted else dict.fromkeys(numbers)


def check_all(found: Sequence[UploadedPart], wanted: Parts, etags: Mapping[int, str] | None) -> None:
    """Raises MultipartIncomplete."""
    there = {part.number for part in found if part.size == wanted.size_of(part.number)}
    missing = [number for number in range(1, wanted.count + 1) if number not in there]
    if missing:
        raise MultipartIncomplete(f"Of {wanted.count} parts these are missing: {_listed(missing)}. Send them first.")
    other = [part.number for part in found if etags is not None and etags.get(part.number) != part.etag.strip('"')]
    if other:
        raise MultipartIncomplete(f"Storage has other parts than were named: {_listed(other)}. Send them again.")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (", …" if len(numbers) > 20 else "")


def checksums_of(upload: MultipartUpload, wanted: Parts) -> list[str] | None:
    """In the order of the parts. Raises MultipartIncomplete: after a restore from a backup some may not be known."""
    known = upload.part_checksums
    if known is None:
        return None
    if unknown := [number for number in range(1, wanted.count + 1) if number not in known]:
        raise MultipartIncomplete(f"Of these parts no checksum is known: {_listed(unknown)}. Send them again.")
    return [known[number] for number in range(1, wanted.count + 1)]
