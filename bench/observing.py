"""What metrics and traces cost the busiest call: one process, the same requests with and without, in turns.

    python -m bench.observing

CPU time of the whole process, the threads that send spans included; the HTTP server and the logs are left out.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

from photodock import logs
from photodock.api.auth import mint
from photodock.bootstrap.api import api_from_settings
from photodock.db.migrate import migrate
from photodock.db.pool import Database
from photodock.domain.identity import Principal, Scope
from photodock.embedded.postgres import PostgresServer
from photodock.metrics.requests import REQUESTS
from photodock.settings import Settings
from photodock.tracing.setup import exporting
from photodock.tracing.spans import SWITCH

ROUNDS, REQUESTS_EACH = 30, 300
SECRET = "for-measuring-only-0123456789-0123456789"  # noqa: S105
SINK = """
import http.server
class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Sink)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Client:
    """Sends one request, the way that the HTTP server hands it over."""

    def __init__(self, app: Any, project_id: str, token: str) -> None:
        self._app = app
        fields = {"project_id": project_id, "file_name": "a.jpg", "file_size": 500_000, "mime_type": "image/jpeg"}
        self._body = json.dumps(fields).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "host": "photodock"}
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._headers.append((b"content-length", str(len(self._body)).encode()))

    async def request(self) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/api/v1/photos/upload-url",
            "raw_path": b"/api/v1/photos/upload-url",
            "query_string": b"",
            "root_path": "",
            "headers": self._headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": self._body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] != 200:
                raise RuntimeError(f"answered {message['status']}")

        await self._app(scope, receive, send)


def without_metrics() -> Any:
    return mock.patch.multiple(REQUESTS, note=lambda *_, **__: None, hand_over=lambda: None)


async def cpu_us(client: Client) -> float:
    before = time.process_time()
    for _ in range(REQUESTS_EACH):
        await client.request()
    return (time.process_time() - before) / REQUESTS_EACH * 1e6


async def measure(url: str, sink: str) -> dict[str, list[float]]:
    await migrate(url)
    organization, project = uuid4(), uuid4()
    db = Database(url)
    await db.execute(
        "INSERT INTO projects (id, organization_id, name) VALUES ($1, $2, 'measured')", project, organization
    )
    await db.close()
    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true"}
    settings = Settings(
        database_url=url, jwt_secret=SECRET, upload_urls_per_minute=0, s3_endpoint_url="http://127.0.0.1:9"
    )
    token = mint(SECRET, Principal("anna", organization, frozenset({Scope.WRITE})), lifetime_seconds=3600)
    app = api_from_settings(settings)
    logs.configure("error")
    found: dict[str, list[float]] = {}
    async with app.router.lifespan_context(app):
        client = Client(app, str(project), token)
        # The first has a token that nobody has seen.
        await cpu_us(client)
        with exporting(sink, "measured", ratio=1):
            traced = SWITCH.recorder
            with exporting(sink, "measured", ratio=0):
                untraced = SWITCH.recorder
                variants: dict[str, tuple[Any, Callable[[], Any]]] = {
                    "neither": (None, without_metrics),
                    "metrics": (None, nullcontext),
                    "metrics and traces, of none": (untraced, nullcontext),
                    "metrics and traces, of all": (traced, nullcontext),
                }
                for _ in range(ROUNDS):
                    for name, (recorder, block) in variants.items():
                        SWITCH.recorder = recorder
                        with block():
                            found.setdefault(name, []).append(await cpu_us(client))
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sink = subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own)
        try:
            port = sink.stdout.readline().strip() if sink.stdout else ""
            with PostgresServer(folder / "postgres", folder / "logs", fast=True) as server:
                found = asyncio.run(measure(server.database_url, f"http://127.0.0.1:{port}"))
        finally:
            sink.kill()
            sink.wait()
    base = statistics.median(found["neither"])
    for name, values in found.items():
        middle = statistics.median(values)
        print(f"{name:30} {middle:7.1f} µs CPU for an upload URL  {middle - base:+6.1f}")


if __name__ == "__main__":
    main()
