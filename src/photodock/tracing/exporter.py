"""Sending spans by OTLP over HTTP, from a thread of its own. Imported when traces are on, and then alone.

A receiver that is away or silent costs spans and never a request: what does not fit into the queue is dropped.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from photodock import __version__
from photodock.metrics.definitions import TRACE_SPANS
from photodock.tracing.recorder import Recorder
from photodock.tracing.sdk import Ids
from photodock.tracing.setup import PATH
from photodock.tracing.spans import SWITCH

log = structlog.get_logger(__name__)

QUEUED, AT_ONCE = 4_096, 512
"""Spans that wait at the most, and those of one request to the receiver."""
DELAY_SECONDS, EXPORT_SECONDS, STOP_SECONDS = 2.0, 5.0, 1.0
"""Between two requests; the longest that one takes with all its tries; what a stop gives to the spans that are left."""


def start(endpoint: str, service: str, *, environment: str, ratio: float) -> Callable[[], None]:
    ids = Ids()
    provider = TracerProvider(
        ParentBased(TraceIdRatioBased(ratio)),
        resource_of(service, environment),
        shutdown_on_exit=False,
        id_generator=ids,
    )
    processor = BatchSpanProcessor(
        Noted(OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=EXPORT_SECONDS)),
        max_queue_size=QUEUED,
        max_export_batch_size=AT_ONCE,
        schedule_delay_millis=DELAY_SECONDS * 1000,
    )
    provider.add_span_processor(processor)
    # It tells each failure with the receiver's address, and each span that is dropped; `Noted` tells what is needed.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    SWITCH.recorder = Recorder(provider, ids, ratio)

    def stop() -> None:
        SWITCH.recorder = None
        # By a thread that nobody waits for: a receiver that is silent keeps no process from stopping.
        stopping = threading.Thread(target=provider.shutdown, daemon=True)
        stopping.start()
        stopping.join(STOP_SECONDS)

    return stop


def resource_of(service: str, environment: str) -> Resource:
    """Who sends: what `OTEL_RESOURCE_ATTRIBUTES` says besides is added."""
    known = {
        "service.name": service,
        "service.namespace": "photodock",
        "service.version": __version__,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
    }
    return Resource.create(known | ({"deployment.environment.name": environment} if environment else {}))


class Noted(SpanExporter):
    """Counts, and tells of the first failure and of the first success after one."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._fails = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        failed = result is not SpanExportResult.SUCCESS
        TRACE_SPANS.labels("failed" if failed else "sent").inc(len(spans))
        if failed and not self._fails:
            log.warning("traces_not_sent", hint="Ask `photodock doctor --only traces` why.")
        elif self._fails and not failed:
            log.info("traces_sent_again")
        self._fails = failed
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()
