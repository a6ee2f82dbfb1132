"""The environment, read once and validated at start, as one frozen `Settings`."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PostgresDsn,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "PHOTODOCK_"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class SettingsError(Exception):
    """The environment can't be used; the message names each variable and the mend."""


def _duration(value: Any) -> Any:
    """`90`, `90s`, `15m`, `1h` or `7d`"""
    if isinstance(value, str):
        text = value.strip().lower()
        number, unit = (text[:-1], UNITS[text[-1]]) if text and text[-1] in UNITS else (text, 1)
        try:
            return timedelta(seconds=float(number) * unit)
        except (ValueError, OverflowError):
            raise ValueError("write a duration as 90, 90s, 15m, 1h or 7d") from None
    return value


def _words(value: Any) -> Any:
    return tuple(filter(None, (word.strip() for word in value.split(",")))) if isinstance(value, str) else value


def _networks(value: Any) -> Any:
    try:
        return tuple(map(ip_network, _words(value)))
    except ValueError:
        raise ValueError("write networks as 10.1.0.0/16 or fd12:3456::/32, with commas between") from None


def _or_none(value: Any) -> Any:
    return None if value == "" else value


def _address(value: str | None) -> str | None:
    if value is not None and not re.match(r"https?://[^/?#]", value):
        raise ValueError("must be an address that begins with https:// or http://")
    return value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing; write a duration as 90, 90s, 15m, 1h or 7d")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Delay = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
