"""Running the checks: side by side, each within its time, none in the way of another."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from photodock.doctor.checks.base import Check
from photodock.doctor.findings import Finding, State, not_applicable, wrong
from photodock.doctor.installation import Installation
from photodock.doctor.refusals import why_refused
from photodock.doctor.trials import NotStored


async def examined(
    here: Installation, checks: Sequence[Check], chosen: Collection[str]
) -> AsyncIterator[list[Finding]]:
    """The findings of each chosen check, in the order of `checks`, as soon as they and all before them are there.

    What a chosen check needs is run too, and shown where it is wrong.
    """
    running: dict[str, asyncio.Task[list[Finding]]] = {}
    wanted = _with_needs(checks, chosen)
    for check in checks:
        if check.name in wanted:
            running[check.name] = asyncio.create_task(_look(here, check, [running[name] for name in check.needs]))
    try:
        for name, task in running.items():
            found = await task
            if name in chosen:
                yield found
            elif wrong_ones := [finding for finding in found if finding.state is State.WRONG]:
                yield wrong_ones
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


def _with_needs(checks: Sequence[Check], chosen: Collection[str]) -> set[str]:
    """Checks come behind those that they need."""
    wanted = set(chosen)
    for check in reversed(checks):
        if check.name in wanted:
            wanted.update(check.needs)
    return wanted


async def _look(here: Installation, check: Check, needed: Sequence[asyncio.Task[list[Finding]]]) -> list[Finding]:
    for name, task in zip(check.needs, needed, strict=True):
        if not_well := {finding.state for finding in await task} - {State.OK}:
            why = f": mend `{name}` first" if State.WRONG in not_well else f", as `{name}` was not"
            return [replace(not_applicable(f"Not looked at{why}."), check=check.name)]
    found = await _isolated(here, check)
    findings = [found] if isinstance(found, Finding) else found
    return [replace(finding, check=check.name) for finding in findings]


async def _isolated(here: Installation, check: Check) -> Finding | Sequence[Finding]:
    try:
        async with asyncio.timeout(check.seconds):
            return await check.look(here)
    except TimeoutError:
        return wrong(
            f"This could not be found out within {check.seconds:.0f} s.",
            "Something on the way is very slow or silent: look at the network between this machine and that server.",
        )
    except NotStored as error:
        trouble = why_refused(error.answer, here.asked("s3:PutObject", is_public=True))
        return wrong(f"An upload that was needed for this was refused. {trouble.found}", trouble.mend)
    # One check's fault never keeps the others from what they find. Only the kind is told: a message may hold a URL.
    except Exception as error:
        return wrong(
            f"This could not be found out ({type(error).__name__}).",
            "Run it again with --only for this check; if it stays so, report it as a fault of `photodock doctor`.",
        )
