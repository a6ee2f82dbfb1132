"""What the store's client libraries raise, as this service's own errors.

S3 answers a refused signature with the text that was to be signed and the access key, and obstore repeats the whole
answer in its message. So nothing of a message is kept but S3's error code, and the original is not chained.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from photodock.domain.errors import (
    ObjectNotFound,
    ObjectUnavailable,
    ObjectUnreadable,
    PartsRefused,
    StorageAccessDenied,
    StorageError,
    StorageUnavailable,
    UploadOver,
)

log = structlog.get_logger(__name__)

_CODE = re.compile(r"<Code>(\w+)</Code>")
# Of an uploader's headers, which no signature covers: obstore's words, to which a test with a real server holds it. The
# first are of a partial answer (206) with its Content-Range; the second may be of anything, as an error of a proxy.
_UNREADABLE = re.compile("(Cache-Control|Content-(Disposition|Encoding|Language)) header contained non UTF-8")
_TOO_LONG = re.compile(r"Parse\(\s*TooLarge")
_DENIED_HINT = (
    "Check the credentials, the bucket's name and region, and the policy: S3 says 403 instead of 404 for a missing key"
    " to whoever lacks s3:ListBucket on the bucket."
)
AWAY = "The photo store does not answer. Try again later."
_DENIED = "The photo store cannot be used at the moment. Try again later."


class RangeNotSatisfiable(StorageError):
    """The object is there and ends before the range begins. Never leaves this package."""


# Of a multipart upload. The third AWS gives while another write of the key is under way, and wants the parts anew then.
_OVER = UploadOver, "The multipart upload is over."
_PARTS_REFUSED = PartsRefused, "The photo store does not make an object of these parts."
_BY_CODE: dict[str, tuple[type[StorageError], str]] = {
    "InvalidRange": (RangeNotSatisfiable, "The object has no such bytes."),
    **dict.fromkeys(("NoSuchUpload", "PreconditionFailed", "ConditionalRequestConflict"), _OVER),
    **dict.fromkeys(("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "BadDigest"), _PARTS_REFUSED),
}


@contextmanager
def translated(operation: str, key: str) -> Iterator[None]:
    """Turns errors of obstore and botocore into StorageErrors, and logs those that an operator should see."""
    try:
        yield
    except (BaseError, ClientError, BotoCoreError, OSError) as error:
        raise _translate(error, operation, key) from None


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    return isinstance(error, StorageUnavailable) and not isinstance(error, ObjectUnavailable | StorageAccessDenied)


def _translate(error: Exception, operation: str, key: str) -> StorageError:
    code = _code_of(error)
    if code in _BY_CODE:
        kind, detail = _BY_CODE[code]
        return kind(detail)
    if _UNREADABLE.search(str(error)):
        return ObjectUnreadable("The object was stored with a header that is no text.")
    if _is_missing_object(error, code):
        return ObjectNotFound("There is no such object.")
    # A bucket that isn't there stays away until somebody mends the settings, like a refusal.
    if code == "NoSuchBucket" or _is_refusal(error):
        log.error("storage_access_denied", operation=operation, key=key, kind=code, hint=_DENIED_HINT)
        return StorageAccessDenied(_DENIED)
    log.warning("storage_call_failed", operation=operation, key=key, kind=code)
    return (ObjectUnavailable if _TOO_LONG.search(str(error)) else StorageUnavailable)(AWAY)


def _code_of(error: Exception) -> str:
    """S3's error code if it gave one, otherwise the exception's name."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    found = _CODE.search(str(error))
    return found[1] if found else type(error).__name__


def _is_missing_object(error: Exception, code: str) -> bool:
    # A HEAD has no body to name a code in.
    return code == "404" or (isinstance(error, FileNotFoundError) and code != "NoSuchBucket")


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"] in (401, 403)
    return isinstance(error, PermissionDeniedError | UnauthenticatedError)
