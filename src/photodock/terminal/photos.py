"""`photodock photos …`, from options to exit status."""

from collections.abc import Callable

import httpx
from rich.console import Console

from photodock.client import Client, ClientError, Retry
from photodock.terminal.failures import INTERRUPTED, in_words
from photodock.terminal.view import say

RETRY = Retry(attempts=5, fail_fast=True)

Command = Callable[[Client, Console, Console], object]


class Output(Console):
    """Stdout. Once nobody reads it any more, rich alone would end the process with status 1."""

    def on_broken_pipe(self) -> None:
        try:
            super().on_broken_pipe()
        except SystemExit:
            raise BrokenPipeError from None


def run_photos(
    command: Command,
    *,
    url: str,
    token: str,
    console: Console | None = None,
    errors: Console | None = None,
    transport: httpx.BaseTransport | None = None,
) -> int:
    """Runs `command` with a client, stdout and stderr. The exit status: 0, or 1 and a sentence, or 130 after Ctrl-C."""
    console, errors = console or Output(), errors or Console(stderr=True)
    try:
        with Client(url, token, retry=RETRY, transport=transport) as client:
            command(client, console, errors)
    except ClientError as error:
        say(errors, in_words(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `| head` has seen enough.
        return 0
    return 0
