"""A real HTTP server whose every connection tells what a test wrote down for it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

PROJECT = UUID("018f0000-0000-7000-8000-000000000001")


def change(number: int, status: str = "completed") -> bytes:
    """A change as the API writes it, of the photo of that number."""
    data = {
        "type": f"photo.{status}",
        "photo_id": str(UUID(int=number)),
        "project_id": str(PROJECT),
        "status": status,
        "at": "2026-11-22T17:46:35.163607Z",
    }
    return f"id: {number}-0\nevent: photo\ndata: {json.dumps(data)}\n\n".encode()


class EventServer:
    """`answers` has one for each connection: a status and what is sent; after the last one, connections stay silent."""

    def __init__(self, *answers: tuple[int, list[bytes]]) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()
        self.url = ""

    def take(self) -> tuple[int, list[bytes], bool]:
        status, parts = self.answers.pop(0)
        return status, parts, not self.answers

    @contextmanager
    def running(self) -> Iterator["EventServer"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            self.closing.set()
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(told: EventServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, parts, last = told.take()
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream" if status == 200 else "application/problem+json")
            self.end_headers()
            for part in parts:
                self.wfile.write(part)
                self.wfile.flush()
            if last and parts and status == 200:
                told.closing.wait(20)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
