"""Children that hang, die, lie or are cancelled: the caller gets an error, and nothing stays behind."""

import asyncio
import io
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from PIL import Image

from photodock.pixels import DecoderDied, DecodingLimitExceeded, Limits, PixelsError, child, decode, process
from support.polling import until

PHOTO = io.BytesIO()
Image.new("L", (8, 8)).save(PHOTO, "PNG")


@pytest.fixture
def programmed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Has another program run in the decoder's place."""

    def program(text: str) -> None:
        path = tmp_path / "program.py"
        path.write_text(dedent(text))
        monkeypatch.setattr(process, "CHILD", path)

    return program


async def failure(kind: type[PixelsError], seconds: float = 20) -> str:
    with pytest.raises(kind) as raised:
        await decode(PHOTO.getvalue(), longest_side=8, mode="L", limits=Limits(seconds=seconds))
    return raised.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "import time; time.sleep(600)",
        "import os, time; os.close(1); time.sleep(600)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{', flush=True); time.sleep(600)",
        "import time\nwhile True: print(end='.', flush=True); time.sleep(0.2)",
    ],
    ids=["silent", "closed", "stubborn", "dripping"],
)
async def test_a_child_that_hangs_is_ended_at_the_deadline(programmed: Any, text: str) -> None:
    programmed(text)
    await failure(DecodingLimitExceeded, seconds=0.8)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("import os; os.kill(os.getpid(), 11)", -signal.SIGSEGV),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import os; os.abort()", -signal.SIGABRT),
        ("import sys; sys.exit(3)", 3),
        ("raise RuntimeError('no photo')", 1),
        ('print(\'{"width": 8, "height": 8}\'); import os; os.kill(os.getpid(), 11)', -signal.SIGSEGV),
        ("", 0),
    ],
)
async def test_a_child_that_dies_is_a_normal_error(programmed: Any, text: str, status: int) -> None:
    programmed(text)
    assert f"status {status}" in await failure(DecoderDied)


@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON\n",
        b"[[[[[[[",
        b"{}\n",
        b'{"width": 8, "height": 8}\n',
        b'{"width": 8, "height": 8}\n' + bytes(63),
        b'{"width": 8, "height": 8}\n' + bytes(65),
        b'{"width": 0, "height": 8}\n',
        b'{"width": -8, "height": -8}\n' + bytes(64),
        b'{"width": 16, "height": 4}\n' + bytes(64),
        b'{"width": "8", "height": 8}\n' + bytes(64),
        b'{"width": 8.0, "height": 8}\n' + bytes(64),
        b"\xff" * 100,
    ],
)
async def test_an_answer_that_cannot_be_true_is_not_believed(programmed: Any, answer: bytes) -> None:
    programmed(f"import sys; sys.stdout.buffer.write({answer!r})")
    await failure(DecoderDied)


async def test_an_answer_without_an_end_is_read_no_further_than_the_longest(programmed: Any) -> None:
    programmed("import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))")
    await failure(DecoderDied)


async def test_a_cancelled_caller_leaves_no_child(programmed: Any, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    programmed(f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(600)")
    task = asyncio.create_task(decode(PHOTO.getvalue(), longest_side=8))
    await until(lambda: asyncio.to_thread(begun.exists))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_child_stopped_before_it_began_is_ended_as_soon_as_it_does(programmed: Any) -> None:
    programmed("import time; time.sleep(600)")
    stopped = process.Child("", PHOTO.getvalue(), most_bytes=1, seconds=60)
    stopped.stop()
    assert await asyncio.to_thread(stopped.run) == (-signal.SIGKILL, b"")


async def test_a_caller_cancelled_at_any_moment_leaves_no_child(programmed: Any) -> None:
    programmed("import time; time.sleep(600)")
    for pause in (0, 0, 0.001, 0.002, 0.005, 0.01, 0.05):
        task = asyncio.create_task(decode(PHOTO.getvalue(), longest_side=8))
        await asyncio.sleep(pause)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_child_whose_parent_is_gone_ends_by_itself(tmp_path: Path) -> None:
    """As after a SIGKILL: nobody is left to end it."""
    order = child.Order(100, 100, 2**31, 30, 0.5)
    waiting = f"from photodock.pixels.child import *\nimport time\nconfine({order!r})\ntime.sleep(600)"
    alone = await asyncio.create_subprocess_exec(sys.executable, "-c", waiting)
    assert await asyncio.wait_for(alone.wait(), 60) == -signal.SIGALRM


CONFINED = """
    import json, os, resource, runpy, socket, sys
    child = runpy.run_path({path!r}, run_name="child")
    child["confine"](child["Order"](**json.loads(sys.argv[1])))

    def tried(attempt):
        try:
            attempt()
        except (OSError, MemoryError) as error:
            return type(error).__name__ + f" {{getattr(error, 'errno', '')}}"
        return "allowed"

    found = {{
        "open": tried(lambda: open("/etc/passwd")),
        "socket": tried(lambda: socket.socket()),
        "memory": tried(lambda: bytearray({memory})),
        "variables": sorted(os.environ),
        "files": sum(os.path.exists(f"/proc/self/fd/{{number}}") for number in range(256)),
        "folder": os.getcwd(),
        "limits": [resource.getrlimit(getattr(resource, f"RLIMIT_{{name}}")) for name in ("CPU", "NPROC", "FSIZE")],
        "session": os.getsid(0) == os.getpid(),
    }}
    print(json.dumps(found))
    print("x" * 200)
"""


async def test_the_child_can_open_nothing_and_knows_no_secret(
    programmed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    limits = Limits(memory_bytes=400 * 1024 * 1024, cpu_seconds=7)
    programmed(CONFINED.format(path=str(Path(child.__file__)), memory=limits.memory_bytes))
    run = process.Child(order_of(limits), PHOTO.getvalue(), most_bytes=10_000, seconds=30)
    status, answer = await asyncio.to_thread(run.run)
    assert status == 0
    found = json.loads(answer.splitlines()[0])
    assert set(found.pop("variables")) <= {"LC_CTYPE"}  # which Python sets itself
    assert found == {
        "open": "OSError 24",
        "socket": "OSError 24",
        "memory": "MemoryError ",
        "files": 3,
        "folder": "/",
        "limits": [[7, 8], [0, 0], [0, 0]],
        "session": True,
    }


def order_of(limits: Limits) -> str:
    return json.dumps(asdict(limits))


async def test_a_machine_without_room_for_a_process_is_no_photos_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FileNotFoundError):
        await decode(PHOTO.getvalue(), longest_side=8)


async def test_without_pillow_the_error_says_what_to_install(programmed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    programmed("import a_module_that_is_not_there")
    monkeypatch.setattr("photodock.pixels.asking.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="extra `pixels`"):
        await decode(PHOTO.getvalue(), longest_side=8)
