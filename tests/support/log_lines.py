"""The service's log as it would be written, kept in memory."""

import gc
import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import structlog

from photodock import logs


class Log(io.StringIO):
    flush_lines: Callable[[], None] = staticmethod(lambda: None)
    """Writes what waits for the end of the event loop's turn."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        self.flush_lines()
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def forget(self) -> None:
        self.flush_lines()
        self.truncate(0)
        self.seek(0)


@contextmanager
def written_log(level: str) -> Iterator[Log]:
    """All that would reach standard error, of our own lines and of third parties'."""
    root = logging.getLogger()
    handlers, root_level, before = root.handlers[:], root.level, structlog.get_config()
    log = Log()
    with redirect_stderr(log):
        logs.configure(level)
    log.flush_lines = structlog.get_config()["logger_factory"]().flush
    # Otherwise the modules' loggers would write into this stream for the rest of the run.
    structlog.configure(cache_logger_on_first_use=False)
    # What other tests have left unclosed says so when it is collected: in nobody's log.
    gc.disable()
    try:
        yield log
    finally:
        gc.enable()
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
        root.handlers[:] = handlers
        root.setLevel(root_level)
