"""The detection queue, and where its dead letters go."""

from contextlib import aclosing

from photodock.bootstrap.queues import queue_inspector
from photodock.doctor.faults import why_queue_away
from photodock.doctor.findings import Finding, not_applicable, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.domain.errors import QueueUnavailable
from photodock.queues.inspection import QueueFacts
from photodock.settings import SettingsError

SETTING = "PHOTODOCK_QUEUE_URL"
EVENTS_SETTING = "PHOTODOCK_S3_EVENTS_QUEUE_URL"
_FEWEST_RECEIVES = 2


async def facts_of(here: Installation, queue_url: str) -> QueueFacts:
    """Asked for once: several checks look at them. Raises QueueUnavailable, SettingsError."""
    if queue_url not in here.queues:
        credentials = (await here.storage()).credentials
        async with aclosing(queue_inspector(here.settings, credentials, queue_url)) as inspector:
            here.queues[queue_url] = await inspector.inspect()
    return here.queues[queue_url]


async def _reached(here: Installation, queue_url: str, setting: str) -> Finding:
    try:
        facts = await facts_of(here, queue_url)
    except QueueUnavailable as error:
        return of(why_queue_away(error, _address(here, queue_url), setting))
    except SettingsError as error:
        return wrong("The queue's URL can't be used.", str(error))
    waiting = "" if facts.waiting is None else f", {facts.waiting} messages wait"
    return ok(f"The queue `{_name(queue_url)}` is there{waiting}.")


def _address(here: Installation, queue_url: str) -> str:
    return queue_url if queue_url.startswith("amqp") else here.settings.sqs_endpoint_url or queue_url


def _name(queue_url: str) -> str:
    if queue_url.startswith("amqp"):
        return queue_url.partition("queue=")[2].partition("&")[0] or "photodock-detection"
    return queue_url.rpartition("/")[2]


async def queue(here: Installation) -> Finding:
    if here.settings.queue_url is None:
        return wrong(f"{SETTING} is not set: `photodock worker` can't start.", "Set it to an SQS or RabbitMQ queue.")
    return await _reached(here, here.settings.queue_url.get_secret_value(), SETTING)


async def events_queue(here: Installation) -> Finding:
    if not here.settings.s3_events_queue_url:
        return not_applicable(f"{EVENTS_SETTING} is empty: photos are confirmed by clients and the sweeper alone.")
    if here.settings.queue_url and here.settings.queue_url.get_secret_value() == here.settings.s3_events_queue_url:
        return wrong(
            "Bucket events and detection jobs share a queue.", "Give the bucket's events a queue of their own."
        )
    return await _reached(here, here.settings.s3_events_queue_url, EVENTS_SETTING)


async def dead_letter_queue(here: Installation) -> Finding:
    url = here.settings.queue_url
    return judged_dead_letters(await facts_of(here, url.get_secret_value() if url else ""))


async def events_dead_letter_queue(here: Installation) -> Finding:
    if not here.settings.s3_events_queue_url:
        return not_applicable(f"{EVENTS_SETTING} is empty.")
    return judged_dead_letters(await facts_of(here, here.settings.s3_events_queue_url))


def judged_dead_letters(facts: QueueFacts) -> Finding:
    if facts.difference:
        return _judged_difference(facts)
    if facts.dead_letter_queue is None:
        return wrong(
            "The queue has no dead-letter queue (no RedrivePolicy): a message that nobody can work off comes again and "
            "again, and is lost when its retention ends.",
            "Make one and name it in the queue's RedrivePolicy with a maxReceiveCount of 5: the README has the "
            "commands.",
        )
    if not facts.dead_letter_queue_is_there:
        return wrong(
            f"The queue's dead letters go to `{facts.dead_letter_queue}`, which is not there: they are lost.",
            "Make that queue, or correct the queue's RedrivePolicy; on RabbitMQ restart `photodock worker`, which "
            "makes it.",
        )
    if facts.max_receives is not None and facts.max_receives < _FEWEST_RECEIVES:
        return wrong(
            f"A message is a dead letter after {facts.max_receives} delivery: a detector's restart loses it its job.",
            "Set maxReceiveCount to 5.",
        )
    if facts.dead:
        return wrong(
            f"{facts.dead} dead letters in `{facts.dead_letter_queue}`.",
            "`photodock dlq list` shows them; after mending what was wrong, `photodock dlq redrive` sends them again. "
            "Those of bucket events may be purged: the sweeper has confirmed their photos.",
        )
    after = "" if facts.max_receives is None else f" after {facts.max_receives} deliveries"
    return ok(f"Dead letters go to `{facts.dead_letter_queue}`{after}; there are none.")


def _judged_difference(facts: QueueFacts) -> Finding:
    if not facts.dead_letter_queue_is_there:
        return wrong(
            f"The queue is not as the worker makes it ({facts.difference}), and there is no "
            f"`{facts.dead_letter_queue}`.",
            "Give the queue a delivery limit and a dead-letter exchange by a policy, or delete it while it is empty: "
            "`photodock worker` makes it as docs/rabbitmq.md describes.",
        )
    return ok(f"`{facts.dead_letter_queue}` is there. The queue is somebody else's making: {facts.difference}.")
