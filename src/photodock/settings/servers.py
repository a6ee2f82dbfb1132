"""The servers that the service stands on: PostgreSQL, S3 and the queues."""

import re
from datetime import timedelta
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qs

from pydantic import Field, PostgresDsn, SecretStr, ValidationError, ValidationInfo, field_validator

from photodock.settings.fields import Address, Delays, Duration, Group, without_user


class DatabaseSettings(Group):
    """PostgreSQL."""

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

    @cached_property
    def direct_url(self) -> SecretStr | None:
        """The way to a session of one's own in PostgreSQL; None where there is none."""
        return self.database_direct_url or (self.database_url if self.database_pooler == "none" else None)


class StorageSettings(Group):
    """The bucket, and the server that holds it."""

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


class QueueSettings(Group):
    """Queues of detection jobs and of the bucket's events."""

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
        return without_user(value or None)
