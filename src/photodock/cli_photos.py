"""The commands that deal with photos: `upload` and `inspect`. Each imports what it needs, for quick starts."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from photodock.domain.jobs import Priority
from photodock.domain.photo import PhotoStatus

EXIT_CODES = "Exit status: 0 done, 1 something failed (stderr says what), 2 wrong usage, 130 stopped by Ctrl-C."

Url = Annotated[str, typer.Option(envvar="PHOTODOCK_URL", help="Where the API is.")]
Token = Annotated[str, typer.Option(envvar="PHOTODOCK_TOKEN", help="An access token.", show_default=False)]
OfProject = Annotated[UUID | None, typer.Option(help="Only this project's photos.")]
OfStatus = Annotated[PhotoStatus | None, typer.Option(help="Only photos of this status.")]
Limit = Annotated[int, typer.Option(min=1, help="How many to list at the most.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")]
HERE = "http://127.0.0.1:8000"

photos = typer.Typer(help="List, show and watch photos.", epilog=EXIT_CODES)


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Photos, and folders of photos.")],
    project: Annotated[UUID, typer.Option(help="The project's id.")],
    url: Url = HERE,
    token: Token = "",
    wait: Annotated[bool, typer.Option(help="Wait for each photo's detection.")] = True,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a photo's detection.")] = 300,
    json_lines: JsonLines = False,
    detection_type: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="Of the detection.")] = None,
) -> None:
    """Upload photos and follow them until their detection is done."""
    from rich.console import Console

    from photodock.terminal.run import run_upload
    from photodock.terminal.upload import UploadOptions

    options = UploadOptions(
        paths=tuple(paths),
        project_id=project,
        base_url=url,
        token=token,
        wait=wait,
        timeout_seconds=timeout,
        json_lines=json_lines,
        detection_types=tuple(detection_type) if detection_type else None,
        priority=priority,
    )
    raise typer.Exit(run_upload(options, Console()))


def inspect(paths: Annotated[list[Path], typer.Argument(help="JPEG and PNG files.")]) -> None:
    """Show what the service would read from a file: one JSON object a line."""
    from photodock.imaging import inspect_file

    failed = False
    for path in paths:
        try:
            found = inspect_file(path)._asdict()
        except OSError as error:
            failed = True
            found = dict.fromkeys(("mime_type", "width", "height", "exif_data")) | {"error": error.strerror}
        sys.stdout.write(json.dumps({"file": str(path), **found}, allow_nan=False) + "\n")
    raise typer.Exit(1 if failed else 0)


@photos.callback(invoke_without_command=True)
def list_by_default(
    context: typer.Context,
    project: OfProject = None,
    status: OfStatus = None,
    limit: Limit = 30,
    json_lines: JsonLines = False,
    url: Url = HERE,
    token: Token = "",
) -> None:
    """List, show and watch photos. Without a command: list them, newest first."""
    if context.invoked_subcommand is None:
        list_(project, status, limit, json_lines, url, token)
    _refuse_options_of(context, context.invoked_subcommand)


def _refuse_options_of(context: typer.Context, command: str | None) -> None:
    """The command would not see them: whoever gave them meant it to."""
    given = [param.opts[0] for param in context.command.params if param.name and _typed(context, param.name)]
    if given:
        context.fail(f"Put {', '.join(given)} behind the command: {context.command_path} {command} {given[0]} …")


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@photos.command("list", epilog=EXIT_CODES)
def list_(
    project: OfProject = None,
    status: OfStatus = None,
    limit: Limit = 30,
    json_lines: JsonLines = False,
    url: Url = HERE,
    token: Token = "",
) -> None:
    """List photos, newest first."""
    from photodock.terminal.listing import list_photos
    from photodock.terminal.photos import run_photos

    listed = partial(list_photos, project_id=project, status=status, limit=limit, json_lines=json_lines)
    raise typer.Exit(run_photos(listed, url=url, token=token))


@photos.command(epilog=EXIT_CODES)
def show(
    photo_id: Annotated[UUID, typer.Argument(help="The photo's id.")],
    picture: Annotated[bool, typer.Option(help="Draw it small, where the terminal has colours.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with the photo's history.")] = False,
    url: Url = HERE,
    token: Token = "",
) -> None:
    """Show all that is known of a photo."""
    from photodock.terminal.photos import run_photos
    from photodock.terminal.show import show_photo

    shown = partial(show_photo, photo_id=photo_id, picture=picture, as_json=as_json)
    raise typer.Exit(run_photos(shown, url=url, token=token))


@photos.command(epilog=EXIT_CODES)
def watch(project: OfProject = None, json_lines: JsonLines = False, url: Url = HERE, token: Token = "") -> None:
    """Follow photos as they change, a line for each change."""
    from photodock.terminal.photos import run_photos
    from photodock.terminal.watch import watch_photos

    watched = partial(watch_photos, project_id=project, json_lines=json_lines)
    raise typer.Exit(run_photos(watched, url=url, token=token))
