"""`photodock upload`, from options to exit status."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, nullcontext

import httpx
from rich.console import Console

from photodock.client.api import Api
from photodock.client.failures import Stopped
from photodock.client.files import SourceFile, expand
from photodock.client.outcome import Outcome
from photodock.client.retry import Retry
from photodock.client.store import Store
from photodock.client.table import show_table
from photodock.client.upload import Reporter, Uploader, UploadOptions
from photodock.client.view import Bars, JsonLines, Lines, say

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


def run_upload(
    options: UploadOptions,
    console: Console,
    errors: Console | None = None,
    *,
    retry: Retry | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> int:
    """Uploads and shows it: results on `console` (stdout), delays and failures of the run on `errors` (stderr).

    Returns the exit status: 0, or 1 if anything failed, or 130 after Ctrl-C. `transport` replaces the network.
    """
    errors = errors or Console(stderr=True)
    # httpx logs every URL at INFO, presigned ones too.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    files = expand(options.paths)
    if not files:
        say(errors, "There is no photo in what you named: name JPEG or PNG files, or folders that hold some.")
        return 1
    outcomes: dict[SourceFile, Outcome] = {}
    stopped: Stopped | None = None
    try:
        reporter = _reporter(options, files, console, errors)
        asyncio.run(_upload(options, files, outcomes, reporter, retry=retry or Retry(), transport=transport))
    except KeyboardInterrupt:
        say(errors, f"Stopped by Ctrl-C: {len(outcomes)} of {len(files)} files were done.")
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
    *,
    retry: Retry,
    transport: httpx.AsyncBaseTransport | None,
) -> None:
    async with AsyncExitStack() as stack:
        api = Api(options.base_url, options.token, retry, transport)
        stack.push_async_callback(api.aclose)
        store = Store(retry, transport)
        stack.push_async_callback(store.aclose)
        stack.enter_context(reporter if isinstance(reporter, Bars) else nullcontext())
        await Uploader(options, api, store, reporter, outcomes).run(files)


def _reporter(options: UploadOptions, files: list[SourceFile], console: Console, errors: Console) -> Reporter:
    if options.json_lines:
        return JsonLines(console, errors, files)
    return Bars(console, files) if console.is_terminal else Lines(errors, files)


def _left_over(missing: int, count: int) -> str:
    return f" {missing} of {count} files were not done." if 0 < missing < count else ""
