import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.process import ChildProcess, end_leftover, minimal_environment


@pytest.fixture
def make_child(tmp_path: Path, logs: Path) -> Iterator[Callable[..., ChildProcess]]:
    made: list[ChildProcess] = []

    def make(script: str) -> ChildProcess:
        child = ChildProcess(
            "child",
            ["/bin/sh", "-c", script],
            work_dir=tmp_path,
            state_dir=tmp_path,
            log_dir=logs,
            environment=minimal_environment(tmp_path),
        )
        made.append(child)
        return child

    yield make
    for child in made:
        child.stop(grace_seconds=0)


def test_a_child_leads_a_session_of_its_own(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("sleep 60")
    child.start()
    assert child.running
    assert os.getsid(child.pid or 0) == child.pid


def test_a_child_sees_nothing_of_the_callers_environment(
    make_child: Callable[..., ChildProcess], monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., bool]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid")
    monkeypatch.setenv("AWS_PROFILE", "production")
    child = make_child("env")
    child.start()
    assert eventually(lambda: not child.running)
    names = {line.partition("=")[0] for line in child.log_file.read_text().splitlines()}
    assert "PATH" in names
    assert not names & {"HTTP_PROXY", "AWS_PROFILE"}


def test_the_log_is_private_and_the_last_runs_log_is_kept(
    make_child: Callable[..., ChildProcess], eventually: Callable[..., bool]
) -> None:
    for word in ("first", "second"):
        child = make_child(f"echo {word}; echo {word} >&2")
        child.start()
        assert eventually(lambda child=child: not child.running)
        child.stop()
    assert child.log_file.read_text() == "second\nsecond\n"
    assert child.log_file.with_suffix(".log.1").read_text() == "first\nfirst\n"
    assert child.log_file.stat().st_mode & 0o777 == 0o600


def test_stop_ends_a_child_that_ignores_the_signal_and_its_children(
    make_child: Callable[..., ChildProcess], alive: Callable[[int], bool], eventually: Callable[..., bool]
) -> None:
    child = make_child("trap '' TERM; sleep 60 & echo $!; echo ready; while :; do sleep 1; done")
    child.start()
    child.wait_until(lambda: "ready" in child.log_file.read_text(), timeout_seconds=40)
    grandchild = int(child.log_file.read_text().split()[0])
    assert alive(grandchild)
    child.stop(grace_seconds=0.2)
    assert not child.running
    assert eventually(lambda: not alive(grandchild))


def test_stop_lets_a_child_end_in_order(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    child.start()
    child.wait_until(lambda: "ready" in child.log_file.read_text(), timeout_seconds=40)
    child.stop()
    assert "saved" in child.log_file.read_text()


def test_a_second_stop_does_nothing(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("sleep 60")
    child.start()
    child.stop()
    child.stop()
    assert child.pid is None


def test_an_end_while_starting_is_a_sentence_that_names_the_log(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("exit 3")
    child.start()
    with pytest.raises(EmbeddedError, match=r"child ended by itself with status 3; .*child\.log"):
        child.wait_until(lambda: False, timeout_seconds=40)


def test_the_signal_that_ended_a_child_is_its_negative_status(
    make_child: Callable[..., ChildProcess], eventually: Callable[..., bool]
) -> None:
    child = make_child("sleep 60")
    child.start()
    os.kill(child.pid or 0, signal.SIGKILL)
    assert eventually(lambda: not child.running)
    assert child.exit_status() == -signal.SIGKILL


def test_a_full_disk_is_told_by_what_the_log_says(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("echo 'FATAL: could not write: No space left on device'; exit 1")
    child.start()
    with pytest.raises(EmbeddedError, match=r"disk that holds .* is full"):
        child.wait_until(lambda: False, timeout_seconds=40)


def test_a_child_that_does_not_get_ready_is_stopped(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("sleep 60")
    child.start()
    with pytest.raises(EmbeddedError, match="does not get ready"):
        child.wait_until(lambda: False, timeout_seconds=0.1)
    assert not child.running


def test_a_program_that_cannot_be_started_is_a_sentence(tmp_path: Path, logs: Path) -> None:
    gone = tmp_path / "gone"
    child = ChildProcess("child", ["/bin/true"], work_dir=gone, state_dir=tmp_path, log_dir=logs, environment={})
    with pytest.raises(EmbeddedError, match="Cannot use"):
        child.start()


def test_a_child_that_was_never_started_neither_runs_nor_has_a_status(make_child: Callable[..., ChildProcess]) -> None:
    child = make_child("exit 0")
    child.stop()
    assert not child.running
    assert child.exit_status() is None


def test_a_child_starts_where_the_kernel_cannot_tie_it_to_its_parent(
    make_child: Callable[..., ChildProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    child = make_child("sleep 60")
    child.start()
    assert child.running


def test_what_a_killed_run_left_is_ended(
    make_child: Callable[..., ChildProcess], tmp_path: Path, alive: Callable[[int], bool]
) -> None:
    left = make_child("trap '' TERM; while :; do sleep 0.05; done")
    left.start()
    end_leftover(tmp_path / "child.pid", signal.SIGTERM, grace_seconds=0.2)
    assert not alive(left.pid or 0)
    assert not (tmp_path / "child.pid").exists()


def test_a_stranger_that_got_a_recorded_pid_is_left_alone(
    make_child: Callable[..., ChildProcess], tmp_path: Path
) -> None:
    stranger = make_child("sleep 60")
    stranger.start()
    recorded = (tmp_path / "child.pid").read_text().split()
    (tmp_path / "other.pid").write_text(f"{recorded[0]} 1 {recorded[2]}")
    end_leftover(tmp_path / "other.pid", signal.SIGTERM)
    assert stranger.running


_PARENT = """
import sys, threading, time
from pathlib import Path
from photodock.embedded.process import ChildProcess, minimal_environment
here = Path(sys.argv[1])
child = ChildProcess("child", ["/bin/sleep", "60"], work_dir=here, state_dir=here, log_dir=here,
                     environment=minimal_environment(here))
starter = threading.Thread(target=child.start)
starter.start()
starter.join()
print(child.pid, flush=True)
time.sleep(60)
"""


@contextlib.contextmanager
def _parent(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(folder)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        yield parent, int(parent.stdout.readline())
        parent.kill()


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path, alive: Callable[[int], bool]) -> None:
    with _parent(tmp_path) as (_, child):
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            assert alive(child)


def test_a_child_does_not_outlive_a_killed_parent(
    tmp_path: Path, alive: Callable[[int], bool], eventually: Callable[..., bool]
) -> None:
    with _parent(tmp_path) as (parent, child):
        assert alive(child)
        parent.kill()
        assert eventually(lambda: not alive(child))
