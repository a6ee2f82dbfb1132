"""Webhooks in the states that the doctor tells apart, and the receiver of traces."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from integration.doctor.conftest import diagnose
from photodock.bootstrap.core import sealing
from photodock.db import webhooks
from photodock.db.pool import Database
from photodock.doctor.checks.traces import judged_receiver
from photodock.doctor.findings import State
from photodock.settings import Settings
from photodock.tracing import setup
from support.otlp import receiving
from support.serving import changed
from support.system import SECRET

KEY, FORMER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(environment="tests", database_url=database_url, jwt_secret=SECRET, webhook_keys=KEY)


async def made(db: Database, settings: Settings) -> UUID:
    secrets, organization_id = sealing(settings), uuid4()
    assert secrets
    sealed = secrets.sealed(b"a secret of 32 bytes, as they are")
    url = "https://hooks.example.com/photos"
    await webhooks.put(db, organization_id, url=url, event_types=None, enabled=True, sealed_secret=sealed)
    return organization_id


async def test_webhooks_whose_events_arrive_are_well(settings: Settings, db: Database) -> None:
    await made(db, settings)
    found = await diagnose(settings, "webhooks", "webhook_guard")
    assert [finding.state for finding in found.findings] == [State.OK, State.OK]
    assert "There are 1 webhooks" in found.of("webhooks").found


async def test_without_keys_and_webhooks_there_is_nothing_to_look_at(settings: Settings) -> None:
    found = await diagnose(changed(settings, webhook_keys=None), "webhooks", "webhook_guard")
    assert [finding.state for finding in found.findings] == [State.NOT_APPLICABLE] * 2


async def test_webhooks_without_their_keys_are_told(settings: Settings, db: Database) -> None:
    await made(db, settings)
    assert "is empty" in (await diagnose(changed(settings, webhook_keys=None), "webhooks")).said("webhooks")
    said = (await diagnose(changed(settings, webhook_keys=FORMER), "webhooks")).said("webhooks")
    assert "secrets of 1 webhooks can't be read" in said
    assert (await diagnose(changed(settings, webhook_keys=f"{FORMER},{KEY}"), "webhooks")).wrong == []


async def test_events_that_nobody_sends_are_told(settings: Settings, db: Database) -> None:
    organization_id = await made(db, settings)
    await webhooks.add_test(db, organization_id)
    await db.execute("UPDATE webhook_deliveries SET due_at = due_at - $1::interval", timedelta(minutes=20))
    assert "has waited for 0:20:" in (await diagnose(settings, "webhooks")).said("webhooks")


@pytest.mark.parametrize(
    "change",
    ["failing_since = clock_timestamp() - interval '2 hours'", "enabled = false, disabled_reason = 'failed for days'"],
)
async def test_webhooks_that_fail_are_told(settings: Settings, db: Database, change: str) -> None:
    await made(db, settings)
    await db.execute(f"UPDATE webhooks SET {change}")
    assert "GET /webhooks/deliveries" in (await diagnose(settings, "webhooks")).said("webhooks")


@pytest.mark.parametrize("networks", ["0.0.0.0/0", "169.254.0.0/16", "fd00::/8"])
async def test_a_guard_that_lets_a_clouds_metadata_through_is_told(settings: Settings, networks: str) -> None:
    found = await diagnose(changed(settings, webhook_allowed_networks=networks), "webhook_guard")
    assert "metadata" in found.said("webhook_guard")


async def test_a_network_of_the_receivers_own_is_named(settings: Settings) -> None:
    found = await diagnose(changed(settings, webhook_allowed_networks="10.1.0.0/16"), "webhook_guard")
    assert "10.1.0.0/16" in found.of("webhook_guard").found


async def test_a_receiver_of_traces_is_asked_as_an_exporter_asks_it(settings: Settings) -> None:
    with receiving() as receiver:
        found = await diagnose(changed(settings, otlp_endpoint=receiver.url), "traces")
        assert found.of("traces").state is State.OK
        assert receiver.spans() == []
        elsewhere = await diagnose(changed(settings, otlp_endpoint=f"{receiver.url}/v1/traces"), "traces")
        assert "without /v1/traces" in elsewhere.said("traces")
    assert "Nothing listens" in (await diagnose(changed(settings, otlp_endpoint=receiver.url), "traces")).said("traces")
    assert (await diagnose(settings, "traces")).of("traces").state is State.NOT_APPLICABLE


def test_a_receiver_that_wants_a_key_is_told_apart() -> None:
    assert "OTEL_EXPORTER_OTLP_HEADERS" in (judged_receiver(401, "traces.example.com").mend or "")
    assert "answers with 500" in judged_receiver(500, "traces.example.com").found


async def test_traces_without_what_sends_them_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    said = (await diagnose(changed(settings, otlp_endpoint="http://127.0.0.1:9"), "traces")).said("traces")
    assert "photodock[traces]" in said
