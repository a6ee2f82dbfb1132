"""Findings as a person reads them, and as a script does."""

import json
from dataclasses import asdict
from textwrap import indent

from rich.console import Console
from rich.text import Text

from photodock.doctor.findings import Finding, State

MARKS = {State.OK: ("✓", "green"), State.WRONG: ("✗", "bold red"), State.NOT_APPLICABLE: ("\N{EN DASH}", "dim")}
_INDENT = 2
_NAME_WIDTH = 24


def show(console: Console, finding: Finding) -> None:
    """Lines that the terminal wraps, so that what is to be pasted pastes as it is."""
    mark, style = MARKS[finding.state]
    about = Text.assemble((mark, style), " ", (finding.check.ljust(_NAME_WIDTH), "bold"), " ", finding.found)
    console.print(about, soft_wrap=True)
    if finding.mend:
        console.print(Text(f"{' ' * _INDENT}→ {finding.mend}"), soft_wrap=True)
    if finding.paste:
        console.print(Text(indent(finding.paste, " " * 2 * _INDENT)), soft_wrap=True)


def json_line(finding: Finding) -> str:
    facts = asdict(finding)
    order = ("check", "subject", "state", "found", "mend", "paste")
    return json.dumps({name: facts[name] for name in order}, ensure_ascii=False)


def summary(counts: dict[State, int]) -> str:
    wrong = counts.get(State.WRONG, 0)
    looked_at = wrong + counts.get(State.OK, 0)
    if not wrong:
        return f"All is well: {looked_at} looked at."
    return f"{wrong} of {looked_at} looked at {'is' if wrong == 1 else 'are'} wrong. Mend the first one first."
