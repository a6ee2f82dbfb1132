"""The commands that deal with personal data: `policy` and `erase`. Each imports what it needs, for quick starts."""

import asyncio
from functools import partial
from typing import Annotated
from uuid import UUID

import typer

from photodock.cli_failures import failures_in_words
from photodock.domain.policy import GpsPolicy
from photodock.settings import Settings, load_settings

policy = typer.Typer(help="What an organization lets be stored of positions.", no_args_is_help=True)

Organization = Annotated[UUID, typer.Option(help="The organization's id.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@policy.command("show")
def show_policy(organization: Organization) -> None:
    """Show the organization's policies: one JSON object."""
    from photodock.privacy import show_policies

    with failures_in_words():
        asyncio.run(show_policies(_settings(), organization, typer.echo))


@policy.command("set")
def set_policy(
    gps: Annotated[GpsPolicy, typer.Argument(help="What is stored of positions from now on.")],
    organization: Organization,
) -> None:
    """Set the organization's policy. Photos stored already stay as they are: see `apply`."""
    from photodock.privacy import set_policies

    with failures_in_words():
        asyncio.run(set_policies(_settings(), organization, gps, typer.echo))


@policy.command("apply")
def apply_policy(
    organization: Organization,
    yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False,
    json_lines: JsonLines = False,
) -> None:
    """Hold the organization's stored photos to its policy too. What is taken from them does not come back."""
    from photodock.privacy import apply_policies

    ask = None if yes else partial(typer.confirm, err=True)
    with failures_in_words():
        asyncio.run(apply_policies(_settings(), organization, ask, typer.echo, json_lines=json_lines))


def erase(
    user: Annotated[str, typer.Option(help="The user's id, `sub`.")],
    organization: Annotated[
        UUID | None, typer.Option(help="Of which organization; must be given where several have such a user.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False,
    json_lines: JsonLines = False,
) -> None:
    """Erase a person: all photos of the user, and the user's name in every table."""
    from photodock.privacy import ErasureWish, erase_user

    wish = ErasureWish(user, organization, dry_run=dry_run, json_lines=json_lines)
    ask = None if yes else partial(typer.confirm, err=True)
    with failures_in_words():
        asyncio.run(erase_user(_settings(), wish, ask, typer.echo))


def _settings() -> Settings:
    """And the logs on standard error: standard output is the command's own."""
    from photodock import logs

    settings = load_settings()
    logs.configure(settings.log_level)
    return settings
