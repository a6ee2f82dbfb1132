"""A child process that never outlives its parent."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import DISK_FULL, NO_SPACE, explained, private_folder, write_private

_POLL_SECONDS = 0.02
_LOG_TAIL_BYTES = 16_384

# Linux sends the "parent died" signal when the *thread* that made the child ends, so all children are made by one
# thread that lives as long as this process.
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")


@dataclass(frozen=True, slots=True)
class User:
    """A system user to run a child as."""

    uid: int
    gid: int


class ChildProcess:
    """One program in a session of its own (Ctrl-C at the terminal reaches only the parent), with a log file.

    `work_dir` is its current folder, `state_dir` keeps its pid file, by which a next run finds and ends what a killed
    one may have left. `environment` is all that the child sees: nothing of the caller's passes on unless given, so
    no proxy or AWS profile changes how it works. `end_signal` asks the program to end in order, `death_signal` is what
    the kernel sends it when this process dies.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        work_dir: Path,
        state_dir: Path,
        log_dir: Path,
        environment: Mapping[str, str],
        end_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGTERM,
        user: User | None = None,
    ) -> None:
        self.name = name
        self.log_file = log_dir / f"{name}.log"
        self._argv = list(argv)
        self._work_dir = work_dir
        self._pid_file = state_dir / f"{name}.pid"
        self._environment = dict(environment)
        self._end_signal = end_signal
        self._death_signal = death_signal
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self.exit_status() is None

    def start(self) -> None:
        """Starts the program after ending what a killed run may have left of it. Raises `EmbeddedError`."""
        self.end_leftover()
        private_folder(self.log_file.parent)
        with explained(self.log_file.parent):
            if self.log_file.exists():
                self.log_file.replace(self.log_file.with_suffix(".log.1"))
            log = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            with explained(Path(self._argv[0])):
                self._process = _launcher.submit(self._spawn, log).result()
        finally:
            os.close(log)
        write_private(self._pid_file, _identity(self._process.pid) or "")

    def end_leftover(self) -> None:
        """Ends what a killed run may have left of this program."""
        end_leftover(self._pid_file, self._end_signal)

    def _spawn(self, log: int) -> subprocess.Popen[bytes]:
        user = self._user
        return subprocess.Popen(  # noqa: S603 - the servers' own programs, no text of a client's
            [*_dying_with_parent(self._death_signal), *self._argv],
            cwd=self._work_dir,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )

    def exit_status(self) -> int | None:
        """The exit status (negative: the signal that ended it), null while it runs."""
        if self._process is None:
            return None
        if self._process.returncode is not None:
            return self._process.returncode
        # Looks without reaping: until then no other process can get this pid, so `stop` kills the right group.
        ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def wait_until(self, ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Polls until `ready()`. Raises `EmbeddedError` when the child ends first or takes too long; it is stopped."""
        try:
            self._poll(ready, time.monotonic() + timeout_seconds)
        except BaseException:
            self.stop()
            raise

    def _poll(self, ready: Callable[[], bool], deadline: float) -> None:
        while not ready():
            if not self.running:
                raise self.failure()
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} does not get ready; its log says why: {self.log_file}")
            time.sleep(_POLL_SECONDS)

    def failure(self) -> EmbeddedError:
        """Why the child ended by itself, as far as its log tells."""
        if NO_SPACE in self._log_tail():
            return EmbeddedError(DISK_FULL.format(place=self._work_dir))
        status = self.exit_status() or 0
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended by itself with status {status}"
        return EmbeddedError(f"{self.name} {how}; its log says why: {self.log_file}")

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError), self.log_file.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
            return log.read().decode("utf-8", "replace")
        return ""

    def ask_to_end(self) -> None:
        """Sends the end signal and returns at once."""
        if self.running and self.pid:
            os.kill(self.pid, self._end_signal)

    def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Ends the whole process group: the end signal, then SIGKILL. Does nothing when it does not run."""
        self.ask_to_end()
        self.await_end(grace_seconds)

    def await_end(self, grace_seconds: float) -> None:
        """Waits for the child that was asked to end, and kills what is left of its group."""
        if self._process is None:
            return
        deadline = time.monotonic() + grace_seconds
        while self.running and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)


def end_leftover(pid_file: Path, first_signal: signal.Signals, *, grace_seconds: float = 10.0) -> None:
    """Ends the process that the file names if it still runs (then SIGKILL), and removes the file.

    A pid alone may by now belong to a stranger: the process must also have begun at the recorded moment.
    """
    try:
        recorded = pid_file.read_text(encoding="ascii")
    except FileNotFoundError:
        return
    if recorded:
        pid = int(recorded.split()[0])
        for attempt in (first_signal, signal.SIGKILL):
            if _wait_gone(pid, recorded, attempt, grace_seconds):
                break
    pid_file.unlink(missing_ok=True)


def _wait_gone(pid: int, identity: str, how: signal.Signals, timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    if _identity(pid) == identity:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, how)
    while _identity(pid) == identity:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _identity(pid: int) -> str | None:
    """Pid, start (clock ticks since boot) and boot of a living process; null when there is none (or no /proc)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command's name, in parentheses, may itself hold spaces and parentheses. See proc_pid_stat(5).
    fields = stat.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{pid} {started} {boot}"


def _dying_with_parent(death_signal: signal.Signals) -> list[str]:
    """The words before a command that make the kernel end it with its parent (PR_SET_PDEATHSIG).

    By util-linux's setpriv rather than by a `preexec_fn`, which may deadlock in a parent that has threads. Where
    there is no setpriv (macOS), `end_leftover` at the next start does the work.
    """
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    return [setpriv, "--pdeathsig", death_signal.name.removeprefix("SIG"), "--"] if setpriv else []


def minimal_environment(home: Path) -> dict[str, str]:
    """What every child gets: no variable of the caller's, and `home` for its home and temporary files."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONUNBUFFERED": "1",
    }
