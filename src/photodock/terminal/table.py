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
    show_whole(console, _table(outcomes, plain=not console.is_terminal))
    for outcome in outcomes:
        if outcome.error:
            say(console, f"{outcome.file.label}: {outcome.error.code}: {outcome.error.detail}")


def show_whole(console: Console, table: Table) -> None:
    """On a terminal within its width; elsewhere each row whole on a line of its own, so that grep and awk see it."""
    if not console.is_terminal:
        width = Measurement.get(console, console.options.update(max_width=100_000), table).maximum
        console = Console(file=console.file, width=width, color_system=None, force_terminal=False)
    console.print(table)


def _table(outcomes: Sequence[Outcome], *, plain: bool) -> Table:
    table = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("File", overflow="fold")
    # An id that is cut or broken cannot be copied.
    table.add_column("Photo id", no_wrap=True, min_width=36)
    table.add_column("Status", overflow="fold")
    table.add_column("Size", justify="right", overflow="fold")
    table.add_column("Camera", overflow="fold")
    table.add_column("Captured at", overflow="fold")
    table.add_column("GPS", overflow="fold")
    for outcome in outcomes:
        table.add_row(*_row(outcome))
    return table


def _row(outcome: Outcome) -> list[Text]:
    photo = outcome.photo
    exif = (photo and photo.exif_data) or {}
    cells = [
        outcome.file.label,
        str(outcome.photo_id or "-"),
        outcome.error.code if outcome.error else outcome.status or "-",
        decimal(photo.file_size if photo else outcome.file.size),
        camera(exif),
        captured_at(exif),
        position(exif),
    ]
    row = [Text(printable(cell)) for cell in cells]
    row[2].stylize("red" if outcome.error else "green")
    return row
