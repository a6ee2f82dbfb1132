"""Detection jobs as entries of SQS's SendMessageBatch, cut to what one request may hold."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from photodock.domain.jobs import DetectionJob

if TYPE_CHECKING:
    from types_aiobotocore_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_ENTRIES = 10
MAX_BYTES = 262_144
"""For one message and for all of a request. AWS has since raised it to 1 MiB; queues set up before, and other
servers, keep to this."""


@dataclass(frozen=True, slots=True)
class Message:
    """One job ready to be sent. `index` is its place among the jobs of the call; `size` in bytes, as SQS counts."""

    index: int
    body: str
    attributes: dict[str, str]

    @property
    def size(self) -> int:
        # Names, types and values of the attributes count too.
        return len(self.body.encode()) + sum(
            len(name.encode()) + len("String") + len(value.encode()) for name, value in self.attributes.items()
        )

    def entry(self) -> "SendMessageBatchRequestEntryTypeDef":
        return {
            "Id": str(self.index),
            "MessageBody": self.body,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in self.attributes.items()
            },
        }


def message(index: int, job: DetectionJob) -> Message:
    return Message(index, json.dumps(job.body(), separators=(",", ":")), job.attributes())


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """The messages in order, as few requests as their number and size allow. None of them exceeds `MAX_BYTES`."""
    batch: list[Message] = []
    size = 0
    for one in messages:
        if batch and (len(batch) == MAX_ENTRIES or size + one.size > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch
