"""Tokens of a real identity provider's list, over a real connection."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from photodock.settings import Settings, SettingsError
from photodock.tokens import token_keys
from support.polling import until
from support.serving import running, serving
from support.signing import SigningKey

KEY = SigningKey.make("ES256")


class Provider(ThreadingHTTPServer):
    """`listed`: the keys that it shows."""

    listed = (KEY,)


@pytest.fixture
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": [key.listed() for key in server.listed]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = Provider(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def listing(settings: Settings, port: int, **changes: Any) -> Settings:
    url = f"http://127.0.0.1:{port}/jwks.json"
    return settings.model_copy(update={"jwt_secret": None, "jwt_jwks_url": url, **changes})


async def test_a_token_of_the_identity_provider_is_taken(settings: Settings, provider: Provider) -> None:
    own = listing(settings, provider.server_port, jwt_scope_prefix="photodock/", jwt_claim_scope="permissions")
    async for api in serving(own):
        organization_id = uuid4()
        mine = KEY.token(organization_id, permissions=["photodock/photos:read"], scope=None)
        answers = [
            await api.call("GET", "/projects", headers={"Authorization": token})
            for token in (mine, SigningKey.make("ES256").token(organization_id))
        ]
        assert [answer.status_code for answer in answers] == [200, 401]
        denied = await api.call("PUT", f"/projects/{uuid4()}", json={"name": "x"}, headers={"Authorization": mine})
        assert (denied.status_code, denied.json()["code"]) == (403, "insufficient_scope")


async def test_a_removed_key_stops_working_without_a_restart(
    settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token is known, and no other call has the list fetched; the time between two fetches is shortened."""
    monkeypatch.setattr("photodock.api.keys.MAX_AGE_SECONDS", 0.2)
    monkeypatch.setattr("photodock.api.keys.RETRY_SECONDS", 0.1)
    old, new = KEY.token(uuid4()), SigningKey.make("ES256", "second")
    async with running(listing(settings, provider.server_port)) as api:

        async def answers(token: str, status: int) -> bool:
            return (await api.call("GET", "/projects", headers={"Authorization": token})).status_code == status

        assert await answers(old, 200)
        provider.listed = (KEY, new)
        await until(lambda: answers(new.token(uuid4()), 200))
        assert await answers(old, 200)
        provider.listed = (new,)
        await until(lambda: answers(old, 401))
        assert await answers(new.token(uuid4()), 200)


async def test_without_the_providers_keys_a_call_is_to_come_again(settings: Settings, unused_port: int) -> None:
    async for api in serving(listing(settings, unused_port)):
        answer = await api.call("GET", "/projects", headers={"Authorization": KEY.token(uuid4())})
        assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(
    ("changes", "algorithms"),
    [
        ({}, {"HS256"}),
        ({"jwt_jwks_url": "https://id.example"}, {"HS256", "RS256", "ES256", "EdDSA"}),
        ({"jwt_secret": None, "jwt_public_key": KEY.pem()}, {"ES256"}),
        ({"jwt_secret": None, "jwt_jwks_url": "https://id.example", "jwt_algorithms": ("RS256",)}, {"RS256"}),
    ],
)
def test_the_settings_name_the_algorithms(settings: Settings, changes: dict[str, Any], algorithms: set[str]) -> None:
    assert set(token_keys(settings.model_copy(update=changes))) == algorithms


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"jwt_secret": None}, "PHOTODOCK_JWT_SECRET: is not set, nor PHOTODOCK_JWT_JWKS_URL"),
        ({"jwt_public_key": "no key"}, "PHOTODOCK_JWT_PUBLIC_KEY: must be a public key in PEM"),
        ({"jwt_public_key": KEY.pem(), "jwt_jwks_url": "https://id.example"}, "PHOTODOCK_JWT_JWKS_URL: can't be set"),
        (
            {"jwt_algorithms": ("HS256", "none")},
            "PHOTODOCK_JWT_ALGORITHMS: may name HS256, RS256, ES256, EdDSA, and not",
        ),
        ({"jwt_algorithms": ("RS256",)}, "PHOTODOCK_JWT_ALGORITHMS: names RS256, for which there is no key"),
    ],
)
def test_settings_that_contradict_each_other_are_one_sentence(
    settings: Settings, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        token_keys(settings.model_copy(update=changes))
    assert said in str(caught.value)
