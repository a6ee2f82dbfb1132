"""Every failure that the service expects, as one tree.

    PhotodockError
    ├── Unauthenticated            no token, or one that does not verify
    ├── Forbidden
    │   ├── InsufficientScope      the token lacks the scope of the call
    │   └── ProjectAccessDenied    unknown and foreign projects look alike
    ├── NotFound
    │   └── PhotoNotFound          unknown, foreign and deleted photos look alike
    ├── InvalidUpload
    │   ├── InvalidFileType
    │   ├── FileTooLarge
    │   └── FileTooSmall
    ├── InvalidRequest             the request's shape is wrong
    ├── WebhookUrlRefused          webhooks are not sent to such a URL
    ├── WebhooksUnavailable        the operator has set no key for their secrets
    ├── Conflict
    │   ├── InvalidStatusTransition
    │   ├── UploadNotFound         confirmed before the object exists
    │   ├── MultipartNotNeeded     the photo is small enough for one PUT
    │   ├── MultipartNotStarted    or over: aborted, or its parts were given up
    │   ├── MultipartIncomplete    parts are missing, or are not those that the client means
    │   ├── IdempotencyConflict    one key, two different requests
    │   ├── TooManyProjects        of the organization
    │   └── WebhookDisabled        it is sent nothing
    ├── RateLimited
    ├── TooManyStreams             of changes, open at once
    ├── StorageError               raised by the storage adapter
    │   ├── ObjectNotFound         no such object (caught by `confirm`, never shown to a client)
    │   ├── ObjectUnreadable       stored with a header that is no text (caught likewise)
    │   ├── UploadOver             of a multipart upload: completed, aborted, or another object took its place
    │   ├── PartsRefused           the store does not make an object of these parts
    │   └── StorageUnavailable     away, or too slow
    │       ├── ObjectUnavailable    this one object, as far as one can tell: others may be had
    │       └── StorageAccessDenied  reachable but refusing us: a misconfiguration, never retried
    ├── DatabaseUnavailable
    ├── IdentityUnavailable        the identity provider's keys cannot be had, and none are known
    └── QueueUnavailable           the broker is away; the outbox keeps the jobs

Each class has a stable `code`; the HTTP status of a code is known in `api` alone. `detail` is a sentence for
the client and says what to do; what only the operator may know goes into the log instead.
"""

from typing import ClassVar


class PhotodockError(Exception):
    """Base of all expected failures."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Unauthenticated(PhotodockError):
    code = "unauthenticated"


class Forbidden(PhotodockError):
    pass


class InsufficientScope(Forbidden):
    code = "insufficient_scope"


class ProjectAccessDenied(Forbidden):
    code = "project_access_denied"


class NotFound(PhotodockError):
    code = "not_found"


class PhotoNotFound(NotFound):
    code = "photo_not_found"


class InvalidUpload(PhotodockError):
    pass


class InvalidFileType(InvalidUpload):
    code = "invalid_file_type"


class FileTooLarge(InvalidUpload):
    code = "file_too_large"


class FileTooSmall(InvalidUpload):
    code = "file_too_small"


class InvalidRequest(PhotodockError):
    code = "invalid_request"


class WebhookUrlRefused(PhotodockError):
    code = "webhook_url_refused"


class WebhooksUnavailable(PhotodockError):
    code = "webhooks_unavailable"


class Conflict(PhotodockError):
    pass


class InvalidStatusTransition(Conflict):
    code = "invalid_status_transition"


class UploadNotFound(Conflict):
    code = "upload_not_found"


class MultipartNotNeeded(Conflict):
    code = "multipart_not_needed"


class MultipartNotStarted(Conflict):
    code = "multipart_not_started"


class MultipartIncomplete(Conflict):
    code = "multipart_incomplete"


class IdempotencyConflict(Conflict):
    code = "idempotency_conflict"


class TooManyProjects(Conflict):
    code = "too_many_projects"


class WebhookDisabled(Conflict):
    code = "webhook_disabled"


class RateLimited(PhotodockError):
    code = "rate_limited"

    def __init__(self, detail: str, *, kind: str, limit: int, reset_seconds: int, remaining: int = 0) -> None:
        """`kind`: which limit it was, by its name."""
        super().__init__(detail)
        self.kind = kind
        self.limit = limit
        self.reset_seconds = reset_seconds
        self.remaining = remaining


class TooManyStreams(PhotodockError):
    code = "too_many_streams"


class StorageError(PhotodockError):
    code = "storage_unavailable"


class ObjectNotFound(StorageError):
    pass


class ObjectUnreadable(StorageError):
    pass


class UploadOver(StorageError):
    pass


class PartsRefused(StorageError):
    pass


class StorageUnavailable(StorageError):
    pass


class ObjectUnavailable(StorageUnavailable):
    pass


class StorageAccessDenied(StorageUnavailable):
    pass


class DatabaseUnavailable(PhotodockError):
    code = "database_unavailable"


class IdentityUnavailable(PhotodockError):
    code = "identity_unavailable"


class QueueUnavailable(PhotodockError):
    code = "queue_unavailable"
