"""Where log lines go: what one turn of the event loop logs is written at once, at its end.

A write costs several times what it takes to make a line, and while many requests are under way, many lines are made
within a turn. Warnings and errors wait for nothing, nor does a line that no event loop is there for.
"""

import asyncio
import atexit
from contextlib import suppress
from threading import Lock
from typing import TextIO


class LogWriter:
    """A logger for structlog, and a stream for the standard library's handlers; from any thread."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = Lock()
        self._lines: list[str] = []
        self._promised_by: asyncio.AbstractEventLoop | None = None
        """The loop that will write at the end of this turn."""
        atexit.register(self.flush)  # a loop may be closed before its last turn ends

    def info(self, line: str) -> None:
        loop = _running_loop()
        with self._lock:
            self._lines.append(line)
            if loop is not None and loop is self._promised_by:
                return
            self._promised_by = loop
        if loop is None:
            self.flush()
        else:
            loop.call_soon(self.flush)

    debug = info

    def error(self, line: str) -> None:
        self.write(line + "\n")
        self.flush()

    warning = warn = critical = fatal = exception = error

    def write(self, text: str) -> None:
        """Whole lines, with their ends."""
        with self._lock:
            self._lines.append(text.removesuffix("\n"))

    def flush(self) -> None:
        with self._lock:
            lines, self._lines, self._promised_by = self._lines, [], None
            if lines:
                # Where nobody reads what is logged, the service goes on all the same.
                with suppress(OSError, ValueError):
                    self._file.write("\n".join(lines) + "\n")
                    self._file.flush()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
