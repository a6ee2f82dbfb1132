"""How a call can fail, by what follows from it.

ClientError
├── Refused          final for this one photo; the others go on
│   └── UrlRefused   the storage does not take this URL: a fresh one may help
├── Stopped          final for the whole run: no other photo would fare better
└── Transient        worth trying again
"""

RATE_LIMITED = "rate_limited"


class ClientError(Exception):
    pass


class Refused(ClientError):
    """`code` is the server's own where it gave one, else one of this client's; `detail` is a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class UrlRefused(Refused):
    pass


class Stopped(ClientError):
    """The message is one sentence for the user."""


class Transient(ClientError):
    """`final` is what it becomes once all attempts are used up; `retry_after` in seconds where the server gave it."""

    def __init__(self, final: Refused | Stopped, retry_after: float | None = None) -> None:
        super().__init__(str(final))
        self.final = final
        self.retry_after = retry_after

    @property
    def rate_limited(self) -> bool:
        return isinstance(self.final, Refused) and self.final.code == RATE_LIMITED
