"""The sample detector: what it measures, and how it deals with messages."""

import asyncio
import importlib.util
import io
import json
import os
import signal
import sys
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import httpx
import numpy as np
import pytest
from PIL import Image, ImageFilter

EXAMPLE = Path(__file__).parents[2] / "examples" / "quality_detector.py"


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("quality_detector", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their own module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


detector = load_example()
measure, Unmeasurable = detector.measure, detector.Unmeasurable


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return file.getvalue()


def grey(level: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """A checkerboard over a gradient: edges everywhere, values all over the range."""
    rows, columns = np.mgrid[0:900, 0:1200]
    board = ((rows // 20 + columns // 20) % 2) * 120
    pixels = np.clip(board + columns / 10, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).convert("RGB")


def sharpness(image: Image.Image, kind: str = "JPEG") -> float:
    return measure(encoded(image, kind))["sharpness"]["laplacian_variance"]


def test_the_more_a_photo_is_blurred_the_less_sharp_it_is(scene):
    found = [sharpness(scene.filter(ImageFilter.GaussianBlur(radius))) for radius in (0, 1, 3, 9)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 10 * found[2]


def test_sharpness_hardly_depends_on_the_resolution(scene):
    twice = scene.resize((4800, 3600), Image.Resampling.NEAREST)
    assert sharpness(twice) == pytest.approx(sharpness(scene), rel=0.5)
    blurred = twice.filter(ImageFilter.GaussianBlur(20))
    assert sharpness(blurred) < sharpness(scene) / 10


def test_the_laplacian_is_that_of_the_definition():
    pixels = np.zeros((3, 4), dtype=np.float32)
    pixels[1, 1] = 1
    assert detector.laplacian(pixels).tolist() == [[0, 1, 0, 0], [1, -4, 1, 0], [0, 1, 0, 0]]
    assert not detector.laplacian(np.full((2, 2), 7, dtype=np.float32)).any()


@pytest.mark.parametrize(
    ("level", "mean", "shadows", "highlights"), [(0, 0, 1, 0), (128, 128 / 255, 0, 0), (255, 1, 0, 1)]
)
def test_exposure_tells_dark_from_bright(level, mean, shadows, highlights):
    assert measure(encoded(grey(level)))["exposure"] == {
        "mean_luminance": pytest.approx(mean, abs=0.005),
        "clipped_shadows": shadows,
        "clipped_highlights": highlights,
    }


def test_a_half_blown_photo_is_clipped_by_half():
    image = grey(100)
    image.paste((255, 255, 255), (0, 0, 200, 300))
    assert measure(encoded(image))["exposure"]["clipped_highlights"] == pytest.approx(0.5, abs=0.02)


def test_contrast_tells_flat_from_contrasty(scene):
    flat = measure(encoded(grey(90)))["contrast"]
    soft = measure(encoded(scene.point(lambda value: 100 + value // 4)))["contrast"]
    hard = measure(encoded(scene))["contrast"]
    assert flat == {"standard_deviation": pytest.approx(0, abs=0.001), "spread_5_to_95_percent": 0}
    for name in flat:
        assert hard[name] > 3 * soft[name] > 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_png_modes_measure_alike(scene, mode):
    found = measure(encoded(scene.convert(mode), "PNG"))
    assert (found["measured_width"], found["measured_height"]) == (1024, 768)
    expected = measure(encoded(scene, "PNG"))["exposure"]["mean_luminance"]
    assert found["exposure"]["mean_luminance"] == pytest.approx(expected, abs=0.05)


def test_sixteen_bit_greyscale_is_scaled_and_not_cut_off():
    half = Image.fromarray(np.full((300, 400), 32768, dtype=np.uint16))
    assert measure(encoded(half, "PNG"))["exposure"]["mean_luminance"] == pytest.approx(0.5, abs=0.01)


def test_cmyk_jpeg_is_measured(scene):
    assert measure(encoded(scene.convert("CMYK")))["measured_width"] == 1024


def test_a_single_pixel_gives_numbers_that_json_can_carry():
    json.dumps(measure(encoded(grey(50, (1, 1)), "PNG")), allow_nan=False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_cut_off_is_undecodable(scene, kind):
    data = encoded(scene, kind)
    with pytest.raises(Unmeasurable) as failure:
        measure(data[: len(data) // 2])
    assert failure.value.args[0] == "undecodable"


@pytest.mark.parametrize("data", [b"", b"just text" * 200, b"\xff\xd8\xff\xe0" + bytes(2000), encoded(grey(9), "GIF")])
def test_what_is_no_jpeg_or_png_is_undecodable(data):
    with pytest.raises(Unmeasurable) as failure:
        measure(data)
    assert failure.value.args[0] == "undecodable"


# Pillow raises above twice the limit, and between the limit and that its warning is an error, here as in the example.
@pytest.mark.parametrize("limit", [400 * 300 - 1, 400 * 300 // 2 - 1])
def test_a_decompression_bomb_is_refused_before_its_pixels_are_decoded(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(Unmeasurable) as failure:
        measure(encoded(grey(9), "PNG"))
    assert failure.value.args[0] == "too_many_pixels"


class FakeQueue:
    """An SQS client with what a detector uses of it. A list of messages or errors, in order, then silence."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.deleted: list[str] = []
        self.asked: list[dict[str, object]] = []
        self.empty = asyncio.Event()

    async def receive_message(self, **asked: object) -> dict[str, object]:
        self.asked.append(asked)
        if not self.answers:
            self.empty.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"Messages": [answer]} if answer else {}

    async def delete_message(self, **asked: str) -> None:
        self.deleted.append(asked["ReceiptHandle"])


class FakePhotodock:
    """The API and the storage. `faults` are answered or raised first, keyed by GET, PATCH or storage."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.photo: dict[str, object] = {"status": "processing", "download_url": "https://storage.test/x?secret"}
        self.faults: dict[str, list[httpx.Response | Exception]] = {}
        self.reports: list[dict[str, object]] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        call = "storage" if request.url.host == "storage.test" else request.method
        if self.faults.get(call):
            fault = self.faults[call].pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        if call == "storage":
            return httpx.Response(200, content=self.data)
        if call == "GET":
            return httpx.Response(200, json=self.photo)
        self.reports.append(json.loads(request.content))
        return httpx.Response(200, json=self.photo)


def message(**changes: str) -> dict[str, object]:
    attributes = {"message_id": str(uuid4()), "correlation_id": "req-7"} | changes
    body = {"photo_id": "018f-photo", "s3_url": "s3://b/k", "detection_types": ["damage"], "priority": "normal"}
    return {
        "Body": json.dumps(body),
        "ReceiptHandle": f"handle of {attributes['message_id']}",
        "MessageAttributes": {name: {"StringValue": value} for name, value in attributes.items()},
    }


@pytest.fixture
def photodock(scene) -> FakePhotodock:
    return FakePhotodock(encoded(scene))


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
async def worker(queue, photodock):
    transport = httpx.MockTransport(photodock)
    headers = {"Authorization": "Bearer token"}
    async with (
        httpx.AsyncClient(base_url="http://photodock.test", headers=headers, transport=transport) as http,
        httpx.AsyncClient(transport=transport) as downloads,
    ):
        yield detector.Detector(queue, "http://queue.test/q", detector.Photodock(http, downloads))


def statuses(photodock: FakePhotodock) -> list[object]:
    return [report["status"] for report in photodock.reports]


async def test_a_photo_is_reported_processing_and_then_completed(worker, queue, photodock):
    given = message()
    await worker.handle(given)
    assert statuses(photodock) == ["processing", "completed"]
    assert photodock.reports[1]["detections"]["quality"] == measure(photodock.data)
    assert queue.deleted == [given["ReceiptHandle"]]


async def test_the_trace_goes_on_to_the_api_but_the_token_not_to_the_storage(worker, photodock):
    await worker.handle(message(traceparent="00-abc-def-01"))
    [download] = [request for request in photodock.requests if request.url.host == "storage.test"]
    assert not {"Authorization", "X-Request-ID"} & download.headers.keys()
    for request in photodock.requests:
        if request is not download:
            assert request.headers["X-Request-ID"] == "req-7"
            assert request.headers["traceparent"] == "00-abc-def-01"
            assert request.headers["Authorization"] == "Bearer token"


async def test_an_undecodable_photo_is_reported_failed(worker, queue, photodock):
    photodock.data = b"no photo at all"
    await worker.handle(message())
    assert statuses(photodock) == ["processing", "failed"]
    assert photodock.reports[1]["error"] == {
        "code": "undecodable",
        "detail": "The photo's pixels cannot be decoded.",
    }
    assert len(queue.deleted) == 1


async def test_a_download_without_an_end_is_given_up(worker, photodock, monkeypatch):
    monkeypatch.setattr(detector, "MAX_BYTES", 1000)
    await worker.handle(message())
    assert photodock.reports[1]["error"]["code"] == "too_many_bytes"


@pytest.mark.parametrize(
    "photo",
    [{"status": "completed", "download_url": "https://storage.test/x"}, {"status": "failed", "download_url": None}],
)
async def test_a_photo_that_nobody_waits_for_is_left_alone(worker, queue, photodock, photo):
    photodock.photo = photo
    await worker.handle(message())
    assert photodock.reports == []
    assert len(queue.deleted) == 1


async def test_a_deleted_photo_is_acknowledged(worker, queue, photodock):
    photodock.faults["GET"] = [httpx.Response(404)]
    await worker.handle(message())
    assert (photodock.reports, len(queue.deleted)) == ([], 1)


@pytest.mark.parametrize("status", [404, 409])
async def test_a_report_that_is_not_wanted_is_acknowledged(worker, queue, photodock, status):
    photodock.faults["PATCH"] = [httpx.Response(200), httpx.Response(status)]
    await worker.handle(message())
    assert len(queue.deleted) == 1


async def test_a_late_result_is_sent_although_processing_was_refused(worker, photodock):
    photodock.faults["PATCH"] = [httpx.Response(409)]
    await worker.handle(message())
    assert statuses(photodock) == ["completed"]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("GET", httpx.Response(503)),
        ("GET", httpx.Response(401)),
        ("GET", httpx.ConnectError("refused")),
        ("storage", httpx.Response(403)),
        ("storage", httpx.ReadTimeout("slow")),
        ("PATCH", httpx.Response(500)),
        ("PATCH", httpx.ReadError("cut")),
    ],
)
async def test_without_an_accepted_report_a_message_is_kept_and_the_next_delivery_succeeds(
    worker, queue, photodock, call, fault
):
    photodock.faults[call] = [fault]
    given = message()
    with pytest.raises(httpx.HTTPError):
        await worker.handle(given)
    assert queue.deleted == []
    await worker.handle(given)
    assert statuses(photodock)[-1] == "completed"
    assert len(queue.deleted) == 1


async def test_a_second_delivery_is_deleted_without_work(worker, queue, photodock):
    given = message()
    await worker.handle(given)
    await worker.handle(given | {"ReceiptHandle": "second"})
    assert statuses(photodock) == ["processing", "completed"]
    assert queue.deleted[-1] == "second"


async def test_what_was_done_is_forgotten_at_some_time(worker, photodock, monkeypatch):
    monkeypatch.setattr(detector, "REMEMBERED", 1)
    photodock.photo["download_url"] = None
    first = message()
    for given in (first, message(), first):
        await worker.handle(given)
    assert len(photodock.requests) == 3


async def test_the_loop_outlives_whatever_fails_and_says_no_secret(worker, queue, photodock, caplog, monkeypatch):
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def brief(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(detector.asyncio, "sleep", brief)
    photodock.faults["storage"] = [httpx.Response(403)]
    good = message()
    queue.answers = [OSError("queue away"), good, {"Body": "{}"}, None, good]
    working = asyncio.create_task(worker.work())
    async with asyncio.timeout(10):
        await queue.empty.wait()
        worker.stopping.set()
        await working
    assert pauses == [2, 4, 8]
    assert queue.deleted == [good["ReceiptHandle"]]
    assert queue.asked[0]["WaitTimeSeconds"] == 20
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "OSError; trying again soon",
        "HTTPStatusError 403; trying again soon",
        "KeyError; trying again soon",
    ]
    assert "secret" not in caplog.text


async def test_a_message_in_work_is_finished_before_stopping(worker, queue, photodock):
    queue.answers = [message(), message()]
    handle = worker.handle

    async def stopped_meanwhile(given):
        worker.stopping.set()
        await handle(given)

    worker.handle = stopped_meanwhile
    async with asyncio.timeout(10):
        await worker.work()
    assert (len(queue.deleted), len(queue.answers)) == (1, 1)


async def test_a_signal_ends_the_detector(queue, monkeypatch):
    class Session:
        def create_client(self, *arguments, **named):
            made.append((arguments, named))
            return self

        async def __aenter__(self):
            return queue

        async def __aexit__(self, *_): ...

    made: list[object] = []
    monkeypatch.setattr(detector, "get_session", Session)
    environ = {
        "PHOTODOCK_URL": "http://photodock.test",
        "PHOTODOCK_TOKEN": "token",
        "PHOTODOCK_QUEUE_URL": "http://queue.test/q",
        "PHOTODOCK_SQS_ENDPOINT_URL": "http://queue.test",
        "AWS_REGION": "eu-west-1",
    }
    running = asyncio.create_task(detector.run(environ))
    try:
        async with asyncio.timeout(10):
            await queue.empty.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            await running
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)
    assert made == [(("sqs", "eu-west-1"), {"endpoint_url": "http://queue.test"})]
