"""JSON log lines on standard error, one object each, with the request's ids in every line."""

import json
import logging
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import structlog
from pydantic_core import PydanticSerializationError, to_json

# Nothing puts these into a line on purpose; this keeps an accident from reaching the log.
SECRET_WORDS = ("token", "authorization", "secret", "password", "signature", "upload_url", "download_url")


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if _names_a_secret(key) or (not isinstance(value, _HARMLESS) and "X-Amz-Signature" in str(value)):
            event[key] = "[hidden]"
    return event


_HARMLESS = (int, float, type(None))


@lru_cache(maxsize=256)
def _names_a_secret(key: str) -> bool:
    return any(word in key.lower() for word in SECRET_WORDS)


def to_line(event: Any, **_: Any) -> str:
    """One line of JSON; four times as fast as the standard library, which serves for what only it can write."""
    try:
        return to_json(event, fallback=repr).decode()
    except (PydanticSerializationError, UnicodeError):
        return json.dumps(event, default=repr)


def configure(level: str) -> None:
    """`level`: `debug`, `info`, `warning` or `error`. Third parties' lines come out in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(to_line)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(to_line),
            ],
        )
    )
    # Third parties speak from `warning` on: their lower levels print requests whole.
    # It repeats each fault that the RabbitMQ adapter reports in its own words.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
