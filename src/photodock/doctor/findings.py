"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Of one finding."""

    OK = "ok"
    WRONG = "wrong"
    NOT_APPLICABLE = "not_applicable"
    """There is nothing to look at: it is not set, or something that it stands on is wrong already."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong and what to do, a sentence or two each. `paste`: what to put somewhere, as the mend says."""

    found: str
    mend: str
    paste: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is the check's name, which stays the same from version to version. `subject`: which of several things
    the check has looked at, such as an origin."""

    state: State
    found: str
    mend: str | None = None
    paste: str | None = None
    subject: str | None = None
    check: str = ""


def ok(found: str, *, subject: str | None = None) -> Finding:
    return Finding(State.OK, found, subject=subject)


def wrong(found: str, mend: str, *, paste: str | None = None, subject: str | None = None) -> Finding:
    return Finding(State.WRONG, found, mend, paste, subject)


def not_applicable(found: str, *, subject: str | None = None) -> Finding:
    return Finding(State.NOT_APPLICABLE, found, subject=subject)


def of(trouble: Trouble, *, before: str = "", subject: str | None = None) -> Finding:
    """`before`: what was being done when the trouble came."""
    return wrong(f"{before}{trouble.found}", trouble.mend, paste=trouble.paste, subject=subject)
