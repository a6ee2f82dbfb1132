"""The programs of docs/consumer.md, run as they stand there, on both brokers."""

import asyncio
import io
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from PIL import Image

from integration.consumer.conftest import SECONDS, job
from integration.consumer.test_consumer_brokers import reported
from support.otlp import CONSUMER, receiving
from support.polling import until

PAGE = Path(__file__).parents[3] / "docs" / "consumer.md"
HANDLER, DECODER, TRACED, LOOP = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text())
GREY = io.BytesIO()
Image.new("L", (4, 3), 40).save(GREY, "PNG")
BYTES_SEEN = {"damage": [], "bytes_seen": 5}


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.mark.parametrize(
    ("source", "photo", "result"),
    [
        (HANDLER, b"photo", BYTES_SEEN),
        (DECODER, GREY.getvalue(), {"brightness": 40}),
        (TRACED, b"photo", BYTES_SEEN),
        (LOOP, b"photo", BYTES_SEEN),
    ],
    ids=["handler", "decoder", "traced", "loop"],
)
async def test_a_shown_detector_works_off_the_queue(broker, pipeline, receiver, tmp_path, source, photo, result):
    photodock, url = pipeline
    photodock.bytes_of_photos = photo
    program = tmp_path / "detector.py"
    program.write_text(source)
    sent = [job() for _ in range(3)]
    await broker.send(*sent)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        program,
        env={
            **{name: value for name, value in os.environ.items() if name.startswith(("AWS_", "COVERAGE_", "PATH"))},
            "PHOTODOCK_QUEUE_URL": broker.url,
            "PHOTODOCK_URL": url,
            "PHOTODOCK_TOKEN": "pipeline",
            "PHOTODOCK_OTLP_ENDPOINT": receiver.url,
        },
    )
    try:
        await until(reported(photodock, *sent), seconds=SECONDS * 2)
        await until(broker.empty)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
    assert photodock.results[str(sent[0].photo_id)] == result
    told = [(span.service, span.kind) for span in receiver.spans()]
    assert told == ([("roof-detector", CONSUMER)] * len(sent) if source == TRACED else [])
    # The loop has no stop of its own: it ends as every program does that is interrupted.
    assert status == 0 if source != LOOP else status != 0
