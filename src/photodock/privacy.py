"""What an operator does about personal data, from the command line: policies, and a person's erasure."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from photodock.bootstrap.core import opened_core, opened_database
from photodock.bootstrap.worker import erasure
from photodock.db.tenants import Tenants
from photodock.domain.errors import InvalidRequest
from photodock.domain.policy import GpsPolicy, PolicySet
from photodock.services.confirmation import ObjectDeletion
from photodock.services.erasure import Report
from photodock.services.policies import Policies
from photodock.settings import Settings

Ask = Callable[[str], bool]
Write = Callable[[str], None]


async def show_policies(settings: Settings, organization_id: UUID, write: Write) -> None:
    async with opened_database(settings) as db:
        write(json.dumps({"gps": (await Policies(Tenants(db)).get(organization_id)).gps.value}))


async def set_policies(settings: Settings, organization_id: UUID, gps: GpsPolicy, write: Write) -> None:
    async with opened_database(settings) as db:
        await Policies(Tenants(db)).put(organization_id, PolicySet(gps=gps))
    write(json.dumps({"gps": gps.value}))


async def apply_policies(
    settings: Settings, organization_id: UUID, ask: Ask | None, write: Write, *, json_lines: bool
) -> None:
    """`ask` None: without asking."""
    async with opened_database(settings) as db:
        service = Policies(Tenants(db))
        gps = (await service.get(organization_id)).gps
        found = await service.count_stored(organization_id)
        question = f"{_photos(found)} with more of a position than the policy `{gps}` allows. Take it away for good?"
        changed = await service.hold_stored(organization_id) if found and (ask is None or ask(question)) else 0
    result = {"gps": gps.value, "found": found, "changed": changed}
    write(json.dumps(result) if json_lines else f"{_photos(found)} found, {changed} changed, under the policy `{gps}`.")


@dataclass(frozen=True, slots=True)
class ErasureWish:
    """`organization_id` None: in the one where the user is."""

    user_id: str
    organization_id: UUID | None
    dry_run: bool = False
    json_lines: bool = False


async def erase_user(settings: Settings, wish: ErasureWish, ask: Ask | None, write: Write) -> None:
    """Writes what there is, asks (`ask` None: does not), erases, and writes what was done.

    Raises InvalidRequest where the id may be that of several people.
    """
    async with opened_core(settings) as core:
        service = erasure(settings, core)
        found = await service.look(wish.user_id, wish.organization_id)
        _write(found, wish, "found", write)
        if wish.dry_run:
            return
        _check_one_organization(found, wish)
        question = f"Erase {_photos(found.photos.total())} of {wish.user_id!r}, and the name in the history, for good?"
        if ask is None or ask(question):
            _write(await service.erase(wish.user_id, wish.organization_id), wish, "erased", write)


def _check_one_organization(found: Report, wish: ErasureWish) -> None:
    """Two organizations may have users of the same id, and what is erased of the wrong one never comes back."""
    if wish.organization_id is None and len(found.organizations) > 1:
        listed = ", ".join(sorted(map(str, found.organizations)))
        raise InvalidRequest(
            f"{wish.user_id!r} is a user of {len(found.organizations)} organizations, perhaps another person in each: "
            f"{listed}. Erase in one after the other, with --organization."
        )


def _write(report: Report, wish: ErasureWish, what: str, write: Write) -> None:
    if wish.json_lines:
        write(json.dumps({what: as_json(report) | (what_was_done(report) if what == "erased" else {})}))
    else:
        for line in as_text(report, what):
            write(line)


def as_json(report: Report) -> dict[str, object]:
    """With what is nothing, too: scripts read this."""
    return {
        "photos": report.photos.total(),
        "photos_by_organization": {str(organization): count for organization, count in report.photos.items()},
        "history_names": report.history_names,
    }


def what_was_done(report: Report) -> dict[str, object]:
    return {
        "quota_rows": report.quota_rows,
        "objects": {outcome.value: report.objects[outcome] for outcome in ObjectDeletion},
        "last_look_at": report.last_look_at.isoformat() if report.last_look_at else None,
        "came_meanwhile": report.came_meanwhile,
    }


def as_text(report: Report, what: str) -> list[str]:
    """The figures, then what is still to come."""
    where = "the history" if what == "found" else "the history of photos that stay"
    lines = [f"{what}: {_photos(report.photos.total())}, {report.history_names} names in {where}"]
    lines += [f"  {count} in organization {organization}" for organization, count in sorted(report.photos.items())]
    if deleted := report.objects[ObjectDeletion.DELETED]:
        lines.append(f"objects deleted with all their versions: {deleted}")
    if hidden := report.objects[ObjectDeletion.HIDDEN]:
        lines.append(
            f"objects hidden, older versions kept: {hidden}. Allow s3:ListBucketVersions and s3:DeleteObjectVersion "
            "before the sweeper's last look, which deletes them then."
        )
    if noted := report.objects[ObjectDeletion.NOTED]:
        lines.append(f"objects noted for the sweeper, because the photo store does not answer: {noted}")
    if report.last_look_at:
        lines.append(
            "still to come: the sweeper deletes again what upload URLs issued before may bring back, for the last time "
            f"at {report.last_look_at:%Y-%m-%d %H:%M:%SZ}"
        )
    if report.came_meanwhile:
        lines.append(f"made since: {_photos(report.came_meanwhile)}. The user's tokens are still good: run this again.")
    return lines


def _photos(count: int) -> str:
    return f"{count} photo{'' if count == 1 else 's'}"
