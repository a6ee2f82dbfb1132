"""The environment: what is set, and what is set in vain."""

import difflib

from photodock.doctor.findings import Finding, ok, wrong
from photodock.doctor.installation import Installation
from photodock.settings import PREFIX, Settings, SettingsError
from photodock.tokens import token_keys

_OTHERS = {f"{PREFIX}URL", f"{PREFIX}TOKEN"}
"""Of `photodock upload` and of detectors."""
_CLOSE = 0.8


async def settings(here: Installation) -> Finding | list[Finding]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {name for name in here.environ if name.startswith(PREFIX)}
    unknown = sorted(name for name in given - known - _OTHERS if not name.startswith(f"{PREFIX}TEST_"))
    found = [_unknown(name, known) for name in unknown]
    try:
        token_keys(here.settings)
    except SettingsError as error:
        found += faults_of(error)
    if found:
        return found
    return ok(
        f"{len(given & known)} variables are set, all of them known; environment `{here.settings.environment}`, "
        f"bucket `{here.settings.bucket}`."
    )


def _unknown(name: str, known: set[str]) -> Finding:
    close = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
    mend = f"Rename it to {close[0]}, if that is what is meant." if close else "Take it away, or correct its name."
    return wrong(f"{name} is set, and no setting has that name.", mend, subject=name)


def faults_of(error: SettingsError) -> list[Finding]:
    """A finding for each variable that the error names."""
    lines = [line.strip() for line in str(error).splitlines() if line.startswith(" ")] or [str(error)]
    return [_fault(line) for line in lines]


def _fault(line: str) -> Finding:
    name, _, mend = line.partition(": ")
    if not mend:
        return wrong("A setting can't be used.", line)
    return wrong(f"{name} can't be used.", f"{name} {mend}", subject=name)
