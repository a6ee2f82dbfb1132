"""Signatures, held against the official library of Standard Webhooks; secrets as the database keeps them."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from photodock.domain.webhooks import DISABLED_AFTER, MAX_ATTEMPTS, WAITS, Event, wait_after
from photodock.webhooks.signing import Secrets, SecretUnreadable, make_secret, shown, signed_headers

AT = datetime(2026, 11, 22, 17, 46, 35, 102938, tzinfo=UTC)
EVENT = Event(uuid4(), "photo.completed", AT, uuid4(), uuid4(), "completed")


def test_the_official_library_takes_what_is_signed() -> None:
    secret = make_secret()
    headers = signed_headers(EVENT, EVENT.body(), [secret], datetime.now(UTC))
    assert Webhook(shown(secret)).verify(EVENT.body(), headers) == {
        "type": "photo.completed",
        "timestamp": "2026-11-22T17:46:35.102938Z",
        "data": {"photo_id": str(EVENT.photo_id), "project_id": str(EVENT.project_id), "status": "completed"},
    }


def test_while_a_secret_is_replaced_both_are_good_and_no_third() -> None:
    new, old = make_secret(), make_secret()
    headers = signed_headers(EVENT, EVENT.body(), [new, old], datetime.now(UTC))
    for secret in (new, old):
        Webhook(shown(secret)).verify(EVENT.body(), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(make_secret())).verify(EVENT.body(), headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed_too(changed: str) -> None:
    secret = make_secret()
    headers = signed_headers(EVENT, EVENT.body(), [secret], datetime.now(UTC))
    others = {"webhook-id": str(uuid4()), "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(shown(secret)).verify(EVENT.body(), headers | {changed: others[changed]})


def test_an_old_request_is_not_taken_again() -> None:
    secret = make_secret()
    headers = signed_headers(EVENT, EVENT.body(), [secret], datetime.now(UTC) - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(shown(secret)).verify(EVENT.body(), headers)


def test_the_body_is_the_same_in_every_attempt_and_zone() -> None:
    elsewhere = Event(EVENT.id, EVENT.type, AT.astimezone(), EVENT.photo_id, EVENT.project_id, EVENT.status)
    assert EVENT.body() == elsewhere.body()
    assert Event(EVENT.id, "webhook.test", AT).body().endswith(b'"data":{}}')


def test_a_sealed_secret_is_opened_by_its_key_alone() -> None:
    old, new, secret = Fernet.generate_key().decode(), Fernet.generate_key().decode(), make_secret()
    sealed = Secrets([old]).sealed(secret)
    assert secret not in base64.urlsafe_b64decode(sealed)
    assert Secrets([new, old]).opened(sealed) == secret
    assert Secrets([old.rstrip("=")]).opened(sealed) == secret, "as `make run` writes keys"
    with pytest.raises(SecretUnreadable):
        Secrets([new]).opened(sealed)
    with pytest.raises(SecretUnreadable):
        Secrets([old]).opened(Secrets([new, old]).sealed(secret))


def test_attempts_go_on_for_three_days_and_are_spread_by_chance() -> None:
    assert timedelta(days=3) < sum(WAITS, timedelta()) < DISABLED_AFTER
    for attempts, wait in enumerate(WAITS, 1):
        found = [wait_after(UUID(int=number), attempts) for number in range(1000)]
        assert (min(found), max(found)) == (0.8 * wait, (0.8 + 0.4 * 0.999) * wait)
    assert wait_after(EVENT.id, MAX_ATTEMPTS) is None
