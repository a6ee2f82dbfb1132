"""How an answer is put on the wire."""

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseStartEvent

_TEXT = bytes({0x09, *range(0x20, 0x7F), *range(0x80, 0x100)})
"""What may stand in a header."""
_WITHOUT_BODY = frozenset({204, 304})


class Cycle(RequestResponseCycle):
    """uvicorn's, with a quick way for the usual answer: its length is told, and its body comes in one piece.

    Its head waits for the body, and both are written at once; the head is looked through as a whole and not header by
    header. Whatever is not usual is left to uvicorn.
    """

    _head = b""

    async def send(self, message: "ASGISendEvent") -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = self._plain_head(message)
            if self._head:
                self.response_started = True
                self.waiting_for_100_continue = False
                return
        head, self._head = self._head, b""
        if not head or message["type"] != "http.response.body":
            await super().send(message)
            return
        if self.disconnected:
            return
        body = message.get("body", b"")
        if self.flow.write_paused or len(body) != self.expected_content_length:
            self.transport.write(head)
            await super().send(message)
            return
        self.transport.write(head + body)
        self.expected_content_length = 0
        if message.get("more_body"):
            return
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _plain_head(self, message: "HTTPResponseStartEvent") -> bytes:
        """Empty where uvicorn must have it."""
        status, headers = message["status"], [*self.default_headers, *message.get("headers", ())]
        named = dict(headers)
        length = named.get(b"content-length")
        if b"connection" in named or b"transfer-encoding" in named:
            return b""
        if self.scope["method"] == "HEAD" or (length is None) != (status in _WITHOUT_BODY):
            return b""
        lines = b"\r\n".join(map(b": ".join, headers)) + b"\r\n"
        if lines.translate(None, _TEXT) != b"\r\n" * len(headers):
            return b""  # a line break within a header, or worse: uvicorn refuses it
        self.chunked_encoding = False
        self.expected_content_length = int(length or 0)
        return STATUS_LINE[status] + lines + (b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
