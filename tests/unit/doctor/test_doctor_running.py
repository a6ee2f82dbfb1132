"""Checks beside each other: isolated, in time, in order."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from photodock.doctor import report
from photodock.doctor.checks import CHECKS, NAMES
from photodock.doctor.checks.base import Check
from photodock.doctor.command import Wish
from photodock.doctor.findings import Finding, State, not_applicable, ok, wrong
from photodock.doctor.running import examined

DOCS = Path(__file__).parents[3] / "docs"
HERE: Any = None
Look = Callable[[Any], Awaitable[Finding]]


def finding(found: Finding) -> Look:
    async def look(_: Any) -> Finding:
        return found

    return look


async def findings(*checks: Check) -> dict[str, str]:
    found = examined(HERE, checks, tuple(check.name for check in checks))
    return {one.check: one.found async for findings in found for one in findings}


async def states(*checks: Check, chosen: tuple[str, ...] = ()) -> dict[str, State]:
    found = examined(HERE, checks, chosen or tuple(check.name for check in checks))
    return {one.check: one.state async for findings in found for one in findings}


async def test_a_fault_of_one_check_keeps_no_other_from_its_finding() -> None:
    async def breaks(_: Any) -> Finding:
        raise RuntimeError("with a secret")

    found = [
        one async for one in examined(HERE, (Check("a", "", breaks), Check("b", "", finding(ok("well")))), ("a", "b"))
    ]
    assert [(one.check, one.state) for [one] in found] == [("a", State.WRONG), ("b", State.OK)]
    assert "RuntimeError" in found[0][0].found
    assert "with a secret" not in found[0][0].found


async def test_a_check_that_hangs_is_given_up_in_its_time() -> None:
    async def hangs(_: Any) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    [[found]] = [one async for one in examined(HERE, (Check("a", "", hangs, seconds=0.01),), ("a",))]
    assert found.state is State.WRONG
    assert "within 0 s" in found.found


async def test_checks_run_side_by_side() -> None:
    both = asyncio.Barrier(2)

    async def waits(_: Any) -> Finding:
        await both.wait()
        return ok("met")

    assert await states(Check("a", "", waits), Check("b", "", waits)) == {"a": State.OK, "b": State.OK}


async def test_what_stands_on_something_wrong_is_not_looked_at() -> None:
    for below, above in ((wrong("no", "mend"), State.NOT_APPLICABLE), (ok("well"), State.OK)):
        checks = (Check("below", "", finding(below)), Check("above", "", finding(ok("well")), ("below",)))
        assert (await states(*checks))["above"] is above


async def test_what_is_not_looked_at_says_whether_something_is_to_be_mended_first() -> None:
    for below, said in (
        (wrong("no", "mend"), ": mend `below` first"),
        (not_applicable("unset"), ", as `below` was not"),
    ):
        checks = (
            Check("below", "", finding(below)),
            Check("above", "", finding(ok("well")), ("below",)),
            Check("top", "", finding(ok("well")), ("above",)),
        )
        found = await findings(*checks)
        assert found["above"] == f"Not looked at{said}."
        assert found["top"] == "Not looked at, as `above` was not."


async def test_what_is_needed_is_run_and_shown_only_where_it_is_wrong() -> None:
    above = Check("above", "", finding(ok("well")), ("below",))
    well = await states(Check("below", "", finding(ok("well"))), above, chosen=("above",))
    assert well == {"above": State.OK}
    bad = await states(Check("below", "", finding(wrong("no", "mend"))), above, chosen=("above",))
    assert bad == {"below": State.WRONG, "above": State.NOT_APPLICABLE}


async def test_a_run_that_is_broken_off_ends_its_checks() -> None:
    ended = asyncio.Event()

    async def waits(_: Any) -> Finding:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    running = examined(HERE, (Check("a", "", finding(ok("well"))), Check("b", "", waits)), ("a", "b"))
    await anext(running)
    await running.aclose()
    assert ended.is_set()


def test_every_check_comes_behind_those_that_it_needs_and_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for number, check in enumerate(CHECKS):
        assert set(check.needs) <= set(NAMES[:number]), check.name


def test_the_page_has_every_check_in_its_order() -> None:
    section = (DOCS / "doctor.md").read_text().partition("\n## The checks\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.+) \|$", section)
    assert rows == [(check.name, check.about) for check in CHECKS]


def test_a_wish_knows_its_checks() -> None:
    assert Wish(only=("cors", "nothing"), skip=("none",)).unknown() == ["none", "nothing"]
    assert Wish(only=("cors", "queue"), skip=("queue",)).chosen() == {"cors"}
    assert Wish().chosen() == set(NAMES)


def test_what_is_to_be_pasted_is_whole_lines_and_text_is_no_markup() -> None:
    out = io.StringIO()
    long = "x" * 300
    shown = Finding(State.WRONG, f"[red] is no colour {long}", "Mend [it].", '{\n  "a": 1\n}', check="cors")
    report.show(Console(file=out, width=40), shown)
    assert out.getvalue().splitlines() == [
        f"✗ cors                     [red] is no colour {long}",
        "  → Mend [it].",
        "    {",
        '      "a": 1',
        "    }",
    ]
    assert report.summary({State.OK: 2, State.NOT_APPLICABLE: 1}) == "All is well: 2 looked at."
    assert not_applicable("x").mend is None
