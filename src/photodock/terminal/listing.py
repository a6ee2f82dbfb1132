"""`photodock photos`: a list, newest first."""

import json
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from photodock.client import Client, Photo
from photodock.domain.values import JsonObject
from photodock.terminal.facts import camera
from photodock.terminal.table import show_whole
from photodock.terminal.view import printable, say
from photodock.terminal.words import ago, status_cell, written

_SECRET = ("download_url", "renditions")
"""What holds presigned URLs: whoever has one may read."""

GAP = 2
LEAST_NAME = 12
"""Characters that a name keeps before the column `Created` is left out; twice as many before the others are."""
MOST_OF_A_CAMERA = 24
MOST_OF_A_PAGE = 200


def list_photos(
    client: Client,
    console: Console,
    errors: Console,
    *,
    project_id: UUID | None,
    status: str | None,
    limit: int,
    json_lines: bool,
) -> None:
    """Up to `limit` photos on `console`; what is to be said about them on `errors`."""
    asked = client.photos(project_id=project_id, status=status, page_size=min(limit + 1, MOST_OF_A_PAGE))
    found = list(islice(asked, limit + 1))
    shown = found[:limit]
    if json_lines:
        for photo in shown:
            console.out(json.dumps(without_secrets(photo)), highlight=False)
        return
    if not shown:
        say(errors, _nothing(project_id, status))
        return
    show_whole(console, _table(shown, console))
    if len(found) > limit:
        say(errors, f"These are the newest {limit}; --limit {limit * 4} shows more.")


def without_secrets(photo: Photo) -> JsonObject:
    return {name: value for name, value in photo.json.items() if name not in _SECRET}


def _nothing(project_id: UUID | None, status: str | None) -> str:
    where = " in this project" if project_id else ""
    if status:
        return f"No photo{where} is {status}. Without --status all are listed."
    return f"There are no photos{where} yet. Upload some: photodock upload --project {project_id or 'ID'} PATH"


def _table(photos: Sequence[Photo], console: Console) -> Table:
    """For programs every fact, each row whole; on a terminal as many as its width has room for."""
    terminal = console.is_terminal
    columns = _columns(photos, marked=terminal)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim" if terminal else "")
    room = _room(columns, console.width) if terminal else dict.fromkeys(columns)
    for name, width in room.items():
        table.add_column(name, no_wrap=True, justify="right" if name == "Size" else "left", width=width)
    for row in zip(*(columns[name] for name in room), strict=True):
        table.add_row(*row)
    return table


def _columns(photos: Sequence[Photo], *, marked: bool) -> dict[str, list[Text]]:
    return {
        "Photo id": [Text(str(photo.id), style="dim" if marked else "") for photo in photos],
        "Name": [Text(printable(photo.file_name), overflow="ellipsis") for photo in photos],
        "Status": [status_cell(photo.status, marked=marked) for photo in photos],
        "Size": [Text(decimal(photo.file_size)) for photo in photos],
        "Camera": [Text(printable(camera(photo.exif_data or {})), overflow="ellipsis") for photo in photos],
        "Created": [Text(ago(photo.created_at) if marked else written(photo.created_at)) for photo in photos],
    }


def _room(columns: dict[str, list[Text]], width: int) -> dict[str, int | None]:
    """The columns that are shown, and their widths. An id that is cut cannot be copied; a name that is cut helps."""
    wanted = {name: max(len(name), *(cell.cell_len for cell in cells)) for name, cells in columns.items()}
    wanted["Camera"] = min(wanted["Camera"], MOST_OF_A_CAMERA)
    left = width - sum(wanted[name] + GAP for name in ("Photo id", "Status"))
    shown = {"Photo id", "Name", "Status"}
    for name, least_name in (("Created", LEAST_NAME), ("Size", 2 * LEAST_NAME), ("Camera", 2 * LEAST_NAME)):
        if left - wanted[name] - GAP < min(wanted["Name"], least_name):
            break
        shown.add(name)
        left -= wanted[name] + GAP
    wanted["Name"] = min(wanted["Name"], max(left, 1))
    return {name: wanted[name] for name in columns if name in shown}
