"""`photodock photos`: a list, newest first."""

import json
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from rich import box
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
    found = list(islice(client.photos(project_id=project_id, status=status), limit + 1))
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
        say(errors, f"These are the newest {limit}. There are more: --limit {limit * 4} shows them.")


def without_secrets(photo: Photo) -> JsonObject:
    return {name: value for name, value in photo.json.items() if name not in _SECRET}


def _nothing(project_id: UUID | None, status: str | None) -> str:
    where = " in this project" if project_id else ""
    if status:
        return f"No photo{where} is {status}. Without --status all are listed."
    return f"There are no photos{where} yet. Upload some: photodock upload --project {project_id or 'ID'} PATH"


def _table(photos: Sequence[Photo], console: Console) -> Table:
    terminal = console.is_terminal
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False)
    # An id that is cut or broken cannot be copied.
    table.add_column("Photo id", no_wrap=True, min_width=36)
    table.add_column("Name", no_wrap=True, overflow="ellipsis", ratio=1 if terminal else None)
    table.add_column("Status", no_wrap=True)
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Camera", no_wrap=True, overflow="ellipsis")
    table.add_column("Created", no_wrap=True)
    for photo in photos:
        table.add_row(
            Text(str(photo.id), style="dim" if terminal else ""),
            Text(printable(photo.file_name)),
            status_cell(photo.status, marked=terminal),
            decimal(photo.file_size),
            Text(printable(camera(photo.exif_data or {}))),
            ago(photo.created_at) if terminal else written(photo.created_at),
        )
    return table
