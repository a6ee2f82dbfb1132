"""The `photodock` command. Parses arguments and calls; has no logic of its own.

Each command imports what it needs: `upload` and `up` start without loading the whole service first.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from photodock.domain.errors import PhotodockError
from photodock.domain.identity import Scope
from photodock.domain.jobs import Priority
from photodock.settings import SettingsError, load_settings, load_token_settings

app = typer.Typer(
    help="Photo intake: presigned uploads, checks, metadata, a detection queue.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
outbox = typer.Typer(help="Detection jobs that could not be sent.", no_args_is_help=True)
app.add_typer(outbox, name="outbox")

KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers and clients keep idle connections (60 s), or they would use one that just went away."""
GRACEFUL_SECONDS = 8
"""What a stopping `serve` gives to requests in flight; process managers expect an end within 10 seconds."""


@contextmanager
def failures_in_words() -> Iterator[None]:
    """Expected failures end the command with one sentence: settings with status 2, the rest with 1."""
    try:
        yield
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except PhotodockError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from None


@app.command()
def up(
    data_dir: Annotated[Path, typer.Option(help="Where photos, database and queues are kept.")] = Path(".photodock"),
    port: Annotated[int, typer.Option(help="Port of the API on 127.0.0.1.")] = 8000,
    ready_file: Annotated[Path | None, typer.Option(help="Written when all is ready: one JSON object.")] = None,
    detector: Annotated[str, typer.Option(help="`sample`, or `none` to leave the queue to others.")] = "sample",
) -> None:
    """Start the whole system on this machine."""
    from photodock.embedded.up import UpOptions, run_up

    if detector not in ("sample", "none"):
        raise typer.BadParameter("takes `sample` or `none`", param_hint="--detector")
    raise typer.Exit(run_up(UpOptions(data_dir=data_dir, port=port, ready_file=ready_file, detector=detector)))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    processes: Annotated[int, typer.Option(min=1, help="How many processes answer requests.")] = 1,
) -> None:
    """Serve the HTTP API."""
    import uvicorn

    from photodock import bootstrap

    with failures_in_words():
        # Here and not in the server's processes, so that a bad setting ends with a sentence.
        asyncio.run(bootstrap.check_start(load_settings()))
    # The server, when it is done, raises the signal that stopped it once more: a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "photodock.bootstrap:api_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=processes,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


@app.command()
def worker() -> None:
    """Send detection jobs and sweep, until stopped."""
    from photodock import bootstrap, logs
    from photodock.workers.loop import run_until_signalled

    async def work() -> None:
        settings = load_settings()
        logs.configure(settings.log_level)
        async with bootstrap.opened_worker(settings) as parts:
            await run_until_signalled(parts)

    with failures_in_words():
        asyncio.run(work())


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    from photodock.administration import migrate_database

    with failures_in_words():
        typer.echo(f"The database stands at revision {asyncio.run(migrate_database(load_settings()))}.")


@app.command()
def token(
    user: Annotated[str, typer.Option(help="The user's id, `sub`.")] = "dev",
    organization: Annotated[UUID | None, typer.Option(help="The organization's id; a new one when left out.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    days: Annotated[float, typer.Option(min=0.001, help="How long it is good for.")] = 30,
) -> None:
    """Make an access token with the development secret."""
    from photodock.administration import make_token

    with failures_in_words():
        scopes = tuple(scope or (Scope.READ, Scope.WRITE, Scope.ADMIN))
        typer.echo(make_token(load_token_settings(), user, organization, scopes, days))


@app.command()
def project(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    organization: Annotated[UUID, typer.Option(help="The organization's id.")],
    project_id: Annotated[UUID | None, typer.Option("--id", help="The project's id; a new one when left out.")] = None,
) -> None:
    """Create or rename a project; prints its id."""
    from photodock.administration import make_project

    with failures_in_words():
        typer.echo(asyncio.run(make_project(load_settings(), name, organization, project_id)))


@app.command()
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

    from photodock.client.run import run_upload
    from photodock.client.upload import UploadOptions

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


@app.command()
def inspect(paths: Annotated[list[Path], typer.Argument(help="JPEG and PNG files.")]) -> None:
    """Show what the service would read from a file: one JSON object a line."""
    from photodock.imaging import inspect_file

    failed = False
    for path in paths:
        try:
            found = asdict(inspect_file(path))
        except OSError as error:
            failed = True
            found = dict.fromkeys(("mime_type", "width", "height", "exif_data")) | {"error": error.strerror}
        sys.stdout.write(json.dumps({"file": str(path), **found}, allow_nan=False) + "\n")
    raise typer.Exit(1 if failed else 0)


@app.command()
def sweep(
    orphans: Annotated[bool, typer.Option("--orphans", help="Compare the bucket with the table instead.")] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="Make photos again of orphans.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete orphans older than a day.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of upload, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of upload, UTC.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run one round of the sweeper now, or search for objects that no photo knows of."""
    from photodock import logs
    from photodock.administration import OrphanSearch, search_orphans, sweep_once

    if not orphans and (adopt or delete or yes or since or until or json_lines):
        raise typer.BadParameter("is needed for the other options", param_hint="--orphans")
    if adopt and delete:
        raise typer.BadParameter("cannot be given together", param_hint="--adopt and --delete")
    first, last = since and since.date(), until and until.date()
    wanted = OrphanSearch(first, last, "adopt" if adopt else "delete" if delete else None, yes, json_lines)
    with failures_in_words():
        settings = load_settings()
        logs.configure(settings.log_level)
        if orphans:
            asyncio.run(search_orphans(settings, wanted, ask=partial(typer.confirm, err=True), write=typer.echo))
        else:
            asyncio.run(sweep_once(settings))


@outbox.command("list")
def list_outbox() -> None:
    """Show the parked jobs: one JSON object a line."""
    from photodock.administration import list_parked

    with failures_in_words():
        for job in asyncio.run(list_parked(load_settings())):
            typer.echo(json.dumps(asdict(job), default=str))


@outbox.command("retry")
def retry_outbox(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids from `outbox list`; all when left out.")] = None,
) -> None:
    """Send parked jobs again; their attempts are counted anew."""
    from photodock.administration import retry_parked

    with failures_in_words():
        freed = asyncio.run(retry_parked(load_settings(), ids))
        typer.echo(f"{freed} parked job{'' if freed == 1 else 's'} will be sent again.")
    raise typer.Exit(0 if freed or not ids else 1)


if __name__ == "__main__":
    app()
