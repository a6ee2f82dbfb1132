"""The `photodock` command. Parses arguments and calls; has no logic of its own.

Each command imports what it needs: `upload` and `up` start without loading the whole service first.
"""

import asyncio
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from photodock.cli_failures import failures_in_words
from photodock.cli_photos import EXIT_CODES, inspect, photos, upload
from photodock.cli_privacy import erase, policy
from photodock.cli_queues import dead_letters, outbox
from photodock.domain.identity import Scope
from photodock.garbage import spare_loading
from photodock.settings import load_settings, load_token_settings

spare_loading()  # What follows is loaded by the commands.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(*, asked: bool) -> None:
    if asked:
        from photodock import __version__

        typer.echo(f"photodock {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Photo intake: presigned uploads, checks, metadata, a detection queue."""


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
    from photodock import serving
    from photodock.bootstrap.api import check_start

    with failures_in_words():
        settings = load_settings()
        # Here and not in the server's processes, so that a bad setting ends with a sentence.
        asyncio.run(check_start(settings))
    serving.run(settings, host=host, port=port, processes=processes)


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document, without what an installation's settings add."""
    from photodock.bootstrap.api import openapi_document

    typer.echo(openapi_document())


@app.command()
def worker() -> None:
    """Send detection jobs and sweep, until stopped."""
    import uvloop

    from photodock import logs
    from photodock.bootstrap.worker import opened_worker
    from photodock.garbage import collect_rarely
    from photodock.workers.loop import run_until_signalled

    async def work() -> None:
        settings = load_settings()
        logs.configure(settings.log_level, traces=settings.otlp_endpoint is not None)
        collect_rarely()
        async with opened_worker(settings) as parts:
            await run_until_signalled(parts)

    with failures_in_words():
        uvloop.run(work())


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
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="May be given several times. Left out: read, write and admin."),
    ] = None,
    days: Annotated[float, typer.Option(min=0.001, help="How long it is good for.")] = 30,
) -> None:
    """Make an access token with the development secret; not where an identity provider's keys are set."""
    from photodock.administration import make_token, refuse_beside_a_provider

    with failures_in_words():
        settings = load_token_settings()
        refuse_beside_a_provider(settings)
        scopes = tuple(scope or (Scope.READ, Scope.WRITE, Scope.ADMIN))
        typer.echo(make_token(settings, user, organization, scopes, days))


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
def bucket() -> None:
    """Make the bucket and its rules where they are missing; rules that are there stay as they are."""
    from photodock.administration import make_bucket

    with failures_in_words():
        done = asyncio.run(make_bucket(load_settings()))
    for what, words in (("bucket", "the bucket"), ("cors", "its CORS rule"), ("lifecycle", "its rule for left parts")):
        typer.echo(f"{words}: {'made' if what in done else 'was there, left as it is'}")


app.command(epilog=EXIT_CODES)(upload)
app.command()(inspect)
app.command()(erase)


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


@app.command()
def doctor(
    only: Annotated[
        list[str] | None, typer.Option(help="Names of checks, separated by commas; all when left out.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Checks to leave out.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Look at everything that this installation stands on, and say what is wrong and how to mend it."""
    from photodock.doctor.command import Wish, run

    wish = Wish(_names(only), _names(skip), json_lines)
    if unknown := wish.unknown():
        raise typer.BadParameter(f"there is no check {', '.join(unknown)}", param_hint="--only and --skip")
    raise typer.Exit(run(wish, typer.echo))


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for names in given or () for name in names.split(",") if name.strip())


@app.command()
def renditions(
    given_up: Annotated[bool, typer.Option("--given-up", help="Those too of which none could be made before.")] = False,
) -> None:
    """Queue thumbnails and previews of the photos that have none; a worker makes them."""
    from photodock.administration import queue_renditions

    with failures_in_words():
        typer.echo(f"Photos queued: {asyncio.run(queue_renditions(load_settings(), given_up=given_up))}")


app.add_typer(photos, name="photos")
app.add_typer(policy, name="policy")
app.add_typer(outbox, name="outbox")
app.add_typer(dead_letters, name="dlq")


if __name__ == "__main__":
    app()
