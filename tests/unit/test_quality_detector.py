"""The sample detector: what it measures, and what it tells the kit."""

import io
import json
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image, ImageFilter

from photodock import quality_detector as detector
from photodock.consumer import ConsumerOptions, DetectionFailed
from photodock.pixels import Limits, Pixels, child
from photodock.settings import load_decode_settings

ORDER = child.Order(200_000_000, 65_500, 2**31, 30, 60, mode="L", longest_side=detector.MEASURED_SIDE)


def measure(data: bytes) -> dict[str, Any]:
    """Decoded by the decoder's own function, but in this process; tests/integration/pixels has the other one."""
    size, pixels = child.answer(data, ORDER)
    return detector.measure(detector.luminance_of(Pixels("L", size["width"], size["height"], pixels)))


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


class FakeJob:
    """What a handler uses of a job."""

    photo_id = uuid4()

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def download(self) -> bytes:
        return self.data


async def test_a_jobs_photo_is_measured(scene):
    data = encoded(scene)
    assert await detector.QualityDetector(Limits())(FakeJob(data)) == {"quality": measure(data)}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no photo at all", "unsupported_type"),
        (encoded(grey(9), "GIF"), "unsupported_type"),
        (encoded(grey(9, (401, 300)), "PNG"), "too_many_pixels"),
        (encoded(grey(9))[:-200], "undecodable"),
    ],
)
async def test_a_photo_at_fault_is_told_as_such(data, code):
    with pytest.raises(DetectionFailed, match=f"{code}: .+\\.") as failure:
        await detector.QualityDetector(Limits(max_side=400))(FakeJob(data))
    assert failure.value.code == code


def test_its_limits_are_settings(monkeypatch):
    assert detector.limits_of(load_decode_settings()) == Limits()
    for name, value in (
        *(("MAX_PIXELS", "1000"), ("MAX_SIDE", "400"), ("MEMORY_BYTES", "300000000")),
        *(("CPU_TIME", "2s"), ("TIMEOUT", "3.5s")),
    ):
        monkeypatch.setenv(f"PHOTODOCK_DECODE_{name}", value)
    assert detector.limits_of(load_decode_settings()) == Limits(1_000, 400, 300_000_000, 2, 3.5)


@pytest.mark.parametrize("queue_url", ["https://sqs.eu-west-1.amazonaws.com/1/q", "amqp://mq.example/?queue=jobs"])
def test_it_reads_the_queue_that_the_environment_names(monkeypatch, queue_url):
    started: list[tuple[tuple[object, str], dict[str, object]]] = []
    monkeypatch.setattr(detector, "run", lambda *arguments, **named: started.append((arguments, named)))
    environ = {
        "PHOTODOCK_URL": "http://photodock.test",
        "PHOTODOCK_TOKEN": "token",
        "PHOTODOCK_QUEUE_URL": queue_url,
        "PHOTODOCK_SQS_ENDPOINT_URL": "http://queue.test",
    }
    detector.main(environ)
    [((handler, url), options_given)] = started
    assert isinstance(handler, detector.QualityDetector)
    options = ConsumerOptions(concurrency=2, visibility_seconds=15, sqs_endpoint_url="http://queue.test")
    named = {"photodock_url": "http://photodock.test", "token": "token", "options": options}
    assert (url, options_given) == (queue_url, named)
    assert detector.options_of({}) == ConsumerOptions(concurrency=2, visibility_seconds=15)
