"""Which failures end a whole run, and how they are said to somebody at a terminal."""

from photodock.client import ClientError, ConfigurationError, Forbidden, Unauthenticated, UnexpectedAnswer, Unreachable

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""

_HOW_TO_GET_ONE = "by --token or in PHOTODOCK_TOKEN. `make run` prints one, `photodock token` makes one."
_REFUSED = f"photodock refused the token (unauthenticated): pass a fresh one {_HOW_TO_GET_ONE}"
_MISSING = f"There is no token: pass one {_HOW_TO_GET_ONE}"


class Stopped(Exception):
    """No other photo would fare better. The message is one sentence for the user."""


def in_words(error: ClientError) -> str:
    """What failed, and what to do about it here."""
    match error:
        case Unauthenticated():
            return _REFUSED
        case ConfigurationError(code="missing_token"):
            return _MISSING
        case ConfigurationError(code="invalid_token"):
            return _REFUSED
        case Unreachable():
            return f"{error.detail} (PHOTODOCK_URL or --url)"
        case ConfigurationError() | UnexpectedAnswer():
            return error.detail
        case _:
            return f"{error.code}: {error.detail}"


def stops_all(error: ClientError) -> bool:
    """Whether it holds for every photo of a run."""
    return isinstance(error, Unauthenticated | ConfigurationError | Unreachable | UnexpectedAnswer | Forbidden)
