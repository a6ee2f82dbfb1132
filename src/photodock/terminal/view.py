"""What the user sees while files are sent: bars on a terminal, plain lines elsewhere, or JSON."""

import json
from unicodedata import bidirectional, category

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Column

from photodock.client import Progress as UploadProgress
from photodock.terminal.files import SourceFile
from photodock.terminal.outcome import Outcome

_WORDS = {
    "reading": "reading",
    "requesting": "asking for a URL",
    "sending": "sending",
    "confirming": "confirming",
    "processing": "waiting for detection",
}
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class Bars:
    """A bar for the whole, and below it one for each file at work. A context manager, gone at its end."""

    def __init__(self, console: Console, files: list[SourceFile]) -> None:
        self._progress = Progress(
            # File names are other people's text: markup in them must not be obeyed.
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=40)),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True)),
            console=console,
            transient=True,
        )
        self._count = len(files)
        self._done = self._waiting = 0
        self._tasks: dict[SourceFile, TaskID] = {}
        self._sent: dict[SourceFile, int] = {}
        self._whole = self._progress.add_task(
            f"0 of {self._count} done", total=sum(file.size for file in files), note=""
        )

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, file: SourceFile) -> None:
        self._tasks[file] = self._progress.add_task(printable(file.label), total=file.size, note="")

    def progress(self, file: SourceFile, now: UploadProgress) -> None:
        if file not in self._tasks:
            return
        self._advance(file, now.sent_bytes)
        note = printable(now.note) if now.note else _WORDS[now.stage]
        self._progress.update(self._tasks[file], note=note)

    def waiting(self, file: SourceFile) -> None:
        # Hundreds may wait at a time: more lines than a terminal has, so they are only counted.
        self._waiting += 1
        self._remove(file)

    def finished(self, outcome: Outcome) -> None:
        self._done += 1
        if outcome.file in self._tasks:
            self._remove(outcome.file)
        else:
            self._waiting -= 1
            self._show_whole()

    def _advance(self, file: SourceFile, sent_bytes: int) -> None:
        before = self._sent.get(file, 0)
        self._sent[file] = sent_bytes
        # A second attempt begins at 0 again, so the whole may go back.
        self._progress.advance(self._whole, sent_bytes - before)
        self._progress.update(self._tasks[file], completed=sent_bytes)

    def _remove(self, file: SourceFile) -> None:
        self._advance(file, file.size)
        self._progress.remove_task(self._tasks.pop(file))
        self._show_whole()

    def _show_whole(self) -> None:
        note = f"{self._waiting} waiting for detection" if self._waiting else ""
        self._progress.update(self._whole, description=f"{self._done} of {self._count} done", note=note)


class Lines:
    """One plain line for each file that ended and for each delay; for logs and pipes."""

    def __init__(self, errors: Console, files: list[SourceFile]) -> None:
        self._errors = errors
        self._count = len(files)
        self._done = 0

    def started(self, file: SourceFile) -> None: ...

    def progress(self, file: SourceFile, now: UploadProgress) -> None:
        if now.note:
            say(self._errors, f"{file.label}: {now.note}")

    def waiting(self, file: SourceFile) -> None: ...

    def finished(self, outcome: Outcome) -> None:
        self._done += 1
        result = outcome.error.code if outcome.error else outcome.status
        say(self._errors, f"[{self._done}/{self._count}] {outcome.file.label}: {result}")


class JsonLines(Lines):
    """One JSON object a line on stdout as each file ends; delays are told on stderr."""

    def __init__(self, console: Console, errors: Console, files: list[SourceFile]) -> None:
        super().__init__(errors, files)
        self._console = console

    def finished(self, outcome: Outcome) -> None:
        self._console.out(json.dumps(outcome.as_json()), highlight=False)


def say(console: Console, sentence: str) -> None:
    """One sentence, as it is: not wrapped, not coloured, its control characters replaced."""
    console.out(printable(sentence), highlight=False)


def printable(text: str) -> str:
    """Text of strangers made fit for a terminal: what would steer it or turn its direction becomes U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(character) else character for character in text)


def _steers(character: str) -> bool:
    # Not `isprintable`: it refuses the narrow spaces of screenshots' names and the joiners inside emoji.
    return category(character) in _CONTROLS or bidirectional(character) in _TURNS
