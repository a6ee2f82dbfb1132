"""ministack as a local SQS server."""

import http.client
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from photodock.embedded.aws_http import Keys, SignedClient
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import private_folder
from photodock.embedded.ports import LOOPBACK
from photodock.embedded.process import ChildProcess, minimal_environment
from photodock.embedded.server import Server, loopback_url

VISIBILITY_TIMEOUT_SECONDS = 30
"""How long a received job stays hidden: longer than a detector needs for a photo, short enough to see a retry."""

MAX_RECEIVE_COUNT = 5
"""Receives without a delete before a job moves to the dead-letter queue."""


_ACCOUNT = "000000000000"
"""The account of all callers whose access key is not itself an account's number."""


class MiniStackServer(Server):
    """An SQS server (`services=("sqs", "s3")` for S3 with bucket events as well, in tests).

    Messages stay over an orderly stop and over the death of this process, not over a SIGKILL of the server itself.
    It checks no signatures, and any keys do, unless `auth` is set: then signatures, policies and CORS rules hold, and
    `keys` are those of the account's root.
    """

    name = "ministack"
    wanted_for = "the queue server"
    grace_seconds = 8.0
    region = "us-east-1"

    def __init__(
        self,
        data_dir: Path,
        log_dir: Path,
        port: int | None = None,
        *,
        keys: Keys | None = None,
        services: Sequence[str] = ("sqs",),
        auth: bool = False,
    ) -> None:
        super().__init__(data_dir, log_dir, port)
        self.keys = keys or Keys("photodock", "photodock")
        self._services = tuple(services)
        self._auth = auth

    @property
    def endpoint_url(self) -> str:
        return loopback_url(self.port)

    @property
    def access_key(self) -> str:
        return self.keys.access_key

    @property
    def secret_key(self) -> str:
        return self.keys.secret_key

    def _prepare(self) -> ChildProcess:
        if importlib.util.find_spec("ministack") is None:
            raise EmbeddedError(
                "The queue server is not installed: run `pip install 'photodock[embedded]'` (ministack)."
            )
        return ChildProcess(
            self.name,
            [sys.executable, "-P", "-m", "ministack"],
            work_dir=private_folder(self._data_dir / "home"),
            state_dir=self._data_dir,
            log_dir=self._log_dir,
            environment=self._environment(),
            end_signal=self.end_signal,
            death_signal=self.end_signal,
        )

    def _environment(self) -> dict[str, str]:
        return minimal_environment(self._data_dir / "home") | {
            "BIND_HOST": LOOPBACK,  # its default is every interface
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": LOOPBACK,  # the host of the queue URLs that it gives
            "MINISTACK_REGION": self.region,
            "SERVICES": ",".join(self._services),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._data_dir / "state"),
            "S3_DATA_DIR": str(self._data_dir / "s3"),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AUTH": "true" if self._auth else "false",
        }

    def _is_ready(self) -> bool:
        try:
            self.sqs("ListQueues", {})
        except (OSError, http.client.HTTPException, EmbeddedError):
            return False
        return True

    def sqs(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call of the SQS API (JSON protocol). Raises `EmbeddedError` when it is refused."""
        client = SignedClient(self.endpoint_url, "sqs", self.region, self.keys)
        headers = {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}
        answer = client.send("POST", "/", json.dumps(request).encode(), headers)
        if answer.status != 200:
            raise EmbeddedError(f"The queue server refused {action}: {answer.body.decode('utf-8', 'replace')[:200]}")
        found: dict[str, Any] = json.loads(answer.body or b"{}")
        return found

    def queue_url(self, name: str) -> str:
        """A queue's address, which does not depend on whether it is there yet."""
        return f"{self.endpoint_url}/{_ACCOUNT}/{name}"

    def create_queues(self, name: str) -> str:
        """Makes the queue and its dead-letter queue `{name}-dead`, or finds them; returns the queue's URL."""
        dead_url = self._create_queue(f"{name}-dead", {"MessageRetentionPeriod": "1209600"})  # 14 days, SQS's longest
        facts = self.sqs("GetQueueAttributes", {"QueueUrl": dead_url, "AttributeNames": ["QueueArn"]})
        redrive = {"deadLetterTargetArn": facts["Attributes"]["QueueArn"], "maxReceiveCount": MAX_RECEIVE_COUNT}
        return self._create_queue(
            name,
            {"VisibilityTimeout": str(VISIBILITY_TIMEOUT_SECONDS), "RedrivePolicy": json.dumps(redrive)},
        )

    def _create_queue(self, name: str, attributes: dict[str, str]) -> str:
        """CreateQueue alone would refuse an existing queue that has other attributes."""
        url = self.queue_url(name)
        if url not in self.sqs("ListQueues", {"QueueNamePrefix": name}).get("QueueUrls", []):
            self.sqs("CreateQueue", {"QueueName": name})
        self.sqs("SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes})
        return url
