"""How commands end when something fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from photodock.domain.errors import PhotodockError
from photodock.settings import SettingsError


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
