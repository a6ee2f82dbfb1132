"""A signed request to an AWS-like server on the loopback interface, for readiness checks and set-up.

botocore's signer alone, without its clients: those take half a second to load their service models, and read the
caller's environment and configuration files.
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Keys:
    """AWS credentials of a local server."""

    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class SignedClient:
    """Sends SigV4-signed requests of one service (`s3`, `sqs`) to one endpoint, never through a proxy."""

    def __init__(self, endpoint_url: str, service: str, region: str, keys: Keys) -> None:
        self._endpoint_url = endpoint_url
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        self._signer = signer(Credentials(keys.access_key, keys.secret_key), service, region)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status. Raises `OSError` or `http.client.HTTPException` when there is none."""
        request = AWSRequest(method, self._endpoint_url + path, headers=dict(headers or {}), data=body)
        self._signer.add_auth(request)
        connection = http.client.HTTPConnection(urlsplit(self._endpoint_url).netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body=body, headers=dict(request.headers.items()))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()
