"""What a check is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from photodock.doctor.findings import Finding
from photodock.doctor.installation import Installation

Findings = Finding | Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """`name` stays the same from version to version; `about` is for the documentation. `needs`: checks without whose
    success there is nothing to look at. `seconds`: the longest that it may take, waiting for those not counted."""

    name: str
    about: str
    look: Callable[[Installation], Awaitable[Findings]]
    needs: tuple[str, ...] = ()
    seconds: float = 30.0
