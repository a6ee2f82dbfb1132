"""From the table of deliveries to the receivers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from photodock import __version__
from photodock.db import webhook_deliveries
from photodock.db.listener import Listener, NoListener
from photodock.db.pool import Database
from photodock.db.webhook_deliveries import Due
from photodock.domain.errors import DatabaseUnavailable
from photodock.domain.retry import retrying
from photodock.domain.webhooks import DISABLED_AFTER, Answer, wait_after
from photodock.metrics.definitions import WEBHOOKS, WEBHOOKS_DISABLED
from photodock.tracing import spans
from photodock.webhooks.pauses import Pauses
from photodock.webhooks.signing import Secrets, SecretUnreadable, signed_headers
from photodock.workers.waiting import wait_for_any

log = structlog.get_logger(__name__)

T = TypeVar("T")

IN_HAND = 64
"""At a time, in one worker."""
PER_WEBHOOK = 4
LEASE = timedelta(seconds=60)
"""Above what sending and recording may take, so that nobody else sends it too."""
RECORD_DELAYS = (0.2, 0.5, 1.0, 2.0)
"""A database that restarts just now: what was delivered and not recorded is sent again after the lease."""
GATHER_SECONDS = 0.05
"""Under load changes come one by one, and each look for them costs the same."""
FINISH_SECONDS = 5.0
"""When stopping: the others are given back, before the worker process loses its patience."""

UNREADABLE = "The webhook's secret cannot be read any more. Replace it: POST /webhooks/secret."
HEADERS = {"Content-Type": "application/json", "User-Agent": f"photodock/{__version__}"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Post(Protocol):
    async def post(self, url: str, headers: dict[str, str], body: bytes, /) -> Answer: ...


class WebhookSender:
    """Sends what is due and records what became of it. Any number may run side by side.

    Sending happens outside of any transaction, under a lease: one that is killed in between leaves events that come
    due again and are sent with the same id. So a receiver may get an event twice, and events in another order.
    """

    def __init__(
        self,
        db: Database,
        sender: Post,
        secrets: Secrets,
        listener: Listener | NoListener,
        *,
        poll_seconds: float = 5.0,
        in_hand: int = IN_HAND,
        per_webhook: int = PER_WEBHOOK,
        finish_seconds: float = FINISH_SECONDS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._db = db
        self._sender = sender
        self._secrets = secrets
        self._listener = listener
        self._poll_seconds = poll_seconds
        self._most = in_hand
        self._per_webhook = per_webhook
        self._finish_seconds = finish_seconds
        self._wake = asyncio.Event()
        self._in_hand: dict[asyncio.Task[None], Due] = {}
        self._pauses = Pauses(clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until `stop` is set. What is then not finished soon, or when cancelled, is given back."""
        try:
            async with self._listener.listening(self._wake.set):
                while not stop.is_set():
                    self._wake.clear()
                    try:
                        await self._begin()
                    except DatabaseUnavailable as error:
                        log.warning("webhooks_wait_for_database", kind=type(error.__cause__).__name__)
                    await wait_for_any(stop, self._wake, timeout=self._poll_seconds)
                    await wait_for_any(stop, timeout=GATHER_SECONDS)
            if self._in_hand:
                await asyncio.wait(self._in_hand, timeout=self._finish_seconds)
        finally:
            await self._give_back()

    async def run_once(self) -> int:
        """Sends all that is due now, each once; returns how many. Raises DatabaseUnavailable."""
        sent = 0
        while taken := await self._begin():
            sent += taken
            await asyncio.wait(self._in_hand)
        return sent

    async def _begin(self) -> int:
        """Takes as many as there is room for, and begins to send them."""
        room = self._most - len(self._in_hand)
        if room <= 0:
            return 0
        taken = await webhook_deliveries.take(
            self._db,
            in_hand=[due.webhook_id for due in self._in_hand.values()],
            pausing=self._pauses.open,
            per_webhook=self._per_webhook,
            limit=room,
            lease=LEASE,
        )
        for due in taken:
            task = asyncio.create_task(self._deliver(due))
            self._in_hand[task] = due
            task.add_done_callback(self._done)
        return len(taken)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._in_hand[task]
        self._wake.set()

    async def _deliver(self, due: Due) -> None:
        with spans.delivery(due.event, due.attempts):
            await self._attempt(due)

    async def _attempt(self, due: Due) -> None:
        try:
            answer = await self._send(due)
            spans.answered(answer.http_status, is_error=answer.error is not None)
            await (self._delivered(due, answer) if answer.error is None else self._failed(due, answer))
        # It comes due again after its lease.
        except DatabaseUnavailable:
            WEBHOOKS.labels("error").inc()
            log.error("webhook_not_recorded", **_ids(due))
        except Exception:
            WEBHOOKS.labels("error").inc()
            log.exception("webhook_broken", **_ids(due))

    async def _send(self, due: Due) -> Answer:
        keys = self._keys(due)
        if not keys:
            log.error("webhook_secret_unreadable", hint="PHOTODOCK_WEBHOOK_KEYS lacks the key it was sealed with.")
            return Answer(None, UNREADABLE)
        body = due.event.body()
        headers = HEADERS | signed_headers(due.event, body, keys, datetime.now(UTC))
        return await self._sender.post(due.url, headers, body)

    def _keys(self, due: Due) -> list[bytes]:
        """Those that can be read: one that was replaced because it could not be must not silence its successor."""
        keys = []
        for sealed in due.sealed_secrets:
            with suppress(SecretUnreadable):
                keys.append(self._secrets.opened(sealed))
        return keys

    async def _delivered(self, due: Due, answer: Answer) -> None:
        await _surely(lambda: webhook_deliveries.mark_delivered(self._db, due, answer))
        WEBHOOKS.labels("delivered").inc()
        log.info("webhook_delivered", **_ids(due), http_status=answer.http_status, attempts=due.attempts + 1)

    async def _failed(self, due: Due, answer: Answer) -> None:
        wait = None if answer.is_gone else wait_after(due.event.id, due.attempts + 1, answer.pause)
        if answer.pause:
            # It is the receiver that wants to hear nothing, not of this event alone.
            self._pauses.note(due.webhook_id, due.url, answer.pause)
        WEBHOOKS.labels("failed").inc()
        log.warning(
            "webhook_failed",
            **_ids(due),
            http_status=answer.http_status,
            reason=answer.error,
            attempts=due.attempts + 1,
            retry_in_seconds=wait and round(wait.total_seconds(), 1),
        )
        turned_off = await _surely(
            lambda: webhook_deliveries.mark_failed(
                self._db,
                due,
                answer,
                wait=wait,
                disable=answer.error if answer.is_gone else None,
                disable_after=DISABLED_AFTER,
            )
        )
        if turned_off:
            WEBHOOKS_DISABLED.inc()
            log.warning("webhook_disabled", **_ids(due), reason=turned_off)

    async def _give_back(self) -> None:
        """Some may have arrived: then they are sent twice, which is better than a minute late."""
        left = dict(self._in_hand)
        for task in left:
            task.cancel()
        if left:
            await asyncio.gather(*left, return_exceptions=True)
            with suppress(DatabaseUnavailable, TimeoutError):
                async with asyncio.timeout(1.0):
                    await webhook_deliveries.give_back(self._db, [due.id for due in left.values()])


async def _surely(call: Callable[[], Awaitable[T]]) -> T:
    return await retrying(call, RECORD_DELAYS, lambda error: isinstance(error, DatabaseUnavailable))


def _ids(due: Due) -> dict[str, str | int]:
    """What a log line says of a delivery; never its URL, which may hold a secret of the receiver's own."""
    return {
        "delivery_id": due.id,
        "organization_id": str(due.organization_id),
        "event_id": str(due.event.id),
        "type": due.event.type,
    }
