"""`photodock up` as a newcomer runs it: a real command, real signals, real photos."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from photodock.embedded.ports import free_port
from support.bombs import black_png, jpeg_of_scans
from support.polling import eventually

END_SECONDS = 60
"""Until everything has ended: seconds on an idle machine; tests share theirs."""
READY_FIELDS = {
    "url",
    "project_id",
    "organization_id",
    "token",
    "jwt_secret",
    "database_url",
    "s3_endpoint_url",
    "s3_bucket",
    "s3_access_key",
    "s3_secret_key",
    "queue_url",
}


def children(data_dir: Path) -> list[str]:
    """The command lines of all processes that work in the data directory, as everything does that `up` starts."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(data_dir):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@dataclass
class Running:
    """One `photodock up`."""

    process: subprocess.Popen[str]
    data_dir: Path
    ready_file: Path

    @property
    def ready(self) -> dict[str, str]:
        content: dict[str, str] = json.loads(self.ready_file.read_text())
        return content

    def api(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.ready['url']}/api/v1",
            headers={"Authorization": f"Bearer {self.ready['token']}"},
            timeout=40,
        )

    def end(self, number: signal.Signals) -> int:
        """The exit status."""
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[str]]:
    def words(port: int, data_dir: Path = tmp_path / "data") -> list[str]:
        ready = ["--ready-file", str(tmp_path / "ready.json")]
        return [sys.executable, "-m", "photodock", "up", "--data-dir", str(data_dir), "--port", str(port), *ready]

    return words


