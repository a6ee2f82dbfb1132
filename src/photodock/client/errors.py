"""How a call can fail. Every class has a stable `code`, and a sentence as its `detail`.

    ClientError
    ├── ApiError               the API refused: `code` is the API's own, with `status` and `correlation_id`
    │   ├── Unauthenticated    401
    │   ├── Forbidden          403: a scope is missing, or the project is not yours
    │   ├── NotFound           404
    │   ├── Conflict           409
    │   ├── RateLimited        429, after all waits
    │   └── Unavailable        5xx and 408, after all attempts
    ├── StorageRefused         S3 refused the file; `status` and `s3_code` are its own
    ├── NetworkError           no answer, after all attempts
    │   └── Unreachable        no connection to the API at all
    ├── UnexpectedAnswer       what answers is not photodock's API
    ├── FileError              the file cannot be read, or changed while it was being sent
    ├── PhotoFailed            the photo is `failed`; raised by `Photo.raise_for_failure`
    ├── WaitTimeout            the photo had no final status in time; the photo itself is safe
    └── ConfigurationError     an address or a token that cannot be one

No text of theirs holds a URL that admits, or a token.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from photodock.client.models import Photo, Problem


class ClientError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ApiError(ClientError):
    def __init__(self, problem: "Problem") -> None:
        super().__init__(problem.code, problem.sentence)
        self.problem = problem
        self.status = problem.status
        self.correlation_id = problem.correlation_id
        """Names the request in the service's log."""


class Unauthenticated(ApiError):
    pass


class Forbidden(ApiError):
    pass


class NotFound(ApiError):
    pass


class Conflict(ApiError):
    pass


class RateLimited(ApiError):
    pass


class Unavailable(ApiError):
    pass


class StorageRefused(ClientError):
    def __init__(self, status: int, s3_code: str | None) -> None:
        super().__init__("storage_refused", f"The storage answered {status} ({s3_code or 'no reason'}).")
        self.status = status
        self.s3_code = s3_code


class NetworkError(ClientError):
    def __init__(self, detail: str) -> None:
        super().__init__("network_error", detail)


class Unreachable(NetworkError):
    pass


class UnexpectedAnswer(ClientError):
    def __init__(self, detail: str) -> None:
        super().__init__("unexpected_answer", detail)


class FileError(ClientError):
    """`code`: `file_not_found`, `file_unreadable` or `file_changed`."""


class PhotoFailed(ClientError):
    """`code` says which failure: one of `photodock.domain.photo.FailureCode`."""

    def __init__(self, code: str, detail: str, photo: "Photo") -> None:
        super().__init__(code, detail)
        self.photo = photo


class WaitTimeout(ClientError):
    """`photo` as last seen."""

    def __init__(self, photo: "Photo", seconds: float) -> None:
        super().__init__("wait_timeout", f"Still {photo.status} after {seconds:.0f} s; the photo itself is safe.")
        self.photo = photo


class ConfigurationError(ClientError):
    """`code`: `invalid_address`, `invalid_token` or `missing_token`."""


BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    429: RateLimited,
}


def api_error(problem: "Problem") -> ApiError:
    """The class for a problem's status."""
    return BY_STATUS.get(problem.status, Unavailable if problem.status >= 500 else ApiError)(problem)
