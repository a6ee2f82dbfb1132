"""Requests and their times, counted where every request passes.

To count one in a file that other processes read takes the client library some 3.5 µs, and both of the busiest calls
are measured in tens of them. So each process adds up by itself, and hands over what it has once a second and before
each scrape.
"""

from bisect import bisect_left

from prometheus_client import Histogram

from photodock.metrics.definitions import HTTP_REQUESTS, REQUEST_BOUNDS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
"""The route of requests that no route takes."""
_PLACES = len(REQUEST_BOUNDS) + 1

Key = tuple[str, str | None, int, bool]


class _Cell:
    """What one kind of request adds up to since it was last handed over."""

    __slots__ = ("child", "counts", "seconds")

    def __init__(self, child: Histogram) -> None:
        self.child = child
        self.counts = [0] * _PLACES
        self.seconds = 0.0


class Requests:
    def __init__(self) -> None:
        self._cells: dict[Key, _Cell] = {}

    def note(self, method: str, route: str | None, status: int, seconds: float, *, held: bool = False) -> None:
        """`status` 0: the client was gone before there was one."""
        cell = self._cells.get((method, route, status, held)) or self._cell(method, route, status, held)
        cell.counts[bisect_left(REQUEST_BOUNDS, seconds)] += 1
        cell.seconds += seconds

    def hand_over(self) -> None:
        for cell in self._cells.values():
            counts, seconds = cell.counts, cell.seconds
            if any(counts):
                cell.counts, cell.seconds = [0] * _PLACES, 0.0
                # The library takes observations one by one only. What it does with one, done with many at once.
                cell.child._sum.inc(seconds)
                for bucket, count in zip(cell.child._buckets, counts, strict=True):
                    if count:
                        bucket.inc(count)

    def _cell(self, method: str, route: str | None, status: int, held: bool) -> _Cell:
        # Anybody may invent methods; as a key each would stay for good.
        known = method if method in METHODS else "other"
        key = (known, route, status, held)
        if key not in self._cells:
            shown = (route or UNMATCHED) + (" held" if held else "")
            self._cells[key] = _Cell(HTTP_REQUESTS.labels(known, shown, str(status)))
        return self._cells[key]


REQUESTS = Requests()
