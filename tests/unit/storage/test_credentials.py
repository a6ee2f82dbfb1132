import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiobotocore.session import AioSession
from structlog.testing import capture_logs

from photodock.domain.errors import StorageAccessDenied
from photodock.storage.credentials import Credentials, CredentialsProvider

SOON = datetime(2126, 1, 1, tzinfo=UTC)


class Chain:
    """Stands in for the SDK's session: `answer` is what the chain holds now, an error what it fails with."""

    def __init__(self, answer: Credentials | Exception | None) -> None:
        self.answer = answer
        self.asked = 0
        self.asked_often = asyncio.Event()

    async def get_credentials(self):
        self.asked += 1
        if self.asked >= 4:
            self.asked_often.set()
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            return None
        return SimpleNamespace(get_frozen_credentials=self._frozen, _expiry_time=self.answer.expires_at)

    async def _frozen(self):
        found = self.answer
        return SimpleNamespace(
            access_key=found.access_key_id, secret_key=found.secret_access_key, token=found.session_token
        )


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """No AWS setting but those that a test makes, and no metadata service to wait for."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "DEFAULT_PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return monkeypatch


async def test_the_environments_keys_are_found(environment):
    environment.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    environment.setenv("AWS_SESSION_TOKEN", "token")
    provider = await CredentialsProvider.from_chain()
    assert provider.current() == Credentials("AKIDENV", "secret", "token")


async def test_a_profiles_process_is_asked_and_its_expiry_kept(environment, tmp_path):
    answer = {
        "Version": 1,
        "AccessKeyId": "AKIDPROCESS",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": "2126-01-01T02:00:00+02:00",
    }
    script = tmp_path / "credentials.py"
    script.write_text(f"print({json.dumps(answer)!r})")
    (tmp_path / "config").write_text(f"[profile roofs]\ncredential_process = {sys.executable} {script}\n")
    environment.setenv("AWS_PROFILE", "roofs")
    provider = await CredentialsProvider.from_chain()
    assert provider.current() == Credentials("AKIDPROCESS", "secret", "token", SOON)
    assert provider.current().expires_at.tzinfo is UTC


async def test_without_any_credentials_the_start_fails_and_says_how_to_set_them(environment):
    with pytest.raises(StorageAccessDenied, match=r"Unable to locate credentials.*Set AWS_ACCESS_KEY_ID"):
        await CredentialsProvider.from_chain()


async def test_a_half_set_environment_fails_the_start_and_says_what_is_missing(environment):
    environment.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    with pytest.raises(StorageAccessDenied, match=r"Partial credentials.*AWS_SECRET_ACCESS_KEY.*\. Set "):
        await CredentialsProvider.from_chain()


async def test_empty_keys_count_as_none():
    with pytest.raises(StorageAccessDenied, match="Unable to locate credentials"):
        await CredentialsProvider.from_chain(Chain(Credentials("", "")))


async def test_secrets_are_never_printed():
    credentials = Credentials("AKID", "the-secret", "the-token")
    assert "the-secret" not in repr(credentials)
    assert "the-token" not in repr(credentials)


async def test_static_keys_serve_the_sdks_clients_too():
    provider = CredentialsProvider.static("AKID", "secret", "token")
    assert provider.current() == Credentials("AKID", "secret", "token")
    shared = await (await provider.session.get_credentials()).get_frozen_credentials()
    assert (shared.access_key, shared.secret_key, shared.token) == ("AKID", "secret", "token")
    before = provider.current()
    await provider.refresh()
    assert provider.current() is before


async def test_a_refresh_takes_over_rotated_credentials_and_logs_no_secret():
    chain = Chain(Credentials("AKIDOLD", "old-secret", "old-token"))
    provider = await CredentialsProvider.from_chain(chain)
    chain.answer = Credentials("AKIDNEW", "new-secret", "new-token", SOON)
    with capture_logs() as logs:
        await provider.refresh()
    assert provider.current() == chain.answer
    assert [line["event"] for line in logs] == ["credentials_refreshed"]
    assert "new-secret" not in str(logs)
    assert "new-token" not in str(logs)


async def test_unchanged_credentials_stay_the_same_object():
    chain = Chain(Credentials("AKID", "secret", "token", SOON))
    provider = await CredentialsProvider.from_chain(chain)
    before = provider.current()
    with capture_logs() as logs:
        await provider.refresh()
    assert provider.current() is before
    assert logs == []


@pytest.mark.parametrize("lapse", [RuntimeError("the-secret in a message"), None])
async def test_a_lapse_of_the_chain_keeps_the_old_credentials(lapse):
    chain = Chain(Credentials("AKID", "secret", "token", SOON))
    provider = await CredentialsProvider.from_chain(chain)
    chain.answer = lapse
    with capture_logs() as logs:
        await provider.refresh()
    assert provider.current() == Credentials("AKID", "secret", "token", SOON)
    assert [line["event"] for line in logs] == ["credentials_refresh_failed"]
    assert "the-secret" not in str(logs)


async def test_the_background_loop_refreshes_until_it_is_cancelled():
    chain = Chain(Credentials("AKIDOLD", "secret"))
    provider = await CredentialsProvider.from_chain(chain)
    chain.answer = Credentials("AKIDNEW", "secret")
    loop = asyncio.create_task(provider.run(interval_seconds=0.001))
    async with asyncio.timeout(30):
        await chain.asked_often.wait()
    assert provider.current().access_key_id == "AKIDNEW"
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def test_obstore_is_lent_credentials_for_between_five_minutes_and_their_end():
    lent = await CredentialsProvider.static("AKID", "secret", "token").for_obstore()
    assert (lent["access_key_id"], lent["secret_access_key"], lent["token"]) == ("AKID", "secret", "token")
    left = lent["expires_at"] - datetime.now(UTC)
    assert timedelta(minutes=5) < left <= timedelta(minutes=6)


async def test_obstore_is_never_lent_credentials_beyond_their_end():
    ends_at = datetime.now(UTC) + timedelta(minutes=2)
    provider = await CredentialsProvider.from_chain(Chain(Credentials("AKID", "secret", None, ends_at)))
    assert (await provider.for_obstore())["expires_at"] == ends_at


async def test_obstore_gets_what_the_chain_holds_when_it_asks():
    chain = Chain(Credentials("AKIDOLD", "secret"))
    provider = await CredentialsProvider.from_chain(chain)
    chain.answer = Credentials("AKIDNEW", "secret")
    assert (await provider.for_obstore())["access_key_id"] == "AKIDNEW"


async def test_clients_of_other_services_are_built_from_the_same_session(environment):
    environment.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    session = AioSession()
    assert (await CredentialsProvider.from_chain(session)).session is session
