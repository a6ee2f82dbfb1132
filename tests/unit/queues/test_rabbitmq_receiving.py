"""What is made of a message as RabbitMQ delivers it."""

from types import SimpleNamespace
from typing import Any

import pytest

from photodock.queues.rabbitmq_inbox import _Link

NOBODY: Any = None


def delivered(headers: dict[str, object], body: bytes = b"{}") -> Any:
    return SimpleNamespace(body=body, headers=headers, delivery_tag=7)


def link() -> _Link:
    return _Link(1, NOBODY, NOBODY, NOBODY)


@pytest.mark.parametrize(("counted", "receives"), [(None, 1), (0, 1), (4, 5)])
def test_the_broker_counts_the_returns(counted: int | None, receives: int) -> None:
    assert link().take(delivered({"x-delivery-count": counted})).receives == receives


@pytest.mark.parametrize(
    "written", ["many", "9" * 5_000, "", b"3", -5, 1.5, True, [], {}, {"a": [1]}], ids=lambda value: repr(value)[:10]
)
def test_what_a_sender_writes_in_its_place_counts_nothing_and_ends_no_consumer(written: object) -> None:
    assert link().take(delivered({"x-delivery-count": written})).receives in (1, 2)


def test_only_texts_are_attributes_and_a_body_of_any_bytes_is_a_text() -> None:
    message = link().take(delivered({"message_id": "a", "odd": 7, "none": None, "nested": {"b": "c"}}, b"\xff\x00"))
    assert message.attributes == {"message_id": "a"}
    assert message.body == "\ufffd\x00"
