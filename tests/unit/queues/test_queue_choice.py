"""The broker, region and endpoint that a queue's URL names."""

from typing import Any

import pytest

from photodock.queues import by_url
from photodock.queues.rabbitmq_dead_letters import RabbitDeadLetters
from photodock.queues.rabbitmq_inbox import RabbitInbox


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the adapters of SQS are made with."""
    asked: list[dict[str, Any]] = []

    def note(session: object, queue_url: str, **options: Any) -> None:
        asked.append(options)

    monkeypatch.setattr(by_url, "SqsInbox", note)
    monkeypatch.setattr(by_url, "SqsDeadLetters", note)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return asked


def inbox(url: str, **options: Any) -> Any:
    return by_url.inbox_at(url, concurrency=2, poll_seconds=1, visibility_seconds=30, **options)


@pytest.mark.parametrize(
    ("url", "region", "endpoint"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/1/q", "eu-central-1", "https://sqs.eu-central-1.amazonaws.com"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", "cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn"),
        (
            "https://vpce-1.sqs.us-east-2.vpce.amazonaws.com/1/q",
            "us-east-2",
            "https://vpce-1.sqs.us-east-2.vpce.amazonaws.com",
        ),
        ("http://127.0.0.1:4566/000000000000/q", "us-east-1", "http://127.0.0.1:4566"),
    ],
)
def test_an_sqs_url_tells_region_and_endpoint(made, url, region, endpoint):
    inbox(url)
    by_url.dead_letters_at(url)
    assert [(one["region"], one["endpoint_url"]) for one in made] == [(region, endpoint)] * 2


def test_what_is_given_goes_before_what_the_url_tells(made, monkeypatch):
    inbox("https://sqs.eu-central-1.amazonaws.com/1/q", region="r", endpoint_url="http://e")
    assert (made[0]["region"], made[0]["endpoint_url"]) == ("r", "http://e")


def test_a_servers_region_is_the_sdks_where_there_is_one(made, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    inbox("http://queue.test/1/q")
    assert made[0]["region"] == "eu-west-3"


@pytest.mark.parametrize("url", ["amqp://mq.example/?queue=jobs", "amqps://mq.example/"])
def test_an_amqp_url_is_rabbitmqs(url):
    assert isinstance(inbox(url), RabbitInbox)
    assert isinstance(by_url.dead_letters_at(url), RabbitDeadLetters)


@pytest.mark.parametrize("url", ["", "sqs.eu-central-1.amazonaws.com/1/q", "kafka://secret@x", "https:///q", "amqp://"])
def test_anything_else_is_refused_without_repeating_it(url):
    for make in (inbox, by_url.dead_letters_at):
        with pytest.raises(ValueError, match=r"amqp://") as refusal:
            make(url)
        assert "secret" not in str(refusal.value)
