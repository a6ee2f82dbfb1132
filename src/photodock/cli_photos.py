"""The commands that deal with photos: `upload` and `inspect`. Each imports what it needs, for quick starts."""

import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from photodock.domain.jobs import Priority


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Photos, and folders of photos.")],
    project: Annotated[UUID, typer.Option(help="The project's id.")],
    url: Annotated[str, typer.Option(envvar="PHOTODOCK_URL", help="Where the API is.")] = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(envvar="PHOTODOCK_TOKEN", help="An access token.")] = "",
    wait: Annotated[bool, typer.Option(help="Wait for each photo's detection.")] = True,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a photo's detection.")] = 300,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")] = False,
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
