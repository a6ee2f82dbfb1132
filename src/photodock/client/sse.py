"""Server-sent events, from bytes to messages (the HTML standard, 9.2)."""

from dataclasses import dataclass

MAX_LINE = 256 * 1024
"""Bytes; far above any event's size. What sends longer lines is no server of events."""


@dataclass(frozen=True, slots=True)
class Message:
    id: str | None
    """The last id that was seen, of this message or one before."""
    event: str
    data: str


class MessageReader:
    """`feed` takes bytes as they come, cut anywhere. Raises ValueError for a line without an end."""

    def __init__(self) -> None:
        self._rest = b""
        self._id: str | None = None
        self.last_id: str | None = None
        """Where to go on from: the id of the last message that is whole, be it one without data."""
        self._event = ""
        self._data: list[str] = []
        self.retry_seconds: float | None = None
        """How long the server asks to wait before a new connection."""

    def feed(self, chunk: bytes) -> list[Message]:
        text = self._rest + chunk
        # A CR at the end may be half of a CRLF.
        held = b"\r" if text.endswith(b"\r") else b""
        lines = text.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        if len(self._rest) > MAX_LINE:
            raise ValueError("a line of events without an end")
        found = (self._line(line.decode(errors="replace")) for line in lines)
        return [message for message in found if message]

    def _line(self, line: str) -> Message | None:
        if not line:
            return self._dispatch()
        name, _, value = line.removeprefix("\ufeff").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._event = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value or None
            case "retry" if value.isdecimal():
                self.retry_seconds = int(value) / 1000
        return None

    def _dispatch(self) -> Message | None:
        event, data = self._event or "message", self._data
        self._event, self._data = "", []
        self.last_id = self._id
        return Message(self._id, event, "\n".join(data)) if data else None
