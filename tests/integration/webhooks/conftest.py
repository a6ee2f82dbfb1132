"""Receivers on this machine, and a service that may send to them."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from photodock.bootstrap.core import sealing, url_rules
from photodock.db.listener import NoListener
from photodock.db.pool import Database
from photodock.settings import Settings
from photodock.webhooks.sender import Sender
from photodock.workers.webhooks import WebhookSender
from support.ports import refusing_port
from support.receiver import Receiver, receiving
from support.serving import changed
from support.system import Caller


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return changed(
        settings,
        webhook_keys=Fernet.generate_key().decode(),
        webhook_allowed_networks="127.0.0.0/8",
        webhook_ports="",
        webhook_schemes="https,http",
    )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


SenderOf = Callable[..., Sender]


@pytest.fixture
async def sender_of() -> AsyncIterator[SenderOf]:
    made: list[Sender] = []

    def make(rules: Any, tls: ssl.SSLContext | None = None, **options: Any) -> Sender:
        made.append(Sender(rules, tls or httpx.create_ssl_context(), **options))
        return made[-1]

    yield make
    for sender in made:
        await sender.aclose()


@pytest.fixture
def worker(db: Database, settings: Settings, sender_of: SenderOf) -> WebhookSender:
    secrets = sealing(settings)
    assert secrets
    return WebhookSender(db, sender_of(url_rules(settings)), secrets, NoListener())


@dataclass
class Hook:
    """An organization's webhook, and what its administrator sees of it."""

    api: Caller
    secret: str = field(repr=False)

    async def log(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.call("GET", "/webhooks/deliveries", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def test(self) -> dict[str, Any]:
        answer = await self.api.call("POST", "/webhooks/test")
        assert answer.status_code == 202, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def get(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.api.call("GET", "/webhooks")).json()
        return found


@pytest.fixture
def hook_of() -> Callable[..., Any]:
    async def make(api: Caller, receiver: Receiver, **fields: Any) -> Hook:
        body = {"url": f"http://127.0.0.1:{receiver.port}/hook", **fields}
        answer = await api.call("PUT", "/webhooks", json=body)
        assert answer.status_code == 200, answer.text
        return Hook(api, answer.json()["secret"])

    return make


@pytest.fixture
async def hook(api: Caller, receiver: Receiver, hook_of: Callable[..., Any]) -> Hook:
    found: Hook = await hook_of(api, receiver)
    return found


@pytest.fixture
def make_due(db: Database) -> Callable[[], Any]:
    """Brings what waits for a retry, or for a lease to end, forward to now."""

    async def forward() -> None:
        await db.execute("UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")

    return forward


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with refusing_port() as port:
        yield port
