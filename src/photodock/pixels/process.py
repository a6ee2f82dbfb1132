"""One run of the decoder's program: bytes in, bytes out, and no trace of it left whatever happens."""

import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
_PIECE_BYTES = 1024 * 1024


class Child:
    """`run` blocks; `stop`, from another thread, ends it soon."""

    def __init__(self, order: str, photo: bytes, *, most_bytes: int, seconds: float, niceness: int = 0) -> None:
        self._order = order
        self._photo = photo
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._niceness = niceness
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> tuple[int, bytes]:
        """The exit status (negative: the signal that ended it) and its answer, cut off behind `most_bytes`.

        Raises TimeoutError, and OSError when there can be no process.
        """
        deadline = time.monotonic() + self._seconds
        process = self._start()
        try:
            answer = self._read(process, deadline)
            if len(answer) > self._most_bytes:
                process.kill()
            return process.wait(max(0, deadline - time.monotonic())), answer
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            with process:  # closes the pipe, and waits, so that no dead process stays behind
                process.kill()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        # In memory and as a file: the child reads it as it likes, and nobody has to feed it.
        photo = os.memfd_create("photo", os.MFD_CLOEXEC)
        try:
            with os.fdopen(photo, "wb", closefd=False) as file:
                file.write(self._photo)
            os.lseek(photo, 0, os.SEEK_SET)
            with self._lock:
                self._process = subprocess.Popen(  # noqa: S603 - a program of our own; the photo is its input alone
                    [sys.executable, "-I", str(CHILD), self._order],
                    stdin=photo,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd="/",
                    start_new_session=True,  # Ctrl-C is the parent's
                )
                if self._stopped:
                    self._process.kill()
                if self._niceness:
                    os.setpriority(os.PRIO_PROCESS, self._process.pid, self._niceness)
                return self._process
        finally:
            os.close(photo)

    def _read(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        pipe = process.stdout.fileno()
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        answer = bytearray()
        while len(answer) <= self._most_bytes:
            if not waiting.poll(max(0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            piece = os.read(pipe, _PIECE_BYTES)
            if not piece:
                break
            answer += piece
        return bytes(answer)
