"""The table at the end of an upload."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.filesize import decimal
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from photodock.terminal.facts import camera, captured_at, position
from photodock.terminal.outcome import Outcome
from photodock.terminal.view import printable, say


def show_table(console: Console, outcomes: Sequence[Outcome]) -> None:
    """One row for each file, and below it a sentence for each that failed."""
    show_whole(console, _table(outcomes, width=console.width if console.is_terminal else None))
    for outcome in outcomes:
        if outcome.error:
            say(console, f"{outcome.file.label}: {outcome.error.code}: {outcome.error.detail}")


def show_whole(console: Console, table: Table) -> None:
    """On a terminal within its width; elsewhere each row whole on a line of its own, so that grep and awk see it."""
    if not console.is_terminal:
        width = Measurement.get(console, console.options.update(max_width=100_000), table).maximum
        console = Console(file=console.file, width=width, color_system=None, force_terminal=False)
    console.print(table)


COLUMNS = ("File", "Photo id", "Status", "Size", "Camera", "Captured at", "GPS")
SPARED = ("GPS", "Captured at", "Camera")
"""Left out where a terminal has no room for them, in this order."""
GAP = 2
LEAST_NAME = 16
"""Characters that a file's name keeps before a column is left out."""


def _table(outcomes: Sequence[Outcome], *, width: int | None) -> Table:
    """`width`: of the terminal; None: no terminal, so that all columns are there."""
    columns = dict(zip(COLUMNS, zip(*map(_row, outcomes), strict=True), strict=True))
    widths = {name: max(len(name), *(cell.cell_len for cell in cells)) for name, cells in columns.items()}
    for name in SPARED if width is not None else ():
        if sum(widths.values()) - max(0, widths["File"] - LEAST_NAME) + GAP * len(widths) > (width or 0):
            del widths[name]
    table = Table(box=None if width is None else box.SIMPLE_HEAD, pad_edge=False)
    for name, wide in widths.items():
        # An id or a code that is cut or broken cannot be copied.
        whole = name in ("Photo id", "Status")
        table.add_column(
            name,
            overflow="fold",
            no_wrap=whole,
            min_width=wide if whole else None,
            justify="right" if name == "Size" else "left",
        )
    for row in zip(*(columns[name] for name in widths), strict=True):
        table.add_row(*row)
    return table


def _row(outcome: Outcome) -> list[Text]:
    photo = outcome.photo
    exif = (photo and photo.exif_data) or {}
    cells = [
        outcome.file.label,
        str(outcome.photo_id or "-"),
        _status(outcome),
        decimal(photo.file_size if photo else outcome.file.size),
        camera(exif),
        captured_at(exif),
        position(exif),
    ]
    row = [Text(printable(cell)) for cell in cells]
    row[2].stylize("red" if outcome.error else "green")
    return row


def _status(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else outcome.status or "-"
