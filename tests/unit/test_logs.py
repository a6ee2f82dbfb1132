"""The form of log lines, and what never stands in one."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import structlog

from support.log_lines import written_log

PRESIGNED = "https://bucket.example/key?X-Amz-Credential=AKIA&X-Amz-Signature=0123456789abcdef"


def test_a_line_is_one_json_object_with_level_time_and_context() -> None:
    with written_log("info") as log:
        structlog.contextvars.bind_contextvars(correlation_id="id-1")
        structlog.get_logger().info("it_happened", photo_id="7", text="two\nlines and 屋根")
    [line] = log.lines
    assert (line["event"], line["level"], line["correlation_id"]) == ("it_happened", "info", "id-1")
    assert (line["photo_id"], line["text"]) == ("7", "two\nlines and 屋根")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_lower_levels_are_left_out(level: str, expected: int) -> None:
    with written_log(level) as log:
        for method in ("debug", "info", "warning", "error"):
            getattr(structlog.get_logger(), method)("line")
    assert len(log.lines) == expected


def test_an_exception_is_one_line_with_its_place() -> None:
    with written_log("info") as log:
        try:
            raise ValueError("because")
        except ValueError:
            structlog.get_logger().exception("it_failed")
    [line] = log.lines
    assert "ValueError: because" in line["exception"]
    assert line["level"] == "error"


@pytest.mark.parametrize(
    "key",
    ["token", "access_token", "Authorization", "jwt_secret", "password", "signature", "upload_url", "download_url"],
)
def test_a_value_under_a_telling_name_is_hidden(key: str) -> None:
    with written_log("info") as log:
        structlog.get_logger().info("line", **{key: "abc"}, other="seen")
    [line] = log.lines
    assert (line[key], line["other"]) == ("[hidden]", "seen")


@pytest.mark.parametrize("value", [PRESIGNED, {"url": PRESIGNED}, [PRESIGNED], ValueError(PRESIGNED)], ids=repr)
def test_a_presigned_query_is_hidden_wherever_it_stands(value: object) -> None:
    with written_log("info") as log:
        structlog.get_logger().info("line", harmless=value)
    [line] = log.lines
    assert line["harmless"] == "[hidden]"


@dataclass(frozen=True)
class Keys:
    """As credentials and presigned uploads are made: `repr` shows the half of it."""

    name: str
    content: str = field(repr=False)


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"in": (one,)}])
def test_what_a_class_leaves_out_of_its_repr_is_in_no_line(wrap: Any) -> None:
    with written_log("info") as log:
        structlog.get_logger().info("line", harmless=wrap(Keys("mine", "0123456789abcdef")))
    [line] = log.lines
    assert "Keys(name='mine')" in str(line["harmless"])
    assert "0123456789abcdef" not in str(line)


ITSELF: list[object] = []
ITSELF.append(ITSELF)
NUMBER = UUID(int=7)
AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (NUMBER, str(NUMBER)),
        ([NUMBER], [str(NUMBER)]),
        (b"\xff", "b'\\xff'"),
        ("\ud800", "\ud800"),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (ITSELF, "[[...]]"),
        ([AT], [str(AT)]),
        (2**64, 2**64),
        (ValueError("because"), "ValueError('because')"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_makes_a_line(value: object, written: object) -> None:
    with written_log("info") as log:
        structlog.get_logger().info("line", odd=value)
    [line] = log.lines
    assert line["event"] == "line"
    assert line["odd"] == written


def test_a_presigned_query_in_an_exception_is_hidden() -> None:
    with written_log("info") as log:
        try:
            raise ValueError(PRESIGNED)
        except ValueError:
            structlog.get_logger().exception("it_failed")
    [line] = log.lines
    assert line["exception"] == "[hidden]"


def test_third_parties_speak_in_the_same_form_and_from_warning_on() -> None:
    other = logging.getLogger("some.library")
    with written_log("debug") as log:
        other.info("GET %s", PRESIGNED)
        other.warning("trouble with %s", "this")
        other.error("refused: %s", PRESIGNED)
    first, second = log.lines
    assert (first["event"], first["level"]) == ("trouble with this", "warning")
    assert (second["event"], second["level"]) == ("[hidden]", "error")


def test_third_parties_exceptions_are_in_the_same_line() -> None:
    with written_log("info") as log:
        try:
            raise ValueError("because")
        except ValueError:
            logging.getLogger("some.library").exception("it failed")
    [line] = log.lines
    assert "ValueError: because" in line["exception"]
