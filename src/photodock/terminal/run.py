"""`photodock upload`, from options to exit status."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext

import httpx
from rich.console import Console

from photodock.client import AsyncClient, ClientError, Retry
from photodock.terminal.failures import INTERRUPTED, Stopped, in_words
from photodock.terminal.files import SourceFile, expand
from photodock.terminal.outcome import Outcome
from photodock.terminal.table import show_table
from photodock.terminal.upload import Reporter, Uploader, UploadOptions
from photodock.terminal.view import Bars, JsonLines, Lines, say

RETRY = Retry(rate_limit_waits=60, fail_fast=True)
"""A large folder needs many waits for the quota."""

Sleep = Callable[[float], Awaitable[object]]


def run_upload(
    options: UploadOptions,
    console: Console,
    errors: Console | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Sleep = asyncio.sleep,
) -> int:
    """Uploads and shows it: results on `console` (stdout), delays and failures of the run on `errors` (stderr).

    Returns the exit status: 0, or 1 if anything failed, or 130 after Ctrl-C. `transport` replaces the network.
    """
    errors = errors or Console(stderr=True)
    files = expand(options.paths)
    if not files:
        say(errors, "There is no photo in what you named: name JPEG or PNG files, or folders that hold some.")
        return 1
    outcomes: dict[SourceFile, Outcome] = {}
    stopped: Stopped | None = None
    try:
        reporter = _reporter(options, files, console, errors)
        asyncio.run(_upload(options, files, outcomes, reporter, transport, sleep))
    except KeyboardInterrupt:
        done = sum(not outcome.error for outcome in outcomes.values())
        say(errors, f"Stopped by Ctrl-C: {done} of {len(files)} files were done.")
        return INTERRUPTED
    except Stopped as reason:
        stopped = reason
    shown = [outcomes[file] for file in files if file in outcomes]
    if shown and not options.json_lines:
        show_table(console, shown)
    if stopped:
        say(errors, f"{stopped}{_left_over(len(files) - len(shown), len(files))}")
    return 1 if stopped or any(outcome.error for outcome in shown) else 0


async def _upload(
    options: UploadOptions,
    files: Sequence[SourceFile],
    outcomes: dict[SourceFile, Outcome],
    reporter: Reporter,
    transport: httpx.AsyncBaseTransport | None,
    sleep: Sleep,
) -> None:
    try:
        client = AsyncClient(options.base_url, options.token, retry=RETRY, transport=transport, sleep=sleep)
    except ClientError as error:
        raise Stopped(in_words(error)) from None
    async with client:
        with reporter if isinstance(reporter, Bars) else nullcontext():
            await Uploader(options, client, reporter, outcomes).run(files)


def _reporter(options: UploadOptions, files: list[SourceFile], console: Console, errors: Console) -> Reporter:
    if options.json_lines:
        return JsonLines(console, errors, files)
    return Bars(console, files) if console.is_terminal else Lines(errors, files)


def _left_over(missing: int, count: int) -> str:
    return f" {missing} of {count} files were not done." if 0 < missing < count else ""
