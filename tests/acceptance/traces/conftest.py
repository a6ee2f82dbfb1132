"""An installation with traces: two processes of `serve`, a worker and the sample detector, and a receiver for them."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from acceptance.conftest import fresh_backend
from conftest import S3, Sqs
from integration.rabbitmq.conftest import rabbitmq
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.rabbitmq import RabbitServer
from photodock.tracing.ids import root_of
from support.clock import eventually
from support.images import jpeg
from support.otlp import Receiver, Span, receiving
from support.processes import Backend, Deployment
from support.system import Caller, token_for
from support.whole import calling

__all__ = ["rabbitmq"]


@dataclass
class Traced:
    deployment: Deployment
    receiver: Receiver
    api: Caller
    project: str
    queue: str

    async def upload(self) -> str:
        """A photo that has been detected."""
        photo = await self.api.upload(self.project, jpeg())

        async def is_detected() -> bool:
            return bool((await self.api.photo(photo["id"]))["status"] == "completed")

        await eventually(is_detected, seconds=40, pause=0.1)
        return str(photo["id"])

    async def trace(self, photo_id: str, *names: str) -> list[Span]:
        """The photo's, once so many spans of these names have come, and the parents of all: each process sends its own
        when it is time for it."""
        trace_id = f"{root_of(UUID(photo_id)).trace_id:032x}"

        async def whole() -> list[Span]:
            found = self.receiver.of_trace(trace_id)
            missing = Counter(names) - Counter(span.name for span in found)
            assert not missing, f"{missing} of {sorted({(span.service, span.name) for span in self.receiver.spans()})}"
            assert {span.parent for span in found if span.parent} <= {span.span_id for span in found}
            return found

        return await eventually(whole, seconds=60, pause=0.2)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@asynccontextmanager
async def traced(folder: Path, backend: Backend, receiver: Receiver, queue: str) -> AsyncIterator[Traced]:
    """`debug`, so that whatever could leak is written."""
    settings = {"PHOTODOCK_OTLP_ENDPOINT": receiver.url, "PHOTODOCK_LOG_LEVEL": "debug"}
    deployment = Deployment(folder, backend, settings)
    try:
        serving = await deployment.serve(processes=2)
        await deployment.worker()
        await deployment.sample_detector(serving.url, token_for(uuid4(), scopes=("photos:pipeline",)))
        async with calling(serving.url) as api:
            yield Traced(deployment, receiver, api, await api.make_project(), queue)
    finally:
        await deployment.stop_all()


@pytest.fixture(params=["sqs", "rabbitmq"])
async def system(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    template: str,
    s3: S3,
    sqs: Sqs,
    receiver: Receiver,
    tmp_path: Path,
) -> AsyncIterator[Traced]:
    async with fresh_backend(postgres, s3, sqs) as backend:
        url, name = backend.queue_url, backend.queue_url.rpartition("/")[2]
        if request.param == "rabbitmq":
            broker: RabbitServer = request.getfixturevalue("rabbitmq")
            name = f"jobs-{uuid4().hex}"
            url = broker.url(queue=name)
        async with traced(tmp_path, replace(backend, queue_url=url), receiver, name) as found:
            yield found
