"""A real nginx between clients and the store, as people configure it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from integration.doctor.conftest import Bed, diagnose
from photodock.embedded.ports import free_port
from support.clock import eventually
from support.packages import require

NGINX = Path("/usr/sbin/nginx")
Nginx = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def nginx(tmp_path: Path, bed: Bed) -> Nginx:
    """Before the strict server; the directives stand in its `location /`."""
    require("nginx-light", NGINX)

    @asynccontextmanager
    async def running(*directives: str) -> AsyncIterator[str]:
        port = free_port()
        places = "".join(
            f"{name}_temp_path {tmp_path}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        own = " ".join((f"proxy_pass {bed.owner.endpoint_url};", *directives))
        (tmp_path / "nginx.conf").write_text(
            f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {tmp_path}/nginx.pid; worker_processes 1;\n"
            # It would write down whole addresses, and with them signatures.
            f"error_log /dev/null; events {{ worker_connections 64; }}\n"
            f"http {{ access_log off; {places}\nserver {{ listen 127.0.0.1:{port}; location / {{ {own} }} }} }}\n"
        )
        command = [str(NGINX), "-e", "/dev/null", "-p", str(tmp_path), "-c", f"{tmp_path}/nginx.conf"]
        process = await asyncio.create_subprocess_exec(*command)

        async def is_up() -> bool:
            return (tmp_path / "nginx.pid").exists()

        try:
            await eventually(is_up, seconds=40)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()

    return running


async def test_nginxs_own_host_header_is_told_from_a_wrong_secret(bed: Bed, nginx: Nginx) -> None:
    """Its default is the upstream's name."""
    async with nginx("proxy_set_header Host store.inner;") as address:
        said = (await diagnose(bed.but(s3_public_endpoint_url=address).settings, "upload")).said("upload")
    assert "proxy_set_header Host $http_host" in said
    assert "The credentials are right" in said


async def test_nginx_with_the_host_header_as_the_doctor_says_is_well_but_for_its_limit(bed: Bed, nginx: Nginx) -> None:
    async with nginx("proxy_set_header Host $http_host;") as address:
        found = await diagnose(bed.but(s3_public_endpoint_url=address).settings, "upload", "largest_upload", "cors")
    assert found.wrong == ["largest_upload"]
    assert "client_max_body_size" in found.said("largest_upload")
    assert "PHOTODOCK_MAX_FILE_SIZE is 52428800 bytes" in found.said("largest_upload")


async def test_nginx_with_a_limit_above_the_largest_photo_is_well(bed: Bed, nginx: Nginx) -> None:
    async with nginx("proxy_set_header Host $http_host;", "client_max_body_size 51m;") as address:
        found = await diagnose(bed.but(s3_public_endpoint_url=address).settings, "upload", "largest_upload")
    assert found.wrong == []


async def test_an_nginx_without_its_upstream_is_told(bed: Bed, nginx: Nginx) -> None:
    async with nginx("proxy_set_header Host $http_host;", "return 502;") as address:
        settings = bed.but(s3_public_endpoint_url=address).settings
        said = (await diagnose(settings, "public_endpoint")).said("public_endpoint")
    assert "can't reach S3 behind it" in said
