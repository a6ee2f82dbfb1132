"""The way of a photo, with a tiny object: as a client sends it, as the service reads and deletes it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from photodock.doctor.answers import S3Answer, answer_of
from photodock.doctor.checks.base import Check
from photodock.doctor.faults import HTTP_FAULTS
from photodock.doctor.findings import Finding, Trouble, of, ok, wrong
from photodock.doctor.guarantees import GUARANTEES, Guarantee, held
from photodock.doctor.installation import Installation, Storage
from photodock.doctor.refusals import Asked, why_refused
from photodock.doctor.signatures import Elimination, why_mismatched
from photodock.doctor.trials import CONTENT, CONTENT_TYPE, sha256
from photodock.domain.errors import ObjectNotFound, StorageError
from photodock.storage.presigner import Presigner, host_header


async def upload(here: Installation) -> Finding:
    storage = await here.storage()
    trials = storage.trials
    key = trials.new_key()
    started = time.monotonic()
    sent = await trials.put(trials.upload_url(key))
    if not sent.is_success:
        return of(await _why_not_taken(here, storage, sent), before="An upload is refused. ")
    if trouble := await _not_readable(here, storage, key):
        return of(trouble)
    try:
        gone = await trials.delete(key)
    except StorageError:
        return wrong("The service can't delete what was uploaded.", "Allow s3:DeleteObject on the bucket's objects.")
    if not gone:
        return wrong(
            "The bucket has versioning, and the service may not delete versions: deleted photos would stay.",
            "Allow s3:ListBucketVersions on the bucket and s3:DeleteObjectVersion on its objects.",
        )
    took = (time.monotonic() - started) * 1000
    return ok(f"An upload by a presigned URL, its download, the service's look at it and its end took {took:.0f} ms.")


async def _not_readable(here: Installation, storage: Storage, key: str) -> Trouble | None:
    response = await here.http.get(storage.trials.download_url(key))
    answer = answer_of(response)
    if not answer.is_success:
        trouble = why_refused(answer, here.asked("s3:GetObject", is_public=True))
        return Trouble(f"An upload is taken, its download refused. {trouble.found}", trouble.mend)
    if response.content != CONTENT or response.headers.get("content-type") != CONTENT_TYPE:
        return Trouble(
            "What is downloaded is not what was uploaded.",
            "A proxy or CDN before the store changes or caches answers: it must pass them on as they come.",
        )
    try:
        head = await storage.store.read_head(key, len(CONTENT))
    except (ObjectNotFound, StorageError):
        return Trouble(
            "Clients reach an object that the service does not.",
            "PHOTODOCK_S3_ENDPOINT_URL and PHOTODOCK_S3_PUBLIC_ENDPOINT_URL must be two addresses of the same server.",
        )
    if head.content_type != CONTENT_TYPE:
        return Trouble(
            f"The store gives the object the type {head.content_type}, and not the one that was sent.",
            "photodock compares it with what was declared, and would fail every photo: use a store that keeps "
            "Content-Type.",
        )
    return None


async def _why_not_taken(here: Installation, storage: Storage, sent: S3Answer) -> Trouble:
    asked = here.asked("s3:PutObject", is_public=True)
    if sent.code != "SignatureDoesNotMatch":
        return why_refused(sent, asked)
    signed = {
        "host": host_header(here.public_bucket.url),
        "content-type": CONTENT_TYPE,
        "content-length": str(len(CONTENT)),
        "if-none-match": "*",
        "x-amz-checksum-sha256": sha256(CONTENT),
    }
    has_own_way = here.public_bucket.url != here.bucket.url
    elimination = Elimination(
        direct=await _takes(here, storage, storage.direct) if has_own_way else None,
        by_host_alone=await _takes(here, storage, storage.presigner),
    )
    return why_mismatched(signed, sent.signed, elimination)


async def _takes(here: Installation, storage: Storage, presigner: Presigner) -> bool:
    """Whether S3 takes the signature of a GET, of an object that is not there."""
    with suppress(*HTTP_FAULTS):
        response = await here.http.get(storage.trials.download_url(storage.trials.new_key(), presigner=presigner))
        return answer_of(response).code != "SignatureDoesNotMatch"
    return False


async def missing_object(here: Installation) -> Finding:
    """Confirming asks for objects that may not be there yet."""
    storage = await here.storage()
    answer = answer_of(await here.http.get(storage.trials.download_url(storage.trials.new_key())))
    if answer.status == 404:
        return ok("Of an object that is not there S3 says so (404).")
    if answer.status == 403:
        return wrong(
            "Of an object that is not there S3 says 403 instead of 404: photos that are still uploading can't be told "
            "from a refusal, and confirming answers 503.",
            f"Allow s3:ListBucket on bucket {here.settings.bucket} (on the bucket itself, not on its objects).",
        )
    return of(why_refused(answer, here.asked("s3:GetObject", is_public=True)))


def _guaranteed(guarantee: Guarantee) -> Callable[[Installation], Awaitable[Finding]]:
    async def look(here: Installation) -> Finding:
        answers = await guarantee.attempt((await here.storage()).trials)
        return judged_guarantee(guarantee, answers, here.asked("s3:PutObject", is_public=True))

    return look


def judged_guarantee(guarantee: Guarantee, answers: Sequence[S3Answer], asked: Asked) -> Finding:
    """A store that fails has refused nothing."""
    if not held(answers):
        return wrong(
            f"This S3 takes {guarantee.refuses}. {guarantee.otherwise}",
            "Use a version or a store that refuses it: docs/s3-compatibles.md lists which do. To live with it, run "
            f"with --skip {guarantee.name}.",
        )
    if failed := [answer for answer in answers if answer.status >= 500]:
        return of(why_refused(failed[0], asked), before=f"Whether S3 refuses {guarantee.refuses} can't be told. ")
    return ok(f"S3 refuses {guarantee.refuses} ({', '.join(sorted({answer.said for answer in answers}))}).")


GUARANTEE_CHECKS = tuple(
    Check(guarantee.name, f"S3 refuses {guarantee.refuses}", _guaranteed(guarantee), needs=("upload",))
    for guarantee in GUARANTEES
)
