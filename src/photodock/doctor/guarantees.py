"""What the service relies on S3 for: requests that differ from the signed one, each of which S3 must refuse."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from photodock.doctor.answers import S3Answer
from photodock.doctor.trials import CONTENT, CONTENT_TYPE, GOOD_FOR_SECONDS, OTHER_CONTENT, NotStored, Trials
from photodock.domain.errors import UploadOver

WRITES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Guarantee:
    """`attempt` does what S3 must refuse, and returns the answers; one success among them breaks the guarantee.

    `refuses`: what, for a sentence. `otherwise`: what follows where it does not hold.
    """

    name: str
    refuses: str
    attempt: Callable[[Trials], Awaitable[Sequence[S3Answer]]]
    otherwise: str


def held(answers: Sequence[S3Answer]) -> bool:
    return not any(answer.is_success for answer in answers)


async def _forged(trials: Trials) -> list[S3Answer]:
    upload, moved = (trials.upload_url(trials.new_key()) for _ in range(2))
    other_digits = "".join(f"{15 - int(digit, 16):x}" for digit in upload.url[-4:])
    path, _, query = moved.url.partition("?")
    other_key = trials.new_key().rpartition("/")[2]
    return [
        await trials.put(upload._replace(url=upload.url[:-4] + other_digits)),
        await trials.put(moved._replace(url=f"{path.rpartition('/')[0]}/{other_key}?{query}")),
    ]


async def _expired(trials: Trials) -> list[S3Answer]:
    """Older than its life by what clocks may differ."""
    long_ago = trials.clock() - timedelta(seconds=GOOD_FOR_SECONDS) - timedelta(minutes=16)
    return [await trials.put(trials.upload_url(trials.new_key(), now=long_ago))]


async def _other_size(trials: Trials) -> list[S3Answer]:
    longer, shorter = (trials.upload_url(trials.new_key()) for _ in range(2))
    return [await trials.put(longer, CONTENT + b"!"), await trials.put(shorter, CONTENT[:-1])]


async def _other_type(trials: Trials) -> list[S3Answer]:
    return [await trials.put(trials.upload_url(trials.new_key()), headers={"Content-Type": "text/html"})]


async def _other_bytes(trials: Trials) -> list[S3Answer]:
    return [await trials.put(trials.upload_url(trials.new_key()), OTHER_CONTENT)]


async def _left_out(trials: Trials) -> list[S3Answer]:
    upload = trials.upload_url(trials.new_key())
    others = {name: value for name, value in upload.headers.items() if name.lower() != "if-none-match"}
    return [await trials.put(upload._replace(headers=others))]


async def _added(trials: Trials) -> list[S3Answer]:
    return [await trials.put(trials.upload_url(trials.new_key()), headers={"x-amz-acl": "public-read"})]


async def _second_write(trials: Trials) -> list[S3Answer]:
    upload = trials.upload_url(await trials.stored())
    return [await trials.put(upload)]


async def _at_once(trials: Trials) -> list[S3Answer]:
    """The answers but for the one success that there should be. Raises NotStored where there was none."""
    upload = trials.upload_url(trials.new_key())
    answers = await asyncio.gather(*(trials.put(upload) for _ in range(WRITES_AT_ONCE)))
    taken = [answer for answer in answers if answer.is_success]
    if not taken:
        raise NotStored(answers[0])
    return [answer for answer in answers if answer is not taken[0]]


async def _completed_over(trials: Trials) -> list[S3Answer]:
    """A second object in one part, for a key that is taken."""
    key = await trials.stored()
    upload_id = await trials.store.begin_upload(key, CONTENT_TYPE, part_checksums=False)
    try:
        part = trials.presigner.put_part(
            key,
            upload_id=upload_id,
            number=1,
            content_length=len(CONTENT),
            checksum_sha256=None,
            expires_in_seconds=GOOD_FOR_SECONDS,
            now=trials.clock(),
        )
        sent = await trials.put(part)
        if not sent.is_success:
            raise NotStored(sent)
        await trials.store.complete_upload(key, upload_id, await trials.store.list_parts(key, upload_id), None)
    except UploadOver:
        return [S3Answer(412)]
    finally:
        await trials.store.abort_upload(key, upload_id)
    return [S3Answer(200)]


async def _read_by_upload_url(trials: Trials) -> list[S3Answer]:
    upload = trials.upload_url(await trials.stored())
    answers = [await trials.http.request(method, upload.url, headers=upload.headers) for method in ("GET", "DELETE")]
    return [S3Answer(answer.status_code) for answer in answers]


GUARANTEES = (
    Guarantee(
        "refuses_forged_url",
        "a URL with another signature or for another key",
        _forged,
        "Anybody may write anything: this S3 verifies no signatures. Turn its authentication on.",
    ),
    Guarantee(
        "refuses_expired_url",
        "a URL after its end",
        _expired,
        "An upload URL is good for ever, also after its photo was deleted.",
    ),
    Guarantee(
        "refuses_other_method",
        "an upload URL used for reading or deleting",
        _read_by_upload_url,
        "Whoever may upload a photo may read and delete it.",
    ),
    Guarantee(
        "refuses_other_size",
        "another size than declared",
        _other_size,
        "Clients may fill the bucket; photodock finds the other size when it confirms, and deletes the object then.",
    ),
    Guarantee(
        "refuses_other_type",
        "another type than declared",
        _other_type,
        "A page may be stored as a photo; photodock finds it when it confirms, and deletes the object then.",
    ),
    Guarantee(
        "refuses_other_bytes",
        "other bytes than the checksum says",
        _other_bytes,
        "An upload that was damaged on its way is taken for the photo: this S3 ignores x-amz-checksum-sha256.",
    ),
    Guarantee(
        "refuses_header_left_out",
        "an upload without If-None-Match",
        _left_out,
        "A client may leave out what protects the photo that is there.",
    ),
    Guarantee(
        "refuses_added_header",
        "a header of S3's own that was not signed (x-amz-acl)",
        _added,
        "A client may make an object public, or copy another over its own.",
    ),
    Guarantee(
        "refuses_second_write",
        "a second write to the same key",
        _second_write,
        "Until its URL ends a photo may be overwritten after it was checked: this S3 ignores If-None-Match.",
    ),
    Guarantee(
        "refuses_writes_at_once",
        f"all but one of {WRITES_AT_ONCE} writes at once",
        _at_once,
        "Two uploads at the same moment may both be taken, and the later one stays.",
    ),
    Guarantee(
        "refuses_completion_over",
        "completing an upload in parts over an object that is there",
        _completed_over,
        "A photo may be overwritten by an upload in parts: this S3 ignores If-None-Match when parts are completed.",
    ),
)
