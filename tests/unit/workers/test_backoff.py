from datetime import timedelta
from uuid import UUID, uuid4

from photodock.domain.jobs import DetectionJob, Priority
from photodock.workers.relay import Backoff


def job(message_id: UUID) -> DetectionJob:
    return DetectionJob(message_id, uuid4(), "s3://bucket/key", ("damage",), Priority.NORMAL, "request-1")


AVERAGE = job(UUID(int=500))


def test_the_waits_grow_fourfold_up_to_an_hour():
    waits = [Backoff().wait(AVERAGE, attempts) for attempts in range(1, 10)]
    assert [wait.total_seconds() for wait in waits if wait] == [1, 4, 16, 64, 256, 1024, 3600, 3600, 3600]


def test_the_tenth_failure_is_the_last():
    assert Backoff().wait(AVERAGE, 9) is not None
    assert Backoff().wait(AVERAGE, 10) is None


def test_ten_attempts_outlast_an_outage_of_two_and_a_half_hours_whatever_the_chance():
    shortest = job(UUID(int=0))
    waits = [Backoff().wait(shortest, attempts) for attempts in range(1, 10)]
    assert sum((wait for wait in waits if wait), timedelta()) > timedelta(hours=2, minutes=30)


def test_jobs_of_one_outage_are_spread():
    waits = {Backoff().wait(job(uuid4()), 5) for _ in range(100)}
    assert len(waits) > 50
    assert all(timedelta(seconds=192) <= wait <= timedelta(seconds=320) for wait in waits if wait)