@pytest.fixture
def start(tmp_path: Path, command: Callable[..., list[str]]) -> Iterator[Callable[[], Running]]:
    started: list[subprocess.Popen[str]] = []
    port = free_port()

    def begin() -> Running:
        process = subprocess.Popen(
            command(port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        started.append(process)
        ready = tmp_path / "ready.json"
        ready.unlink(missing_ok=True)
        assert eventually(lambda: ready.exists() or process.poll() is not None, 120)
        assert process.poll() is None, process.communicate()
        return Running(process, tmp_path / "data", ready)

    yield begin
    for process in started:
        process.kill()
        process.communicate(timeout=END_SECONDS)


def jpeg() -> bytes:
    picture = io.BytesIO()
    Image.effect_noise((320, 240), 60).save(picture, "JPEG")
    return picture.getvalue()


def upload(api: httpx.Client, project_id: str, content: bytes, mime_type: str = "image/jpeg") -> str:
    asked = {
        "project_id": project_id,
        "file_name": "roof.jpg",
        "file_size": len(content),
        "mime_type": mime_type,
    }
    answer = api.post("/photos/upload-url", json=asked).raise_for_status().json()
    httpx.put(answer["upload_url"], content=content, headers=answer["headers"]).raise_for_status()
    photo_id: str = answer["photo_id"]
    api.patch(f"/photos/{photo_id}/status", json={"status": "uploaded"}).raise_for_status()
    return photo_id


def photo(api: httpx.Client, photo_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/photos/{photo_id}").raise_for_status().json()
    return found


def test_all_is_found_again_after_ctrl_c_and_a_dead_child_ends_up_with_one_sentence(
    start: Callable[[], Running], command: Callable[..., list[str]], tmp_path: Path
) -> None:
    content = jpeg()
    first = start()
    ready = first.ready
    assert set(ready) == READY_FIELDS
    assert all(ready.values())
    assert first.ready_file.stat().st_mode & 0o777 == 0o600
    with first.api() as api:
        photo_id = upload(api, ready["project_id"], content)
        assert eventually(lambda: photo(api, photo_id)["status"] == "completed", 30)
    assert len(children(first.data_dir)) >= 6
    assert first.end(signal.SIGINT) == 0
    assert children(first.data_dir) == []
    shown = first.process.communicate(timeout=END_SECONDS)[0]
    assert any(line.endswith(ready["token"]) for line in shown.splitlines())
    [paste] = [line for line in shown.splitlines() if f"upload --project {ready['project_id']}" in line]

    second = start()
    again = second.ready
    kept = READY_FIELDS - {"token"}
    assert {name: again[name] for name in kept} == {name: ready[name] for name in kept}
    with second.api() as api:
        found = photo(api, photo_id)
        assert found["status"] == "completed"
        assert found["detection"]["results"]["quality"]["sharpness"]["laplacian_variance"] > 0
        assert httpx.get(found["download_url"]).content == content
    pasted = subprocess.run(["sh", "-c", paste], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert pasted.returncode == 0, pasted.stdout + pasted.stderr
    assert "completed" in pasted.stdout

    refused = subprocess.run(
        command(free_port()), capture_output=True, text=True, cwd=tmp_path, check=False, timeout=END_SECONDS
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("Another `photodock up` uses")
    assert refused.stderr.count("\n") == 1
    assert second.process.poll() is None

    worker = int((second.data_dir / "home" / "worker.pid").read_text().split()[0])
    os.kill(worker, signal.SIGKILL)
    _, errors = second.process.communicate(timeout=END_SECONDS)
    assert second.process.returncode == 1
    assert errors == f"worker was ended by SIGKILL; its log says why: {second.data_dir}/logs/worker.log\n"
    assert children(second.data_dir) == []


def test_the_doctor_finds_the_running_system_well(start: Callable[[], Running]) -> None:
    """By the line that docs/doctor.md gives, in a shell with a login that is somebody else's."""
    running = start()
    environment = running.data_dir / "environment.sh"
    assert environment.stat().st_mode & 0o777 == 0o600
    line = f". {environment}; {sys.executable} -m photodock doctor --json"
    others = {"AWS_PROFILE": "of-another", "AWS_SESSION_TOKEN": "of-another", "AWS_ACCESS_KEY_ID": "of-another"}
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **others}
    )
    states = {found["check"]: found["state"] for found in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, states
    assert {name for name, state in states.items() if state != "ok"} == {
        *("cors_strangers", "events_queue", "events_dead_letter_queue", "events", "jwks", "traces"),
    }


def test_bombs_fail_and_the_sample_detector_goes_on(
    start: Callable[[], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A sound photo takes a tenth of it, most of that to start the decoder.
    monkeypatch.setenv("PHOTODOCK_DECODE_CPU_TIME", "2s")
    monkeypatch.setenv("PHOTODOCK_DECODE_MEMORY_BYTES", "300000000")
    running = start()
    project_id = running.ready["project_id"]
    with running.api() as api:
        of_pixels = upload(api, project_id, black_png(15_000, 15_000), "image/png")
        of_memory = upload(api, project_id, black_png(12_000, 12_000), "image/png")
        of_time = upload(api, project_id, jpeg_of_scans(6_000, 4_000))
        sound = upload(api, project_id, jpeg())
        final = {"completed", "failed"}
        for photo_id in (of_pixels, of_memory, of_time, sound):
            assert eventually(lambda one=photo_id: photo(api, one)["status"] in final, 60)
        assert (photo(api, of_pixels)["width"], photo(api, of_pixels)["height"]) == (15_000, 15_000)
        codes = [photo(api, one)["detection"]["error"]["code"] for one in (of_pixels, of_memory, of_time)]
        assert codes == ["too_many_pixels", "decoding_limit_exceeded", "decoding_limit_exceeded"]
        assert photo(api, sound)["status"] == "completed"
    assert running.end(signal.SIGINT) == 0


def test_a_killed_up_leaves_no_process_behind_and_starts_again(start: Callable[[], Running]) -> None:
    killed = start()
    with killed.api() as api:
        photo_id = upload(api, killed.ready["project_id"], jpeg())
    killed.end(signal.SIGKILL)
    assert eventually(lambda: children(killed.data_dir) == [], END_SECONDS)
    again = start()
    with again.api() as api:
        # Whoever was killed may have had the job in hand: relays keep theirs for a minute, detectors for half of one.
        assert eventually(lambda: photo(api, photo_id)["status"] == "completed", 150)
    assert again.end(signal.SIGINT) == 0


def test_ctrl_c_before_all_is_ready_ends_everything_too(tmp_path: Path, command: Callable[..., list[str]]) -> None:
    data_dir = tmp_path / "data"
    with subprocess.Popen(command(free_port()), stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            assert eventually(lambda: bool(children(data_dir)), 30)
            process.send_signal(signal.SIGINT)
            assert process.wait(END_SECONDS) == 0
        finally:
            process.kill()  # or the end of the block would wait for a process that did not heed the signal
    assert children(data_dir) == []
    assert not (tmp_path / "ready.json").exists()
