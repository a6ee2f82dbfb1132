"""What stands behind the service under `up`: its own servers, or existing ones that the environment names."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from photodock.embedded.aws_http import Keys
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import kept_secret, private_folder
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.process import minimal_environment
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.embedded.server import Server
from photodock.settings import PREFIX, Settings

DATABASE_URL = "PHOTODOCK_DATABASE_URL"
S3_ENDPOINT_URL = "PHOTODOCK_S3_ENDPOINT_URL"
QUEUE_URL = "PHOTODOCK_QUEUE_URL"

_QUEUE = "photodock-detection"

_DEFAULTS = {
    "PHOTODOCK_ENVIRONMENT": "local",
    # Nobody watches the local dead-letter queue, so a lost job is sent again soon.
    "PHOTODOCK_DETECTION_TIMEOUT": "120s",
    # Pages of a developer's own web server may call; without a token no call does anything.
    "PHOTODOCK_CORS_ALLOWED_ORIGINS": "*",
    # A developer's receiver is on this machine too.
    "PHOTODOCK_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
    "PHOTODOCK_WEBHOOK_PORTS": "",
    "PHOTODOCK_WEBHOOK_SCHEMES": "https,http",
}


class Backing:
    """PostgreSQL, S3 and SQS. A server that the environment names is used, one that it does not is started."""

    def __init__(self, data_dir: Path, log_dir: Path, environ: Mapping[str, str]) -> None:
        self._data_dir = data_dir
        self._given = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value}
        self._environ = environ
        self._database = None if DATABASE_URL in self._given else PostgresServer(data_dir / "postgresql", log_dir)
        self._queue = None if QUEUE_URL in self._given else MiniStackServer(data_dir / "ministack", log_dir)
        self.store: SeaweedServer | None = None
        if S3_ENDPOINT_URL not in self._given:
            self.store = SeaweedServer(data_dir / "seaweedfs", log_dir, bucket=self._bucket(), keys=self._keys())

    @property
    def servers(self) -> tuple[Server, ...]:
        """Those to start; PostgreSQL last, because at its first start it keeps the caller busy, not just waiting."""
        return tuple(server for server in (self.store, self._queue, self._database) if server)

    @property
    def _only_local(self) -> bool:
        """Whether no AWS account is needed: then its variables and files are kept away from the children."""
        queue_is_sqs = QUEUE_URL in self._given and not self._given[QUEUE_URL].startswith(("amqp:", "amqps:"))
        return S3_ENDPOINT_URL not in self._given and not queue_is_sqs

    def _bucket(self) -> str:
        given = _DEFAULTS | self._given
        return given.get("PHOTODOCK_S3_BUCKET") or f"companycam-photos-{given['PHOTODOCK_ENVIRONMENT']}"

    def _keys(self) -> Keys:
        """The service has one pair of keys for S3 and SQS, so a local S3 server beside a real queue takes that one."""
        if self._only_local:
            return Keys("photodock-local", kept_secret(self._data_dir / "s3-secret-key"))
        try:
            return Keys(self._environ["AWS_ACCESS_KEY_ID"], self._environ["AWS_SECRET_ACCESS_KEY"])
        except KeyError as missing:
            raise EmbeddedError(
                f"{QUEUE_URL} is set, so set {missing.args[0]} too: the local S3 server takes the same keys."
            ) from missing

    def environment(self) -> dict[str, str]:
        """What `serve` and `worker` get; final as soon as the servers have their ports."""
        home = private_folder(self._data_dir / "home")
        base = minimal_environment(home) if self._only_local else dict(self._environ)
        return base | _DEFAULTS | self._given | self._local_facts()

    def create_queues(self) -> None:
        """Once the servers are ready. An existing queue server's queues are its owner's business."""
        if self._queue:
            self._queue.create_queues(_QUEUE)

    def _local_facts(self) -> dict[str, str]:
        facts: dict[str, str] = {}
        if self._database:
            facts[DATABASE_URL] = self._database.database_url
        if self.store:
            facts |= {
                S3_ENDPOINT_URL: self.store.endpoint_url,
                "PHOTODOCK_S3_BUCKET": self.store.bucket,
                "PHOTODOCK_S3_REGION": self.store.region,
                "PHOTODOCK_S3_ADDRESSING_STYLE": "path",
                "AWS_ACCESS_KEY_ID": self.store.access_key,
                "AWS_SECRET_ACCESS_KEY": self.store.secret_key,
            }
        if self._queue:
            facts[QUEUE_URL] = self._queue.queue_url(_QUEUE)
            facts["PHOTODOCK_SQS_ENDPOINT_URL"] = self._queue.endpoint_url
        return facts


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings as a child with this environment will read them. Raises `EmbeddedError`."""
    fields = {
        name: environment[variable]
        for name in Settings.model_fields
        if (variable := PREFIX + name.upper()) in environment
    }
    try:
        return Settings.model_validate(fields)
    except ValidationError as error:
        faults = [f"{PREFIX}{fault['loc'][0]}".upper() + f" {fault['msg']}" for fault in error.errors()]
        raise EmbeddedError(f"The settings can't be used: {'; '.join(faults)}.") from None
