"""Times and statuses as they are said at a terminal."""

from datetime import UTC, datetime

from rich.text import Text

from photodock.terminal.view import printable

_UNITS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))
_STYLES = {"completed": "green", "failed": "red", "processing": "yellow", "uploaded": "cyan"}
_MARKS = {"completed": "✓", "failed": "✗", "processing": "●", "uploaded": "●"}


def ago(moment: datetime, now: datetime | None = None) -> str:
    """`3 minutes ago`, by the largest unit of which there is one."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    for unit, size in _UNITS:
        count = seconds // size
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    # A clock that is a little behind the service's own is no reason to speak of the future.
    return "just now"


def written(moment: datetime) -> str:
    """RFC 3339 to the second, in UTC; for programs."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def here(moment: datetime) -> str:
    """Date and time where the user is."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def status_cell(status: str, *, marked: bool) -> Text:
    """The status in its colour, with a mark before it for those who see none."""
    mark = f"{_MARKS.get(status, '○')} " if marked else ""
    return Text(f"{mark}{printable(status)}", style=_STYLES.get(status, "dim"))