Delays = Annotated[tuple[Delay, ...], NoDecode, BeforeValidator(_words)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Ports = Annotated[tuple[Port, ...], NoDecode, BeforeValidator(_words)]
Most = Annotated[int, Field(ge=0, le=10**15)]
"""Of what is counted; PostgreSQL's integers end somewhere above."""
Text = Annotated[str | None, BeforeValidator(_or_none)]
Address = Annotated[str | None, BeforeValidator(_or_none), AfterValidator(_address)]


class TokenSettings(BaseSettings):
    """What is needed to verify and to make access tokens."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    jwt_secret: SecretStr | None = Field(None, description="HS256 secret, 32 bytes or more.")
    jwt_public_key: Text = Field(None, description="A public key in PEM that verifies tokens.")
    jwt_jwks_url: Address = Field(None, description="Where the identity provider lists its keys (JWKS).")
    jwt_algorithms: Words = Field((), description="Of HS256, RS256, ES256, EdDSA; empty: all that have a key.")
    jwt_issuer: Text = Field(None, description="Required `iss`, when set.")
    jwt_audience: Text = Field(None, description="Required `aud`, when set.")
    jwt_claim_user: str = Field("sub", description="The claim that holds the user's id.")
    jwt_claim_organization: str = Field("org", description="The claim that holds the organization's id (UUID).")
    jwt_claim_scope: str = Field("scope", description="The claim that holds the scopes, a text or a list.")
    jwt_scope_prefix: str = Field("", description="What the identity provider puts before each scope.")

    @field_validator("jwt_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < 32:
            raise ValueError("must be 32 bytes or more; make one with: openssl rand -hex 32")
        return value


class DecodeSettings(BaseSettings):
    """What decoding one photo's pixels may take, for whoever decodes some: the sample detector, and for renditions."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    decode_max_pixels: int = Field(200_000_000, ge=1, description="Pixels above which a photo is not decoded.")
    decode_max_side: int = Field(65_500, ge=1, le=65_500, description="Likewise for its longer side.")
    decode_memory_bytes: int = Field(
        2_147_483_648, ge=268_435_456, description="Memory that decoding one photo may take, in bytes."
    )
    decode_cpu_time: Duration = Field(timedelta(seconds=30), description="CPU time that it may take.")
    decode_timeout: Duration = Field(timedelta(seconds=60), description="The longest it may take.")

    @field_validator("decode_cpu_time")
    @classmethod
    def _is_whole(cls, value: timedelta) -> timedelta:
        if value.microseconds:
            raise ValueError("must be whole seconds, such as 30s")
        return value


class Settings(DecodeSettings, TokenSettings):
    """Every setting, its environment variable being the name in capitals behind `PHOTODOCK_`."""

    environment: str = Field("local", pattern=r"^[a-z0-9-]{1,32}$", description="Names the bucket.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    database_url: SecretStr = Field(
        description="PostgreSQL 14 or newer: `postgresql://user:password@host/database`; hosts separated by commas."
    )
    database_pooler: Literal["none", "transaction"] = Field(
        "none", description="`transaction`: a pooler in transaction mode stands before PostgreSQL."
    )
    database_direct_url: SecretStr | None = Field(
        None, description="PostgreSQL past the pooler, for migrations and for hearing of new jobs."
    )
    database_pool_size: int = Field(16, ge=1, le=500, description="Connections a process holds at the most.")
    database_timeout: Duration = Field(timedelta(seconds=10), description="The longest one statement may take.")
    database_connect_timeout: Duration = Field(
        timedelta(seconds=4), description="The longest connecting to one PostgreSQL host may take."
    )
    database_acquire_timeout: Duration = Field(
        timedelta(seconds=5), description="The longest wait for a free or a new connection to the database."
    )
    migration_timeout: Duration = Field(timedelta(minutes=10), description="The longest `photodock migrate` may take.")

    s3_bucket: str = Field("", description="Bucket of the photos; empty: `companycam-photos-{environment}`.")
    s3_region: str = Field("us-east-1", description="The bucket's region.")
    s3_endpoint_url: Address = Field(None, description="An S3 server other than AWS, as this service reaches it.")
    s3_public_endpoint_url: Address = Field(None, description="The same server as clients reach it, if different.")
    s3_addressing_style: Literal["virtual", "path"] | None = Field(
        None, description="`virtual` or `path`; empty: virtual on AWS, path on other servers."
    )
    s3_timeout: Duration = Field(timedelta(seconds=10), description="The longest one S3 request may take.")
    s3_connect_timeout: Duration = Field(timedelta(seconds=2), description="The longest connecting to S3 may take.")
    s3_total_timeout: Duration = Field(
        timedelta(seconds=25), description="The longest an S3 call may take with all its tries."
    )

    queue_url: SecretStr | None = Field(
        None,
        description="Detection queue, SQS's URL or `amqp://user:password@host/vhost?queue=name`; `worker` needs it.",
    )
    s3_events_queue_url: str | None = Field(None, description="SQS queue of the bucket's events; empty: none are read.")
    sqs_endpoint_url: Address = Field(None, description="An SQS server other than AWS.")
    sqs_region: str = Field("", description="The queues' region; empty: the bucket's.")
    retry_delays: Delays = Field((1.0, 2.0, 4.0), description="Seconds before each new try of an S3 or queue call.")
    queue_timeout: Duration = Field(timedelta(seconds=5), description="The longest wait for a queue's answer.")
    queue_connect_timeout: Duration = Field(
        timedelta(seconds=3), description="The longest connecting to a queue may take."
    )
    outbox_max_attempts: int = Field(10, ge=1, description="Failed publishes after which a job is parked.")

    upload_url_ttl_seconds: int = Field(900, ge=60, le=604_800, description="How long an upload URL is good for.")
    min_file_size: int = Field(1_024, ge=1, description="Smallest photo taken in, in bytes.")
    max_file_size: int = Field(52_428_800, ge=1, le=5_368_709_120, description="Largest photo taken in, in bytes.")
    multipart_min_size: int = Field(
        8_388_608, ge=1, description="Photos of so many bytes and more may be sent in parts."
    )
    upload_urls_per_minute: Most = Field(100, description="Upload URLs for one user a minute; 0: no limit.")
    upload_bytes_per_day: Most = Field(
        0, description="Bytes of new photos, as declared, for one user a day (UTC); 0: no limit."
    )
    pending_uploads: Most = Field(0, description="Photos of one user that wait for their file; 0: no limit.")
    organization_upload_urls_per_minute: Most = Field(
        0, description="Upload URLs for an organization a minute; 0: no limit."
    )
    organization_upload_bytes_per_day: Most = Field(
        0, description="Bytes of new photos for an organization a day (UTC); 0: no limit."
    )
    organization_pending_uploads: Most = Field(
        0, description="Photos of an organization that wait for their file; 0: no limit."
    )
    renditions: bool = Field(True, description="Make a thumbnail and a preview of each new photo: `true`, `false`.")
    rendition_processes: int = Field(
        0, ge=0, le=256, description="Photos a worker makes them of at a time; 0: one less than processors."
    )
    detection_types: Words = Field(("damage", "material"), description="Detection types a client may ask for.")

    pending_ttl: Duration = Field(timedelta(days=7), description="After the URL's end: when a photo is given up.")
    detection_timeout: Duration = Field(timedelta(hours=1), description="When an unanswered job is sent again.")
    changes_kept: Duration = Field(
        timedelta(hours=1), description="How long an event stream that broke off may be resumed."
    )
    sweep_interval: Duration = Field(timedelta(seconds=15), description="Pause between two rounds of the sweeper.")

    webhook_keys: SecretStr | None = Field(
        None,
        description="Keys that seal webhooks' secrets, the newest first, each 32 bytes in base64; empty: no webhooks.",
    )
    webhook_allowed_networks: Networks = Field(
        (), description="Networks that webhooks may be sent to although they are not public, such as `10.1.0.0/16`."
    )
    webhook_ports: Ports = Field((443, 8443), description="Ports that webhooks may be sent to; empty: all.")
    webhook_schemes: Literal["https", "https,http"] = Field(
        "https", description="Of webhooks' URLs; `https,http` on a developer's machine."
    )

    request_head_timeout: Duration = Field(
        timedelta(seconds=10), description="The longest the head of a request may take to arrive."
    )
    request_body_timeout: Duration = Field(
        timedelta(seconds=30), description="The longest the body of a request may take to arrive."
    )
    max_connections: int = Field(900, ge=1, description="Connections from clients that a `serve` process holds.")
    max_streams: int = Field(
        500, ge=0, description="Event streams that a `serve` process holds; at most 9 of 10 connections."
    )
    organization_max_streams: int = Field(250, ge=0, description="Of these, streams of one organization.")
    user_max_streams: int = Field(10, ge=0, description="Of these, streams of one user.")
    stream_heartbeat: Duration = Field(
        timedelta(seconds=15), description="The longest an event stream is silent, and its token not looked at."
    )
    cors_allowed_origins: Words = Field((), description="Origins whose pages may call the API; `*` for all.")

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None, field: ValidationInfo) -> SecretStr | None:
        url = value.get_secret_value() if value else ""
        if not url and field.field_name == "database_direct_url":
            return None
        try:
            PostgresDsn(url)
        except ValidationError:
            url = ""
        if not re.match(r"postgres(ql)?://", url):
            raise ValueError(
                "must look like postgresql://user:password@host:5432/database; several hosts: @host1:5432,host2:5432/"
            )
        wanted = parse_qs(url.partition("?")[2].partition("#")[0]).get("target_session_attrs", ["any"])[-1]
        if wanted not in {"any", "primary", "read-write"}:
            raise ValueError(
                "must lead to a server that takes writes: target_session_attrs=read-write, or leave it out"
            )
        return value

    @field_validator("queue_url")
    @classmethod
    def _is_a_queue(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not re.match(r"(https?|amqps?)://[^/?#]", value.get_secret_value()):
            raise ValueError("must look like https://sqs.… or amqp://user:password@host:5672/vhost?queue=name")
        return value

    @field_validator("s3_events_queue_url")
    @classmethod
    def _is_an_sqs_queue(cls, value: str | None) -> str | None:
        if value and not re.match(r"https?://[^/?#]", value):
            raise ValueError("must look like https://sqs.…: bucket events come through SQS alone")
        return value or None

    @field_validator("webhook_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in _words(value.get_secret_value()) if value else ():
            try:
                size = len(base64.urlsafe_b64decode(key.rstrip("=") + "="))
            except ValueError:
                size = 0
            if size != 32:
                raise ValueError(
                    "must be keys of 32 bytes in base64, with commas between; make one with: openssl rand -base64 32"
                )
        return value

    @field_validator("max_file_size")
    @classmethod
    def _is_not_below_the_least(cls, value: int, others: ValidationInfo) -> int:
        if value < others.data.get("min_file_size", 0):
            raise ValueError(f"must not be below {PREFIX}MIN_FILE_SIZE")
        return value

    @field_validator("detection_types")
    @classmethod
    def _is_not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("must name at least one type, separated by commas")
        return value

    @cached_property
    def direct_url(self) -> SecretStr | None:
        """The way to a session of one's own in PostgreSQL; None where there is none."""
        return self.database_direct_url or (self.database_url if self.database_pooler == "none" else None)

    @cached_property
    def sealing_keys(self) -> tuple[str, ...]:
        """Of webhooks' secrets, the newest first; none where webhooks are not set up."""
        found: tuple[str, ...] = _words(self.webhook_keys.get_secret_value()) if self.webhook_keys else ()
        return found

    @cached_property
    def bucket(self) -> str:
        return self.s3_bucket or f"companycam-photos-{self.environment}"

    @cached_property
    def addressing_style(self) -> Literal["virtual", "path"]:
        return self.s3_addressing_style or ("path" if self.s3_endpoint_url else "virtual")


def load_settings() -> Settings:
    """Raises SettingsError."""
    with _explained():
        return Settings()


def load_token_settings() -> TokenSettings:
    """For making tokens, which needs no database. Raises SettingsError."""
    with _explained():
        return TokenSettings()


def load_decode_settings() -> DecodeSettings:
    """For decoding pixels, which needs nothing else. Raises SettingsError."""
    with _explained():
        return DecodeSettings()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        lines = [f"  {PREFIX}{_name(item['loc'])}: {_mend(item)}" for item in error.errors()]
        raise SettingsError("\n".join(["The settings can't be used:", *lines])) from None


def _name(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "*"


def _mend(item: Any) -> str:
    if item["type"] == "missing":
        description = Settings.model_fields[str(item["loc"][0])].description
        return f"is not set. {description}"
    return str(item["msg"]).removeprefix("Value error, ")
