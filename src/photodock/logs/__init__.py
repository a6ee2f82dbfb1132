"""JSON log lines on standard error, one object each, with the request's ids in every line."""

import json
import logging
import sys
import time
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from pydantic_core import PydanticSerializationError, to_json

from photodock.logs.writer import LogWriter
from photodock.tracing.spans import trace_id

# Nothing puts these into a line on purpose; this keeps an accident from reaching the log.
SECRET_WORDS = ("token", "authorization", "secret", "password", "signature", "upload_url", "download_url")
SIGNED = "X-Amz-Signature"
HIDDEN = "[hidden]"


def add_level_and_time(_: Any, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """As structlog's own two processors, at a tenth of the price: each request writes a line."""
    event["level"] = "warning" if level == "warn" else "error" if level == "exception" else level
    second, rest = divmod(time.time_ns(), 1_000_000_000)
    event["timestamp"] = f"{_written(second)}.{rest // 1000:06}Z"
    return event


@lru_cache(maxsize=2)
def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def add_exception(logger: Any, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return structlog.processors.format_exc_info(logger, level, event) if "exc_info" in event else event


def to_line(_: Any, __: str, event: Mapping[str, Any]) -> str:
    """One line of JSON, whatever is in `event`, without secrets."""
    if _name_a_secret(tuple(event)):
        event = {name: HIDDEN if _name_a_secret((name,)) else value for name, value in event.items()}
    line = _as_json(event)
    if SIGNED in line:
        line = _as_json({name: HIDDEN if SIGNED in _as_json({"": value}) else value for name, value in event.items()})
    return line


@lru_cache(maxsize=256)
def _name_a_secret(names: tuple[str, ...]) -> bool:
    return any(word in str(name).lower() for name in names for word in SECRET_WORDS)


def _as_json(event: Mapping[str, Any]) -> str:
    """What nearly all lines consist of is written four times as fast as by the standard library. Anything else gets
    there by its `repr` alone: that is where a class hides what is secret."""
    try:
        if _PLAIN.issuperset(map(type, event.values())):
            return to_json(event).decode()
    except PydanticSerializationError:
        pass  # half a character: the standard library writes it
    try:
        return json.dumps(event, default=_in_words)
    except (TypeError, ValueError, RecursionError):
        # A name that is no text, or something that holds itself.
        return json.dumps({str(name): value if type(value) is str else repr(value) for name, value in event.items()})


_PLAIN = frozenset({str, int, float, bool, type(None), UUID, datetime})


def _in_words(value: object) -> str:
    return str(value) if isinstance(value, UUID | datetime) else repr(value)


def silence() -> None:
    """For a command that says by itself what is wrong: no line of what it calls."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


def add_trace_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (found := trace_id()) and "trace_id" not in event:
        event["trace_id"] = found
    return event


class _Short(structlog.BoundLoggerBase):
    """structlog's own way from a call to its line, but that it copies what it is given once and not three times."""

    def _proxy_to_logger(self, method_name: str, event: str | None = None, **event_kw: Any) -> None:
        made: Any = {**self._context, **event_kw, "event": event}
        try:
            for process in self._processors:
                made = process(self._logger, method_name, made)
            getattr(self._logger, method_name)(made)
        except structlog.DropEvent:
            pass


def _logger(level: int) -> type[Any]:
    """What is below `level` is left out."""
    return type("Logger", (_Short, structlog.make_filtering_bound_logger(level)), {})


def configure(level: str, *, traces: bool = False) -> None:
    """`level`: `debug`, `info`, `warning` or `error`. Third parties' lines come out in the same form. `traces`: each
    line of what is traced has its trace's id."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        *([add_trace_id] if traces else []),
        add_level_and_time,
        add_exception,
    ]
    writer = LogWriter(sys.stderr)
    structlog.configure(
        processors=[*shared, to_line],
        wrapper_class=_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(writer)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, to_line],
        )
    )
    # Third parties speak from `warning` on: their lower levels print requests whole.
    # It repeats each fault that the RabbitMQ adapter reports in its own words.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
