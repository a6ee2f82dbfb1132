"""nginx, with the configuration that this project ships, on free ports."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from photodock.embedded.ports import free_port
from support.packages import require
from support.polling import eventually

NGINX = Path("/usr/sbin/nginx")
SHIPPED = Path(__file__).parents[3] / "deploy" / "nginx" / "photodock.conf"


@dataclass(frozen=True)
class Proxy:
    url: str
    certificate: Path
    log: Path


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def configured(folder: Path, port: int, upstreams: tuple[int, int]) -> Path:
    """The shipped file inside the least that nginx needs around it; ports and paths are changed, and must be there."""
    chain, private = self_signed(folder)
    shipped = SHIPPED.read_text()
    for old, new in {
        "127.0.0.1:8001": f"127.0.0.1:{upstreams[0]}",
        "127.0.0.1:8002": f"127.0.0.1:{upstreams[1]}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "    listen [::]:443 ssl http2;\n": "",
        "/etc/ssl/photodock/fullchain.pem": str(chain),
        "/etc/ssl/photodock/privkey.pem": str(private),
    }.items():
        assert old in shipped
        shipped = shipped.replace(old, new)
    (folder / "photodock.conf").write_text(shipped)
    user = "user root;\n" if os.geteuid() == 0 else ""
    places = "".join(
        f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log warn;\nworker_processes 1;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{\n    access_log off;\n{places}    include {folder}/photodock.conf;\n}}\n"
    )
    return main


@pytest.fixture
def proxied(tmp_path: Path) -> Callable[[int, int], AbstractContextManager[Proxy]]:
    """nginx before those two ports."""
    require("nginx-light", NGINX)

    @contextmanager
    def running(one: int, other: int) -> Iterator[Proxy]:
        port = free_port()
        main = configured(tmp_path, port, (one, other))
        command = [str(NGINX), "-e", str(tmp_path / "error.log"), "-p", str(tmp_path), "-c", str(main)]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        with subprocess.Popen(command) as nginx:
            try:
                assert eventually((tmp_path / "nginx.pid").exists, 30)
                yield Proxy(f"https://127.0.0.1:{port}", tmp_path / "fullchain.pem", tmp_path / "error.log")
            finally:
                nginx.terminate()

    return running
