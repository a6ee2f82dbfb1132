"""`photodock photos show`: all that is known of one photo."""

import json
from collections.abc import Iterator
from uuid import UUID

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from photodock.client import Client, Photo, StatusChange
from photodock.terminal.facts import camera, captured_at, exposure, position
from photodock.terminal.listing import without_secrets
from photodock.terminal.picture import NoPicture, can_draw, picture_of
from photodock.terminal.view import printable, say
from photodock.terminal.words import ago, here, status_cell, written


def show_photo(
    client: Client, console: Console, errors: Console, photo_id: UUID, *, picture: bool, as_json: bool
) -> None:
    photo = client.photo(photo_id)
    history = client.history(photo_id)
    if as_json:
        lines = [_line(change) for change in history]
        console.out(json.dumps({**without_secrets(photo), "history": lines}), highlight=False)
        return
    if picture and can_draw(console) and photo.download_url:
        try:
            console.print(picture_of(client, photo, console))
        except NoPicture as reason:
            say(errors, f"No picture: {reason}")
    _show_facts(console, photo)
    _show_history(console, history)
    if photo.failure:
        say(console, f"\n{photo.failure.code}: {photo.failure.detail}")


def _line(change: StatusChange) -> dict[str, str | None]:
    return {
        "from": change.from_status,
        "to": change.to_status,
        "at": written(change.at),
        "actor": change.actor,
        "reason": change.reason,
    }


def _show_facts(console: Console, photo: Photo) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in _facts(photo, marked=console.is_terminal):
        # What is not known is left out: a photo of few facts is a short list.
        if value.plain != "-":
            table.add_row(name, value)
    console.print(table)


def _facts(photo: Photo, *, marked: bool) -> Iterator[tuple[str, Text]]:
    exif = photo.exif_data or {}
    yield "Photo", Text(str(photo.id))
    yield "Name", Text(printable(photo.file_name), style="bold")
    yield "Status", status_cell(photo.status, marked=marked)
    yield "Project", Text(str(photo.project_id))
    yield "Created", Text(f"{ago(photo.created_at)} ({here(photo.created_at)})")
    yield "File", Text(f"{photo.mime_type}, {decimal(photo.file_size)}{_dimensions(photo)}")
    yield "Camera", Text(printable(camera(exif)))
    yield "Exposure", Text(printable(exposure(exif)))
    yield "Captured", Text(printable(captured_at(exif)))
    yield "Position", Text(position(exif))
    yield "App says", Text(printable(_said_by_the_app(photo)))
    yield "Detection", Text(printable(f"{', '.join(photo.detection.types)}: {photo.detection.status}"))
    if photo.detection.results is not None:
        yield "Results", Text(printable(json.dumps(photo.detection.results, ensure_ascii=False)))


def _dimensions(photo: Photo) -> str:
    return f", {photo.width} x {photo.height}" if photo.width and photo.height else ""


def _said_by_the_app(photo: Photo) -> str:
    found = photo.client_metadata or {}
    return ", ".join(f"{name} {value}" for name, value in found.items()) or "-"


def _show_history(console: Console, history: list[StatusChange]) -> None:
    table = Table.grid(padding=(0, 2))
    for change in history:
        reason = f"{change.actor or '-'}{f': {change.reason}' if change.reason else ''}"
        status = status_cell(change.to_status, marked=console.is_terminal)
        table.add_row(Text(here(change.at), style="dim"), status, Text(printable(reason)))
    console.print()
    console.print(table)
