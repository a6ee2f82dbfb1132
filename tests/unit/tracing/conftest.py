"""Spans without a server and without a receiver."""

from collections.abc import Iterator
from typing import Any

import pytest

from photodock.tracing import spans
from support.spans_seen import Seen, seeing_spans

FOREIGN_TRACE = 0x0AF7651916CD43DD8448EB211C80319C
FOREIGN = f"00-{FOREIGN_TRACE:032x}-b7ad6b7169203331-01"
NOT_SAMPLED = f"00-{FOREIGN_TRACE:032x}-b7ad6b7169203331-00"


@pytest.fixture
def seen() -> Iterator[Seen]:
    with seeing_spans() as found:
        yield found


@pytest.fixture
def none_seen() -> Iterator[Seen]:
    with seeing_spans(0) as found:
        yield found


class Request:
    """A request whose answer is 200, unless it says otherwise."""

    def __init__(self, traceparent: str | None = None, *, path: str = "/api/v1/photos") -> None:
        headers = [(b"traceparent", traceparent.encode())] if traceparent else []
        self.scope: dict[str, Any] = {"path": path, "headers": headers}
        self.refused = False

    def __enter__(self) -> "Request":
        self.span = spans.request(self.scope)
        return self

    def __exit__(self, *_: object) -> None:
        if self.span:
            self.span.end("request", {}, is_error=False, is_refused=self.refused)
