"""The commands that deal with jobs: `outbox` and `dlq`. Each imports what it needs, for quick starts."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from photodock.cli_failures import failures_in_words
from photodock.settings import load_settings

outbox = typer.Typer(help="Detection jobs that could not be sent.", no_args_is_help=True)
dead_letters = typer.Typer(help="Detection jobs that no detector could work off.", no_args_is_help=True)


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


@dead_letters.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, help="How many to show at the most.")] = 1_000,
) -> None:
    """Show the dead letters: one JSON object a line. They stay where they are."""
    from photodock.dead_letters import show_dead_letters

    with failures_in_words():
        asyncio.run(show_dead_letters(load_settings(), limit, typer.echo))


@dead_letters.command("redrive")
def redrive_dead_letters(
    limit: Annotated[int | None, typer.Option(min=1, help="How many at the most; all when left out.")] = None,
) -> None:
    """Move dead letters back into the queue; their deliveries are counted anew."""
    from photodock.dead_letters import redrive

    with failures_in_words():
        redriven = asyncio.run(redrive(load_settings(), limit))
    typer.echo(f"{redriven.moved} dead letter{'' if redriven.moved == 1 else 's'} moved back into the queue.")
    if redriven.rest:
        typer.echo(redriven.rest, err=True)
        raise typer.Exit(1)
