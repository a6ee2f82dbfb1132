"""The service's AWS credentials: found once by the AWS SDK's chain, kept fresh, shared by all who sign."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import structlog
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, NoCredentialsError

from photodock.domain.errors import StorageAccessDenied

if TYPE_CHECKING:
    from obstore.store import S3Credential

log = structlog.get_logger(__name__)

_HOW_TO_SET = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run with a container's or an instance's role."
)
# obstore asks again when less than 5 minutes are left of what it was told: with 6, once a minute.
_OBSTORE_LEASE = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One set of AWS credentials; `expires_at` (UTC) is None for those that do not end by themselves."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class CredentialsProvider:
    """One source of credentials for the signer, the reader and the queue.

    The SDK renews temporary credentials from 15 minutes before their end whenever it is asked; `run` asks once a
    minute, so that `current` never has to wait. Clients of other AWS services are built from `session` and so
    share the same credentials.
    """

    def __init__(self, session: AioSession, current: Credentials) -> None:
        self.session = session
        self._current = current

    @classmethod
    async def from_chain(cls, session: AioSession | None = None) -> Self:
        """What the SDK's chain finds: environment, profile, container or instance role, in its order.

        Raises StorageAccessDenied, with a sentence for the operator, when there is nothing to be found.
        """
        session = session or AioSession()
        try:
            found = await _resolve(session)
        except (BotoCoreError, OSError) as error:
            raise StorageAccessDenied(f"There are no AWS credentials to be had ({error}). {_HOW_TO_SET}") from error
        return cls(session, found)

    @classmethod
    def static(cls, access_key_id: str, secret_access_key: str, session_token: str | None = None) -> Self:
        """Credentials given outright, which never change."""
        session = AioSession()
        session.set_credentials(access_key_id, secret_access_key, session_token)
        return cls(session, Credentials(access_key_id, secret_access_key, session_token))

    async def source(self) -> str | None:
        """Which part of the chain they come from, in the SDK's word: `env`, `iam-role`, `container-role` …"""
        found = await self.session.get_credentials()
        return str(found.method) if found else None

    def current(self) -> Credentials:
        """The credentials of the last refresh; the same object until they change. Never waits."""
        return self._current

    async def refresh(self) -> None:
        """Takes over what the chain holds now. A failure is logged, and the old credentials stay until they end."""
        try:
            found = await _resolve(self.session)
        # Whatever a provider of the chain may raise: a lapse of the metadata service must not end the loop.
        except Exception as error:
            log.warning("credentials_refresh_failed", kind=type(error).__name__, ends_at=self._current.expires_at)
            return
        if found != self._current:
            self._current = found
            log.info("credentials_refreshed", access_key_id=found.access_key_id, ends_at=found.expires_at)

    async def run(self, interval_seconds: float = 60) -> None:
        """Refreshes for ever. Must run beside whatever calls `current`."""
        while True:
            await asyncio.sleep(interval_seconds)
            await self.refresh()

    async def for_obstore(self) -> "S3Credential":
        """The credentials as an `obstore` store asks for them."""
        await self.refresh()
        current = self._current
        lease_end = datetime.now(UTC) + _OBSTORE_LEASE
        return {
            "access_key_id": current.access_key_id,
            "secret_access_key": current.secret_access_key,
            "token": current.session_token,
            "expires_at": min(lease_end, current.expires_at or lease_end),
        }


async def _resolve(session: AioSession) -> Credentials:
    source = await session.get_credentials()
    if source is None:
        raise NoCredentialsError
    frozen = await source.get_frozen_credentials()
    if not (frozen.access_key and frozen.secret_key):
        raise NoCredentialsError
    # botocore tells the end of temporary credentials by no public name.
    expires_at: datetime | None = getattr(source, "_expiry_time", None)
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token, expires_at and expires_at.astimezone(UTC))
