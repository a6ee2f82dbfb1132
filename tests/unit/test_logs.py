"""The form of log lines, and what never stands in one."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from photodock import logs

PRESIGNED = "https://bucket.example/key?X-Amz-Credential=AKIA&X-Amz-Signature=0123456789abcdef"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    found = io.StringIO()
    monkeypatch.setattr(sys, "stderr", found)
    yield found
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def configured(level: str) -> Any:
    logs.configure(level)
    # The module's loggers would otherwise keep this stream for the rest of the run.
    structlog.configure(cache_logger_on_first_use=False)
    return structlog.get_logger()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_level_time_and_context(stream: io.StringIO) -> None:
    log = configured("info")
    structlog.contextvars.bind_contextvars(correlation_id="id-1")
    log.info("it_happened", photo_id="7", text="two\nlines and 屋根")
    [line] = lines(stream)
    assert (line["event"], line["level"], line["correlation_id"]) == ("it_happened", "info", "id-1")
    assert (line["photo_id"], line["text"]) == ("7", "two\nlines and 屋根")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_lower_levels_are_left_out(stream: io.StringIO, level: str, expected: int) -> None:
    log = configured(level)
    for method in ("debug", "info", "warning", "error"):
        getattr(log, method)("line")
    assert len(lines(stream)) == expected


def test_an_exception_is_one_line_with_its_place(stream: io.StringIO) -> None:
    log = configured("info")
    try:
        raise ValueError("because")
    except ValueError:
        log.exception("it_failed")
    [line] = lines(stream)
    assert "ValueError: because" in line["exception"]
    assert line["level"] == "error"


@pytest.mark.parametrize(
    "key",
    ["token", "access_token", "Authorization", "jwt_secret", "password", "signature", "upload_url", "download_url"],
)
def test_a_value_under_a_telling_name_is_hidden(stream: io.StringIO, key: str) -> None:
    configured("info").info("line", **{key: "abc"}, other="seen")
    [line] = lines(stream)
    assert (line[key], line["other"]) == ("[hidden]", "seen")


@pytest.mark.parametrize("value", [PRESIGNED, {"url": PRESIGNED}, [PRESIGNED], ValueError(PRESIGNED)], ids=repr)
def test_a_presigned_query_is_hidden_wherever_it_stands(stream: io.StringIO, value: object) -> None:
    configured("info").info("line", harmless=value)
    assert "0123456789abcdef" not in stream.getvalue()


def test_a_presigned_query_in_an_exception_is_hidden(stream: io.StringIO) -> None:
    log = configured("info")
    try:
        raise ValueError(PRESIGNED)
    except ValueError:
        log.exception("it_failed")
    assert "0123456789abcdef" not in stream.getvalue()


def test_third_parties_speak_in_the_same_form_and_from_warning_on(stream: io.StringIO) -> None:
    configured("debug")
    other = logging.getLogger("some.library")
    other.info("GET %s", PRESIGNED)
    other.warning("trouble with %s", "this")
    other.error("refused: %s", PRESIGNED)
    first, second = lines(stream)
    assert (first["event"], first["level"]) == ("trouble with this", "warning")
    assert second["level"] == "error"
    assert "0123456789abcdef" not in stream.getvalue()


def test_third_parties_exceptions_are_in_the_same_line(stream: io.StringIO) -> None:
    configured("info")
    try:
        raise ValueError("because")
    except ValueError:
        logging.getLogger("some.library").exception("it failed")
    [line] = lines(stream)
    assert "ValueError: because" in line["exception"]
