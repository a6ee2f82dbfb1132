"""What was measured against the bars that the project set itself."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Found = Mapping[str, Any]
COMPARISONS = {">=": operator.ge, "<=": operator.le, "==": operator.eq}


@dataclass(frozen=True)
class Row:
    """`value` takes what was found; None where that was not measured in this run, or came to
    nothing that could be divided by. No `bar`: for information."""

    what: str
    value: Callable[[Found], float]
    bar: str = ""

    def shown(self, found: Found) -> dict[str, Any] | None:
        try:
            value = self.value(found)
        except (KeyError, ZeroDivisionError):
            return None
        return {"what": self.what, "value": round(value, 3), "bar": self.bar, "held": self.held(value)}

    def held(self, value: float) -> bool | None:
        if not self.bar:
            return None
        sign, _, limit = self.bar.partition(" ")
        return bool(COMPARISONS[sign](value, float(limit)))


def key(name: str) -> Callable[[Found], float]:
    return lambda found: float(found[name])


def ratio(one: str, other: str, times: float = 1) -> Callable[[Found], float]:
    return lambda found: float(times * found[one] / found[other])


def percent(name: str) -> Callable[[Found], float]:
    return lambda found: float(100 * found[name])


ROWS = (
    Row(
        "upload-url, requests/s against the floor", ratio("photodock.one.per_second", "floor.one.per_second"), ">= 0.70"
    ),
    Row(
        "upload-url, requests/s against the baseline",
        ratio("photodock.one.per_second", "baseline.one.per_second"),
        ">= 20",
    ),
    Row("upload-url, p99 at half the rate, ms", key("photodock.half.p99_ms"), "<= 10"),
    Row(
        "upload-url, p99 at half the rate against the floor's",
        ratio("photodock.half.p99_ms", "floor.half.p99_ms"),
        "<= 2",
    ),
    Row("presigned PUT, against botocore's", key("presign_ratio"), ">= 25"),
    Row(
        "upload-urls with 100 items, URLs/s against single calls",
        ratio("photodock.hundred.per_second", "photodock.one.per_second", 100),
        ">= 8",
    ),
    Row(
        "the same, of one client who waits for each answer",
        ratio("photodock.hundred_alone.per_second", "photodock.one_alone.per_second", 100),
    ),
    Row(
        "GET photo, 200: requests/s against a bare SELECT",
        ratio("photodock.get.per_second", "floor.get.per_second"),
        ">= 0.70",
    ),
    Row(
        "GET photo, 304: requests/s against a bare SELECT",
        ratio("photodock.unchanged.per_second", "floor.get.per_second"),
        ">= 0.70",
    ),
    Row("JPEG head with EXIF, against Pillow's EXIF and GPS", key("parse_ratio"), ">= 6"),
    Row("the same, against Pillow reading the same facts", key("parse_alike_ratio")),
    Row("JPEG head with EXIF, p99, ms", key("parse_p99_ms"), "<= 1"),
    Row("S3 requests for a confirmed photo, mean", key("s3_requests.mean"), "<= 1.1"),
    Row("S3 requests for a confirmed photo, worst", key("s3_requests.worst"), "<= 3"),
    Row("confirm to message, idle, p99, ms", key("handover.p99_ms"), "<= 100"),
    Row("worker, photos/s against its floor", ratio("worker.per_second", "worker_floor.per_second"), ">= 0.60"),
    Row(
        "worker, CPU of a photo, the floor's against its own", ratio("worker_floor.cpu_us", "worker.cpu_us"), ">= 0.60"
    ),
    Row("CPU of a request, two processes against one", ratio("processes_2.cpu_us", "processes_1.cpu_us"), "<= 1.25"),
    Row("URLs given by two processes, against the limit", key("limit.ratio"), "== 1"),
    Row("RSS of one process after the first requests, MB", key("rss_first_mb"), "<= 120"),
    Row("RSS, growth over as many again, %", percent("rss_growth"), "<= 5"),
    Row("1,000 event streams: RSS of their process, MB", key("streams.apart_rss_mb"), "<= 200"),
    Row("the same, all of one organization", key("streams.together_rss_mb"), "<= 200"),
    Row("change to event, 1,000 streams of 100 organizations, p50, ms", key("streams.apart_p50_ms")),
    Row("change to event, 1,000 streams of 100 organizations, p99, ms", key("streams.apart_p99_ms"), "<= 100"),
    Row("change to event, all 1,000 streams told, p99, ms", key("streams.together_p99_ms"), "<= 250"),
    Row("cold start to the first 200, s", key("photodock.start_seconds"), "<= 1.5"),
    Row(
        "upload-url through pgbouncer, requests/s against direct",
        ratio("pooled.one.per_second", "photodock.one.per_second"),
    ),
    Row("insert, p99: 10 million rows against 10 thousand", key("growth.insert"), "<= 1.25"),
    Row("get, p99: 10 million rows against 10 thousand", key("growth.get"), "<= 1.25"),
    Row("list, p99: 10 million rows against 10 thousand", key("growth.lists"), "<= 1.25"),
    Row("sweep, p99: 10 million rows against 10 thousand", key("growth.sweep"), "<= 1.25"),
)


def rows(found: Found) -> list[dict[str, Any]]:
    """Those that this run measured."""
    shown = (row.shown(found) for row in ROWS)
    return [one for one in shown if one]


def lines(shown: list[dict[str, Any]]) -> Iterator[str]:
    marks = {True: "held", False: "missed", None: ""}
    for one in shown:
        yield f"{one['what']:58} {one['value']:10.2f}   {one['bar']:8} {marks[one['held']]}"
