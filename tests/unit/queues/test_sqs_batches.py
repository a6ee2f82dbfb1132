import json
from uuid import uuid4

from photodock.domain.jobs import DetectionJob, Priority
from photodock.queues.batches import MAX_BYTES, batches, message


def job(*, key: str = "key.jpg", traceparent: str | None = None) -> DetectionJob:
    return DetectionJob(uuid4(), uuid4(), f"s3://bucket/{key}", ("damage",), Priority.LOW, "request-1", traceparent)


def messages(count: int, *, key: str = "key.jpg"):
    return [message(index, job(key=key)) for index in range(count)]


def test_a_request_holds_ten_messages_at_most():
    made = messages(23)
    cut = list(batches(made))
    assert [len(batch) for batch in cut] == [10, 10, 3]
    assert [one for batch in cut for one in batch] == made


def test_a_request_stays_below_the_limit_of_bytes():
    made = messages(5, key="k" * 100_000)
    cut = list(batches(made))
    assert [len(batch) for batch in cut] == [2, 2, 1]
    assert all(sum(one.size for one in batch) <= MAX_BYTES for batch in cut)


def test_a_request_may_be_full_to_the_last_byte():
    first = message(0, job())
    rest = MAX_BYTES - first.size
    second = message(1, job(key="k" * (rest - message(1, job(key="")).size)))
    assert first.size + second.size == MAX_BYTES
    assert len(list(batches([first, second]))) == 1
    assert len(list(batches([first, second, message(2, job())]))) == 2


def test_nothing_needs_no_request():
    assert list(batches([])) == []


def test_the_size_counts_body_and_attributes():
    made = job(key="dach-\N{LATIN SMALL LETTER U WITH DIAERESIS}.jpg")
    one = message(0, made)
    attributes = sum(len(name) + 6 + len(value) for name, value in made.attributes().items())
    assert one.size == len(json.dumps(made.body(), separators=(",", ":")).encode()) + attributes


def test_an_absent_traceparent_is_no_attribute():
    assert set(message(0, job()).entry()["MessageAttributes"]) == {"message_id", "correlation_id"}
    assert "traceparent" in message(0, job(traceparent="00-1-2-01")).entry()["MessageAttributes"]
