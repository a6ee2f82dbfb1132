"""Which queue a URL means, and that its password stays in it."""

import pytest

from photodock.bootstrap.queues import job_queue
from photodock.queues.rabbitmq import RabbitQueue, address
from photodock.queues.sqs import SqsQueue
from photodock.settings import Settings, SettingsError
from photodock.storage.credentials import CredentialsProvider

PASSWORD = "s3cr3t-Pa55"
DATABASE_URL = "postgresql://u:p@db.example/d"


@pytest.mark.parametrize(
    ("url", "queue"),
    [
        (f"amqp://u:{PASSWORD}@mq.example:5673/photos?queue=roof-jobs", "roof-jobs"),
        (f"amqps://u:{PASSWORD}@mq.example/photos", "photodock-detection"),
        (f"amqp://u:{PASSWORD}@mq.example?queue=two%20words&heartbeat=30", "two words"),
    ],
)
def test_the_queue_is_named_in_the_query_and_not_sent_to_the_broker(url, queue):
    broker, name = address(url)
    assert name == queue
    assert "queue" not in broker.query
    assert (broker.scheme, broker.host, broker.password) == (url.partition(":")[0], "mq.example", PASSWORD)


def test_the_urls_own_heartbeat_stands():
    assert address("amqp://mq.example/?heartbeat=30")[0].query["heartbeat"] == "30"
    assert address("amqp://mq.example/")[0].query["heartbeat"] == "10"


@pytest.mark.parametrize(
    "url",
    [
        f"https://u:{PASSWORD}@mq.example/",
        f"u:{PASSWORD}@mq.example",
        f"amqp://u:{PASSWORD}@/vhost",
        f"amqp://u:{PASSWORD}@mq.example:port/",
        f"amqp://u:{PASSWORD}@mq.example/?queue=",
        f"amqp://u:{PASSWORD}@mq.example/?queue={'q' * 251}",
        "",
    ],
)
def test_a_url_that_means_no_queue_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match=r"^must ") as raised:
        address(url)
    assert PASSWORD not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_the_longest_name_leaves_room_for_the_dead_letters():
    assert len(address(f"amqp://mq.example/?queue={'q' * 250}")[1]) == 250


async def queue_for(url: str) -> object:
    settings = Settings(database_url=DATABASE_URL, queue_url=url)
    assert PASSWORD not in f"{settings!r} {settings} {settings.model_dump()}"
    return job_queue(settings, CredentialsProvider.static("key", "secret"))


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (f"amqp://u:{PASSWORD}@mq.example/", RabbitQueue),
        (f"amqps://u:{PASSWORD}@mq.example/", RabbitQueue),
        ("https://sqs.eu-central-1.amazonaws.com/1/jobs", SqsQueue),
        ("http://127.0.0.1:4566/1/jobs", SqsQueue),
    ],
)
async def test_the_urls_scheme_picks_the_broker(url, kind):
    queue = await queue_for(url)
    assert type(queue) is kind
    assert PASSWORD not in repr(queue)


async def test_a_url_that_cannot_be_used_is_a_fault_of_the_settings():
    with pytest.raises(SettingsError, match=r"PHOTODOCK_QUEUE_URL: must ") as raised:
        await queue_for(f"amqp://u:{PASSWORD}@mq.example:port/")
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize("url", [f"ampq://u:{PASSWORD}@mq.example/", "jobs", "amqp:///vhost"])
def test_another_scheme_is_found_at_the_start(url):
    with pytest.raises(ValueError, match="must look like https://sqs") as raised:
        Settings(database_url=DATABASE_URL, queue_url=url)
    assert PASSWORD not in str(raised.value)


def test_an_empty_url_is_none():
    assert Settings(database_url=DATABASE_URL, queue_url="").queue_url is None
