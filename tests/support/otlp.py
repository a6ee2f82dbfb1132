"""A receiver of traces: takes OTLP over HTTP as a collector does, and keeps what it is sent."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

SERVER, PRODUCER, CONSUMER = Message.SPAN_KIND_SERVER, Message.SPAN_KIND_PRODUCER, Message.SPAN_KIND_CONSUMER


@dataclass(frozen=True)
class Span:
    """`parent` is empty for the first of its trace."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent: str
    links: tuple[str, ...]
    """The traces of the spans that it is linked with."""
    attributes: dict[str, Any]
    resource: dict[str, Any]
    is_error: bool


@dataclass
class Receiver:
    """`silent`: takes requests, and answers none of them before it is told to."""

    silent: bool = False
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def spans(self) -> list[Span]:
        return [span for body in tuple(self.bodies) for span in decoded(body)]

    def of_trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans() if span.trace_id == trace_id]


def decoded(body: bytes) -> Iterator[Span]:
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = attributes_of(group.resource)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Span(
                    str(resource["service.name"]),
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    tuple(link.trace_id.hex() for link in span.links),
                    attributes_of(span),
                    resource,
                    span.status.code == 2,
                )


def attributes_of(holder: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in holder.attributes}


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.bodies.append(body)
            if receiver.silent:
                receiver.free.wait(60)
                return
            found = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name for it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.free.set()
        server.shutdown()
        server.server_close()
        thread.join()
