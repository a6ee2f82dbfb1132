"""Tokens in the form of Auth0, Cognito and Keycloak, under the very settings that docs/tokens.md names for each."""

import re
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from structlog.testing import capture_logs

from photodock.api.auth import TokenVerifier
from photodock.api.keys import FixedKey
from photodock.domain.errors import Unauthenticated
from photodock.domain.identity import Principal
from photodock.settings import TokenSettings, load_token_settings
from photodock.tokens import token_keys, token_rules, token_verifier
from support.signing import SigningKey

ORGANIZATION = UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")
SECTIONS = Path(__file__).parents[3].joinpath("docs", "tokens.md").read_text().split("\n## ")
KEY = SigningKey("RS256", "first", rsa.generate_private_key(65537, 2048))
READ = "photos:read"

TOKENS: dict[str, dict[str, Any]] = {
    "Auth0": {
        "iss": "https://auth.example.com/",
        "sub": "auth0|507f1f77bcf86cd799439011",
        "aud": ["https://photos.example.com", "https://auth.example.com/userinfo"],
        "azp": "my-client",
        "scope": "openid profile",
        "permissions": [READ],
        "https://photos.example.com/org": str(ORGANIZATION),
    },
    "Amazon Cognito": {
        "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE",
        "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "client_id": "my-client",
        "token_use": "access",
        "scope": f"openid photodock/{READ} other-service/photos:write",
        "org": str(ORGANIZATION),
    },
    "Keycloak": {
        "iss": "https://id.example.com/realms/example",
        "sub": "f:1:anna",
        "aud": ["photodock", "account"],
        "azp": "my-client",
        "typ": "Bearer",
        "scope": f"openid email {READ}",
        "org": str(ORGANIZATION),
    },
}


@pytest.fixture(params=TOKENS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def verifier(provider: str, monkeypatch: pytest.MonkeyPatch) -> TokenVerifier:
    """As the section's settings have it, but for the list of keys, which is not to be had from here."""
    [section] = [text for text in SECTIONS if text.startswith(f"{provider}\n")]
    for name, value in re.findall(r"(?m)^export (PHOTODOCK_JWT_\w+)=(\S+)$", section):
        monkeypatch.setenv(name, value)
    settings = load_token_settings()
    assert set(token_keys(settings)) == {"RS256", "ES256", "EdDSA"}
    return TokenVerifier({"RS256": FixedKey(KEY.private.public_key())}, token_rules(settings))


def token(provider: str, **changes: Any) -> str:
    # No claims but the provider's own: those of `SigningKey.token` are taken out.
    absent = dict.fromkeys({"sub", "org", "scope"} - TOKENS[provider].keys())
    return KEY.token(ORGANIZATION, **{**absent, **TOKENS[provider], "iat": int(time.time()), **changes})


async def test_the_documented_settings_read_the_providers_token(provider: str, verifier: TokenVerifier) -> None:
    who = await verifier.principal(token(provider))
    assert (who.user_id, who.organization_id) == (TOKENS[provider]["sub"], ORGANIZATION)
    assert who.scopes & {READ, "photos:write"} == {READ}


@pytest.mark.parametrize("issuer", ["https://evil.example.com/", None])
async def test_another_issuers_token_is_refused(provider: str, verifier: TokenVerifier, issuer: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.principal(token(provider, iss=issuer))


@pytest.mark.parametrize("audience", ["another-service", ["account"], [], None])
async def test_a_token_for_another_service_gets_nowhere(
    provider: str, verifier: TokenVerifier, audience: object
) -> None:
    """Refused by its audience; Cognito's have none, and there the prefix of the scopes says whom a token is for."""
    if provider == "Amazon Cognito":
        who = await verifier.principal(token(provider, scope=f"openid other-service/{READ} {READ}"))
        assert who == Principal(TOKENS[provider]["sub"], ORGANIZATION, frozenset())
        return
    with pytest.raises(Unauthenticated):
        await verifier.principal(token(provider, aud=audience))


@pytest.mark.parametrize("provider", ["Amazon Cognito"], indirect=True)
async def test_cognitos_id_token_may_do_nothing(provider: str, verifier: TokenVerifier) -> None:
    """It is for the client itself, and has no scope."""
    content = {"client_id": None, "aud": "my-client", "token_use": "id", "scope": None}
    assert (await verifier.principal(token(provider, **content))).scopes == frozenset()


@pytest.mark.parametrize("provider", ["Amazon Cognito"], indirect=True)
async def test_with_an_audience_set_cognitos_access_tokens_are_refused(
    provider: str, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They name the app client in `client_id`, which is no audience: so its section says to leave it empty."""
    monkeypatch.setenv("PHOTODOCK_JWT_AUDIENCE", "my-client")
    strict = TokenVerifier({"RS256": FixedKey(KEY.private.public_key())}, token_rules(load_token_settings()))
    with pytest.raises(Unauthenticated):
        await strict.principal(token(provider))
    assert await verifier.principal(token(provider))


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, ["tokens_of_any_service"]),
        ({"jwt_issuer": "https://id.example"}, ["tokens_of_any_service"]),
        ({"jwt_audience": "photos"}, []),
        ({"jwt_scope_prefix": "photodock/"}, []),
        ({"jwt_jwks_url": None, "jwt_secret": "x" * 32}, []),
    ],
    ids=str,
)
async def test_that_nobody_asks_for_whom_a_token_was_issued_is_told_at_the_start(
    changes: dict[str, Any], warned: list[str]
) -> None:
    settings = TokenSettings(**{"jwt_jwks_url": "https://id.example/keys", **changes})
    with capture_logs() as lines:
        await token_verifier(settings).aclose()
    assert [line["event"] for line in lines] == warned
