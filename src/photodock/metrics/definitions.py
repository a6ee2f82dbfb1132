"""Every metric, by name. Labels take few values: patterns of routes, outcomes, names of parts; never an id.

With several `serve` processes the client library keeps all figures in files, which it finds by the environment when it
is first imported: see `processes`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from photodock.domain.limits import Limit

REGISTRY = CollectorRegistry()

Mode: TypeAlias = Literal["livesum", "max"]


@dataclass(frozen=True, slots=True)
class Described:
    """What docs/metrics.md says of a metric. `exposed` by `serve`, `worker` or both."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    exposed: str


ALL: list[Described] = []

SERVE, WORKER, BOTH = "`serve`", "`worker`", "both"


def described(name: str, kind: str, labels: Sequence[str], meaning: str, exposed: str) -> None:
    ALL.append(Described(name, kind, tuple(labels), meaning, exposed))


def counter(name: str, meaning: str, exposed: str, label: str | None = None, values: Iterable[str] = ()) -> Counter:
    """`values` of its label that are shown as 0 from the start, so that the first of them is a rise as well."""
    labels = (label,) if label else ()
    described(name, "counter", labels, meaning, exposed)
    made = Counter(name, meaning, labels, registry=REGISTRY)
    for value in values:
        made.labels(value)
    return made


def gauge(name: str, meaning: str, exposed: str, label: str | None = None, *, mode: Mode = "livesum") -> Gauge:
    """`mode`: what several processes' values make together."""
    labels = (label,) if label else ()
    described(name, "gauge", labels, meaning, exposed)
    return Gauge(name, meaning, labels, registry=REGISTRY, multiprocess_mode=mode)


def histogram(name: str, meaning: str, exposed: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
    described(name, "histogram", labels, meaning, exposed)
    return Histogram(name, meaning, labels, registry=REGISTRY, buckets=buckets)


REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds."""
LIFE_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)
"""From a job that is sent at once to a photo that is given up after a week."""

UPLOAD_ENDS = ("uploaded", "content_mismatch", "upload_expired")
DETECTION_ENDS = ("completed", "detection_failed", "detection_timeout")

HTTP_REQUESTS = histogram(
    "photodock_http_request_duration_seconds",
    "Requests, and how long they took. The `route` of held ones (`?wait=`, event streams) ends in ` held`.",
    SERVE,
    ("method", "route", "status"),
    REQUEST_BOUNDS,
)
HTTP_PROBLEMS = counter(
    "photodock_http_problems_total", "Errors that clients were told, items of batches included.", SERVE, "code"
)
RATE_LIMITED = counter(
    "photodock_rate_limit_refusals_total", "Uploads refused by a limit.", SERVE, "limit", tuple(Limit)
)
UPLOADS = counter(
    "photodock_uploads_total",
    "Ends of uploads: confirmed, refused because the object is not what was declared, or given up.",
    BOTH,
    "outcome",
    UPLOAD_ENDS,
)
DETECTIONS = counter(
    "photodock_detections_total",
    "Ends of detections.",
    BOTH,
    "outcome",
    DETECTION_ENDS,
)
ENDS = {
    **{outcome: UPLOADS.labels(outcome) for outcome in UPLOAD_ENDS},
    **{outcome: DETECTIONS.labels(outcome) for outcome in DETECTION_ENDS},
}
"""Of uploads and detections, by the status or the error code that a photo then has."""
STATUS_SECONDS = histogram(
    "photodock_photo_status_duration_seconds",
    "How long photos were in a status when they left it. `uploaded` counts from the first confirmation.",
    BOTH,
    ("status",),
    LIFE_BOUNDS,
)
S3_REQUESTS = histogram(
    "photodock_s3_request_duration_seconds",
    "Attempts of S3 calls. `outcome`: `ok`, `not_found`, `refused`, `unavailable`, `other`.",
    BOTH,
    ("operation", "outcome"),
    REQUEST_BOUNDS,
)
S3_READ_BYTES = counter("photodock_s3_read_bytes_total", "Bytes read from S3.", BOTH, "operation")
POOL_CONNECTIONS = gauge(
    "photodock_database_pool_connections",
    "Connections to the database, looked at each second: `open`, `in_use`, and `limit`, the most there may be.",
    BOTH,
    "state",
)
POOL_WAITS = counter(
    "photodock_database_pool_waits_total", "Times that somebody found all connections in use and had to wait.", BOTH
)
POOL_TIMEOUTS = counter(
    "photodock_database_pool_timeouts_total", "Times that there was no connection in time, free or new.", BOTH
)
QUEUE_JOBS = counter(
    "photodock_queue_jobs_total",
    "Publishing of detection jobs: `sent`, `failed` (and to be tried again), `parked` (given up).",
    WORKER,
    "outcome",
    ("sent", "failed", "parked"),
)
QUEUE_OUTAGES = counter(
    "photodock_queue_outages_total", "Times that the queue did not answer, or refused everything.", WORKER
)
SWEEPER_FINDINGS = counter(
    "photodock_sweeper_findings_total", "What became of photos and deletions the sweeper looked at.", WORKER, "outcome"
)
SWEEPER_ROUND = gauge(
    "photodock_sweeper_last_round_timestamp_seconds", "When the sweeper last ended a round.", WORKER, mode="max"
)
RENDITION_SECONDS = histogram(
    "photodock_rendition_duration_seconds",
    "Jobs of renditions. `outcome`: `made`, `given_up`, `put_off`, `away`, `gone`, `error`.",
    WORKER,
    ("outcome",),
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0),
)
WEBHOOKS = counter(
    "photodock_webhook_deliveries_total",
    "Attempts to deliver webhooks.",
    WORKER,
    "outcome",
    ("delivered", "failed", "error"),
)
WEBHOOKS_DISABLED = counter("photodock_webhooks_disabled_total", "Webhooks that were turned off.", WORKER)
WORKER_PART_FAILURES = counter(
    "photodock_worker_part_failures_total", "Times that a part of the worker ended with a fault.", WORKER, "part"
)
TRACE_SPANS = counter(
    "photodock_trace_spans_total",
    "Spans that the receiver of traces took, and that it did not.",
    BOTH,
    "outcome",
    ("sent", "failed"),
)
STREAMS = gauge("photodock_event_streams_open", "Event streams that are open.", SERVE)
FEED_SECONDS = histogram(
    "photodock_event_delay_seconds",
    "From a change, by the database's clock, to its sending to a client; not of what is resumed.",
    SERVE,
    (),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0),
)

# These are asked of the database when `serve` is scraped: see `exposition`.
OUTBOX_JOBS = "photodock_outbox_jobs"
OUTBOX_AGE = "photodock_outbox_oldest_age_seconds"
DATABASE_UP = "photodock_database_up"
BUILD = "photodock_build_info"
described(
    OUTBOX_JOBS,
    "gauge",
    ("state",),
    "Jobs in the outbox: `waiting` to be sent, and `parked`; counted up to 10,000. The same from every `serve`.",
    SERVE,
)
described(OUTBOX_AGE, "gauge", (), "How long the oldest unsent job has waited; 0 when none does.", SERVE)
described(DATABASE_UP, "gauge", (), "1 when the database answered this very scrape, else 0.", SERVE)
described(BUILD, "gauge", ("version",), "Always 1; the version that runs.", BOTH)
