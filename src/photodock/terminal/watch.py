"""`photodock photos watch`: a line for each change, as it happens."""

import json
from uuid import UUID

from rich.console import Console
from rich.text import Text

from photodock.client import Change, Client, NotFound, Photo, Reset
from photodock.terminal.view import printable, say
from photodock.terminal.words import here, status_cell, written


def watch_photos(
    client: Client, console: Console, errors: Console, *, project_id: UUID | None, json_lines: bool
) -> None:
    """Returns never by itself."""
    say(errors, f"Watching {'the project' if project_id else 'all projects'}. Ctrl-C ends it.")
    names = Names(client)
    for event in client.events(project_id=project_id):
        if isinstance(event, Reset):
            say(errors, "Changes were missed; from here on all are shown again.")
        elif json_lines:
            console.out(json.dumps(_as_json(event)), highlight=False)
        else:
            console.print(_line(event, names.of(event), marked=console.is_terminal), soft_wrap=True)


class Names:
    """What photos are called: a change does not say. Each is read once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[UUID, str] = {}

    def of(self, change: Change) -> str:
        if change.photo_id not in self._known:
            photo = self._read(change)
            self._known[change.photo_id] = photo.file_name if photo else "-"
        return self._known[change.photo_id]

    def _read(self, change: Change) -> Photo | None:
        try:
            return self._client.photo(change.photo_id)
        except NotFound:
            # Deleted since.
            return None


def _as_json(change: Change) -> dict[str, str | None]:
    return {
        "type": change.type,
        "photo_id": str(change.photo_id),
        "project_id": str(change.project_id),
        "status": change.status,
        "at": written(change.at),
    }


def _line(change: Change, name: str, *, marked: bool) -> Text:
    # `photo.renditions` is no status: then the change itself is said.
    said = change.type.removeprefix("photo.")
    status = status_cell(said, marked=marked)
    status.pad_right(max(0, 14 - len(status.plain)))
    return Text("  ").join(
        [Text(here(change.at), style="dim"), status, Text(str(change.photo_id), style="dim"), Text(printable(name))]
    )
