"""What is taken in, how much of it, and how long things last."""

import base64
from datetime import timedelta
from functools import cached_property
from typing import Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from photodock.settings.fields import PREFIX, Duration, Group, Most, Networks, Ports, Words, words


class UploadSettings(Group):
    """Upload URLs and photos."""

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
    organization_projects: Most = Field(
        10_000, description="Projects that an organization may make by the API; 0: no limit."
    )
    renditions: bool = Field(True, description="Make a thumbnail and a preview of each new photo: `true`, `false`.")
    rendition_processes: int = Field(
        0, ge=0, le=256, description="Photos a worker makes them of at a time; 0: one less than processors."
    )
    detection_types: Words = Field(("damage", "material"), description="Detection types a client may ask for.")

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


class LifecycleSettings(Group):
    """How long a photo waits, and how often that is looked at."""

    pending_ttl: Duration = Field(timedelta(days=7), description="After the URL's end: when a photo is given up.")
    detection_timeout: Duration = Field(timedelta(hours=1), description="When an unanswered job is sent again.")
    changes_kept: Duration = Field(
        timedelta(hours=1), description="How long an event stream that broke off may be resumed."
    )
    sweep_interval: Duration = Field(timedelta(seconds=15), description="Pause between two rounds of the sweeper.")


class WebhookSettings(Group):
    """Webhooks, and where they may be sent."""

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

    @field_validator("webhook_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in words(value.get_secret_value()) if value else ():
            try:
                size = len(base64.urlsafe_b64decode(key.rstrip("=") + "="))
            except ValueError:
                size = 0
            if size != 32:
                raise ValueError(
                    "must be keys of 32 bytes in base64, with commas between; make one with: openssl rand -base64 32"
                )
        return value

    @cached_property
    def sealing_keys(self) -> tuple[str, ...]:
        """Of webhooks' secrets, the newest first; none where webhooks are not set up."""
        found: tuple[str, ...] = words(self.webhook_keys.get_secret_value()) if self.webhook_keys else ()
        return found


class ServeSettings(Group):
    """Clients of the API, and who reads the metrics."""

    worker_metrics_port: int = Field(
        0, ge=0, le=65_535, description="Where a worker answers `GET /metrics`; 0: nowhere. `serve` always does."
    )
    worker_metrics_host: str = Field("127.0.0.1", description="The address for it.")

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
