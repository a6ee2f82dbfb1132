"""`photodock up`: the whole system on this machine, as supervised child processes."""

import fcntl
import http.client
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from photodock.domain.errors import PhotodockError
from photodock.embedded.announcement import Announcement, show, write_environment, write_ready_file
from photodock.embedded.backing import DATABASE_URL, QUEUE_URL, S3_ENDPOINT_URL, Backing, settings_of
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import explained, kept_secret, private_folder
from photodock.embedded.ports import LOOPBACK, require_free
from photodock.embedded.process import ChildProcess
from photodock.embedded.sample import written_sample
from photodock.embedded.server import loopback_url
from photodock.embedded.supervision import Interruption, Supervisor
from photodock.embedded.tenant import Tenant, kept_tenant

_JWT_SECRET = "PHOTODOCK_JWT_SECRET"  # noqa: S105 - a variable's name
_WEBHOOK_KEYS = "PHOTODOCK_WEBHOOK_KEYS"
ENVIRONMENT_FILE = "environment.sh"
"""In the data directory: the settings of the processes, for other commands."""
_PHOTODOCK = ("-m", "photodock")
_READY_SECONDS = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DETECTOR = ["-m", "photodock.quality_detector"]


@dataclass(frozen=True, slots=True)
class UpOptions:
    """`port` is the API's, on 127.0.0.1. `detector`: `sample`, or `none` to leave the queue to others."""

    data_dir: Path = Path(".photodock")
    port: int = 8000
    ready_file: Path | None = None
    detector: str = "sample"


def run_up(options: UpOptions, environ: Mapping[str, str] | None = None) -> int:
    """Runs until SIGINT, SIGTERM or SIGHUP and returns 0, or until something fails: one sentence, and 1."""
    console = Console()
    try:
        with _signals_interrupt() as interruption, _locked(options.data_dir) as data_dir:
            supervisor = Supervisor(interruption)
            _run(options, data_dir, os.environ if environ is None else environ, console, supervisor)
    except KeyboardInterrupt:
        console.print("photodock has stopped.")
        return 0
    except (EmbeddedError, PhotodockError) as error:
        Console(stderr=True).print(error.detail, soft_wrap=True, markup=False, highlight=False)
        return 1


@contextmanager
def _signals_interrupt() -> Iterator[Interruption]:
    """The signals raise KeyboardInterrupt: SIGINT too, which a script's `photodock up &` would have us ignore."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """The data directory, absolute, for this process alone. After a kill -9 the kernel gives the lock back."""
    data_dir = private_folder(folder.absolute())
    with explained(data_dir):
        lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield data_dir
    except BlockingIOError:
        raise EmbeddedError(
            f"Another `photodock up` uses {folder}: stop that one, or choose another place with --data-dir."
        ) from None
    finally:
        os.close(lock)


def _run(
    options: UpOptions, data_dir: Path, environ: Mapping[str, str], console: Console, supervisor: Supervisor
) -> NoReturn:
    try:
        up = Up(options, data_dir, environ, supervisor)
        up.check()
        console.print(f"photodock starts in {options.data_dir} ...", soft_wrap=True, highlight=False)
        announcement, sample = up.start(), written_sample(data_dir)
        if options.ready_file:
            write_ready_file(options.ready_file, announcement)
        show(console, announcement, logs=data_dir / "logs", sample=sample)
        supervisor.watch()
    except KeyboardInterrupt:
        console.print("photodock is stopping ...")
        raise
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C would leave children behind
        supervisor.stop()


class Up:
    """One start of the whole system; `supervisor` has what it started, and stops it."""

    def __init__(self, options: UpOptions, data_dir: Path, environ: Mapping[str, str], supervisor: Supervisor) -> None:
        self._options = options
        self._data_dir = data_dir
        self._backing = Backing(data_dir, data_dir / "logs", environ)
        self._given_jwt_secret = environ.get(_JWT_SECRET)
        self._given_webhook_keys = environ.get(_WEBHOOK_KEYS)
        self._supervisor = supervisor
        self._home = private_folder(data_dir / "home")
        self._url = loopback_url(options.port)

    def check(self) -> None:
        """What can be known to fail before anything is started. Raises `EmbeddedError`."""
        for name in ("serve", "worker", "detector"):
            self._child(name, [], {}).end_leftover()
        require_free(self._options.port, "the API (--port)")
        settings_of(self._environment())
        if self._options.ready_file:
            with explained(self._options.ready_file):
                self._options.ready_file.unlink(missing_ok=True)

    def start(self) -> Announcement:
        """Returns when requests are answered. Raises `EmbeddedError` or `PhotodockError`."""
        self._supervisor.begin(self._backing.servers)
        environment = self._environment()
        settings = settings_of(environment)
        tenant = kept_tenant(self._data_dir)
        # It connects when first asked, so its slow start may overlap with all that follows.
        serve = self._child("serve", [*_PHOTODOCK, "serve", "--port", str(self._options.port)], environment)
        self._supervisor.start(serve)
        # A good second, in which the servers start.
        from photodock.embedded import setting_up  # noqa: PLC0415

        self._supervisor.await_servers()
        self._backing.create_queues()
        setting_up.set_up(settings, tenant, self._backing.store.keys if self._backing.store else None)
        self._supervisor.start(*self._consumers(environment, setting_up.detector_token(settings, tenant)))
        serve.wait_until(self._is_ready, timeout_seconds=_READY_SECONDS)
        write_environment(self._data_dir / ENVIRONMENT_FILE, environment)
        token = setting_up.developer_token(settings, tenant)
        return self._announcement(environment, settings.bucket, tenant, token)

    def _environment(self) -> dict[str, str]:
        secret = self._given_jwt_secret or kept_secret(self._data_dir / "jwt-secret")
        webhook_keys = self._given_webhook_keys or kept_secret(self._data_dir / "webhook-key")
        return self._backing.environment() | {_JWT_SECRET: secret, _WEBHOOK_KEYS: webhook_keys}

    def _consumers(self, environment: Mapping[str, str], token: str) -> Iterator[ChildProcess]:
        yield self._child("worker", [*_PHOTODOCK, "worker"], environment)
        if self._options.detector == "sample":
            facts = {**environment, "PHOTODOCK_URL": self._url, "PHOTODOCK_TOKEN": token}
            yield self._child("detector", _DETECTOR, facts)

    def _announcement(self, environment: Mapping[str, str], bucket: str, tenant: Tenant, token: str) -> Announcement:
        return Announcement(
            url=self._url,
            project_id=str(tenant.project_id),
            organization_id=str(tenant.organization_id),
            token=token,
            jwt_secret=environment[_JWT_SECRET],
            database_url=environment[DATABASE_URL],
            s3_endpoint_url=environment[S3_ENDPOINT_URL],
            s3_bucket=bucket,
            s3_access_key=environment.get("AWS_ACCESS_KEY_ID", ""),
            s3_secret_key=environment.get("AWS_SECRET_ACCESS_KEY", ""),
            queue_url=environment[QUEUE_URL],
        )

    def _child(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> ChildProcess:
        return ChildProcess(
            name,
            [sys.executable, "-P", *arguments],
            work_dir=self._home,
            state_dir=self._home,
            log_dir=self._data_dir / "logs",
            environment=environment,
            # They keep nothing of their own: at once, so that the next start finds the port free.
            death_signal=signal.SIGKILL,
        )

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._options.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
