"""The crash matrix as a Markdown table."""

from collections import defaultdict
from statistics import median

from crash.killers import AT_RANDOM, Kill
from crash.points import POINTS
from crash.run import Outcome

MEANINGS = {point.name: point.meaning for point in POINTS}
HEAD = (
    "| Victim | Point | Kills | Photos in flight, median (most) | Back after, median (longest) | Violations |",
    "|---|---|---|---|---|---|",
)


def table(outcome: Outcome) -> str:
    """A violation is counted at every kill that its photo was in flight at."""
    groups: dict[tuple[str, str], list[Kill]] = defaultdict(list)
    for kill in outcome.kills:
        groups[kill.victim, kill.point].append(kill)
    order = [point.name for point in POINTS] + [AT_RANDOM]
    broken = {violation.subject for violation in outcome.violations}
    lines = [
        _line(victim, point, groups[victim, point], broken)
        for victim, point in sorted(groups, key=lambda key: (order.index(key[1]), key[0]))
    ]
    return "\n".join((*HEAD, *lines))


def _line(victim: str, point: str, kills: list[Kill], broken: set[str]) -> str:
    in_flight = [len(kill.in_flight) for kill in kills]
    seconds = [kill.recovery_seconds for kill in kills]
    violations = len({photo_id for kill in kills for photo_id in kill.in_flight & broken})
    meaning = f"`{point}`: {MEANINGS[point]}" if point in MEANINGS else point
    return (
        f"| {victim} | {meaning} | {len(kills)} | {median(in_flight):.0f} ({max(in_flight)}) | "
        f"{median(seconds):.1f} s ({max(seconds):.1f} s) | {violations} |"
    )


def totals(outcome: Outcome) -> str:
    ledger, found = outcome.ledger, outcome.evidence
    ends: dict[str, int] = defaultdict(int)
    for photo_id in ledger.uploads:
        row = found.rows.get(photo_id)
        ends[row.state if row else "deleted"] += 1
    arrived = sum(upload.arrived for upload in ledger.uploads.values())
    facts = {
        "seed": outcome.plan.seed,
        "kills": len(outcome.kills),
        "seconds under load": round(outcome.load_seconds),
        "photos": f"{len(ledger.uploads)}, of which {arrived} reached the store",
        "ends": ", ".join(f"{count} {end}" for end, count in sorted(ends.items())),
        "messages received": f"{len(found.jobs)}, with {len({job.message_id for job in found.jobs})} message ids",
        "detections sent again": f"{len(ledger.forgotten)} jobs were dropped by the detector on purpose",
        "confirms that found nothing": ledger.counts["confirms that found nothing"],
        "objects lost by the store": len(ledger.lost_by_store),
        "violations": len(outcome.violations),
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
