"""Public keys for access tokens: from the settings, and from an identity provider's list."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from structlog.testing import capture_logs

from photodock.api.auth import TokenVerifier
from photodock.api.keys import (
    FIRST_RETRY_SECONDS,
    MAX_AGE_SECONDS,
    MAX_LIST_BYTES,
    PUBLIC_ALGORITHMS,
    RETRY_SECONDS,
    FixedKey,
    ListedKeys,
    public_key,
    usable_keys,
)
from photodock.domain.errors import IdentityUnavailable, Unauthenticated
from support.signing import SigningKey, signed_with_hmac
from support.tokens import claims

ORGANIZATION = UUID(int=7)
URL = "https://id.example/.well-known/jwks.json"


@pytest.fixture(scope="module")
def keys() -> dict[str, SigningKey]:
    return {algorithm: SigningKey.make(algorithm) for algorithm in PUBLIC_ALGORITHMS}


@dataclass
class Provider:
    """An identity provider: `answer` is what its list says, or the failure that it has. Time passes by `later`."""

    answer: Any = None
    asked: int = 0
    now: float = 1000.0
    holds: asyncio.Event | None = None
    url_asked: list[str] = field(default_factory=list)
    passed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.url_asked.append(str(request.url))
        if self.holds:
            await self.holds.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, httpx.Response) else httpx.Response(200, json=self.answer)

    def lists(self, *found: SigningKey) -> None:
        self.answer = {"keys": [key.listed() for key in found]}

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.passed.set()
        self.passed = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            await self.passed.wait()

    async def asked_again(self, times: int) -> None:
        """Returns when the list was asked for so often in all, and its answer taken in."""
        async with asyncio.timeout(30):
            while self.asked < times:
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)

    def keys(self, **options: Any) -> ListedKeys:
        transport = httpx.MockTransport(self)
        return ListedKeys(URL, transport=transport, clock=lambda: self.now, pause=self.pause, **options)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def listed(provider: Provider) -> Any:
    found = provider.keys()
    yield found
    await found.aclose()


def verifier(listed: ListedKeys) -> TokenVerifier:
    return TokenVerifier(dict.fromkeys(PUBLIC_ALGORITHMS, listed))


async def refused(verifier: TokenVerifier, token: str) -> bool:
    async with asyncio.timeout(30):
        with pytest.raises(Unauthenticated):
            await verifier.principal(token)
    return True


@pytest.mark.parametrize("algorithm", PUBLIC_ALGORITHMS)
async def test_a_token_is_verified_by_the_key_that_its_kid_names(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey], algorithm: str
) -> None:
    other = SigningKey.make(algorithm, "other")
    provider.lists(*keys.values(), other)
    for key in (keys[algorithm], other):
        assert (await verifier(listed).principal(key.token(ORGANIZATION))).user_id == "anna"
    assert await refused(verifier(listed), keys[algorithm].token(ORGANIZATION, header={"kid": "other"}))
    assert provider.asked == 1


@pytest.mark.parametrize("algorithm", PUBLIC_ALGORITHMS)
async def test_a_public_key_of_the_settings_verifies_its_own_algorithm(
    keys: dict[str, SigningKey], algorithm: str
) -> None:
    signer = keys[algorithm]
    for pem in (signer.pem(), signer.pem().replace("\n", "\\n")):
        name, key = public_key(pem)
        assert name == algorithm
        found = TokenVerifier({name: FixedKey(key)})
        assert (await found.principal(signer.token(ORGANIZATION))).user_id == "anna"
        assert (await found.principal(signer.token(ORGANIZATION, header={}))).user_id == "anna"
        assert await refused(found, SigningKey.make(algorithm).token(ORGANIZATION))


async def test_a_public_key_is_no_secret_for_hs256(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.lists(*keys.values())
    _, key = public_key(keys["RS256"].pem())
    own_secret = {"HS256": FixedKey("a-secret-for-tests-only-0123456789abcdef")}
    for found in (
        TokenVerifier({"RS256": FixedKey(key)}),
        TokenVerifier({"RS256": FixedKey(key)} | own_secret),
        TokenVerifier(dict.fromkeys(PUBLIC_ALGORITHMS, listed) | own_secret),
    ):
        for secret in (keys["RS256"].pem(), keys["RS256"].pem().strip(), json.dumps(keys["RS256"].listed())):
            forged = signed_with_hmac(claims(ORGANIZATION), secret.encode(), kid="first")
            assert await refused(found, forged)


async def test_what_a_header_says_of_keys_is_not_looked_at(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.lists(*keys.values())
    mine = SigningKey.make("RS256", "mine")
    for header in (
        {"kid": "mine", "jwk": mine.listed()},
        {"kid": "mine", "jku": "https://evil.example/jwks.json"},
        {"kid": "mine", "x5u": "https://evil.example/cert"},
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 'x"},
        {"kid": "https://evil.example/key"},
        {"kid": "x" * 5_000},
        {"kid": "first", "crit": ["exp"]},
    ):
        assert await refused(verifier(listed), mine.token(ORGANIZATION, header=header))
    assert set(provider.url_asked) == {URL}


@pytest.mark.parametrize("key_id", [7, ["first"], {"a": 1}, True])
async def test_a_kid_that_is_no_text_is_refused(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey], key_id: Any
) -> None:
    provider.lists(*keys.values())
    forged = signed_with_hmac(claims(ORGANIZATION), b"x" * 32, alg="RS256", kid=key_id)
    assert await refused(verifier(listed), forged)


async def test_an_unlisted_algorithm_of_a_good_key_is_refused(keys: dict[str, SigningKey]) -> None:
    _, key = public_key(keys["RS256"].pem())
    for algorithm in ("RS512", "PS256"):
        signer = SigningKey(algorithm, "first", keys["RS256"].private)
        assert await refused(TokenVerifier({"RS256": FixedKey(key)}), signer.token(ORGANIZATION))


async def test_without_a_kid_the_only_key_of_its_algorithm_is_taken(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.answer = {"keys": [keys["RS256"].listed(kid=None), keys["ES256"].listed()]}
    for algorithm in ("RS256", "ES256"):
        token = keys[algorithm].token(ORGANIZATION, header={})
        assert (await verifier(listed).principal(token)).user_id == "anna"
    provider.lists(keys["RS256"], SigningKey.make("RS256", "second"))
    provider.later(MAX_AGE_SECONDS)
    await provider.asked_again(2)
    assert await listed.key("RS256", "second")
    assert await refused(verifier(listed), keys["RS256"].token(ORGANIZATION, header={}))


async def test_a_new_key_is_fetched_when_a_token_names_it_once_a_minute_at_most(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.lists(keys["RS256"])
    assert await listed.key("RS256", "first")
    second = SigningKey.make("RS256", "second")
    provider.lists(keys["RS256"], second)
    found = verifier(listed)
    provider.later(59)
    assert await refused(found, second.token(ORGANIZATION))
    provider.later(1)
    assert (await found.principal(second.token(ORGANIZATION))).user_id == "anna"
    assert provider.asked == 2
    for number in range(50):
        assert await refused(found, SigningKey("RS256", f"made-up-{number}", second.private).token(ORGANIZATION))
    assert provider.asked == 2


async def test_many_tokens_at_once_fetch_the_list_once(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.lists(keys["ES256"])
    provider.holds = asyncio.Event()
    found = verifier(listed)
    waiting = [asyncio.create_task(found.principal(keys["ES256"].token(ORGANIZATION, sub=f"u{n}"))) for n in range(20)]
    waiting[0].cancel()  # one caller's leaving must not end the others' fetch
    await asyncio.sleep(0)
    provider.holds.set()
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [getattr(answer, "user_id", None) for answer in answers[1:]] == [f"u{n}" for n in range(1, 20)]
    assert provider.asked == 1


FAILURES = {
    "away": httpx.ConnectError("away"),
    "hangs": httpx.ReadTimeout("slow"),
    "500": httpx.Response(500),
    "moved": httpx.Response(302, headers={"Location": "https://evil.example/"}),
    "no JSON": httpx.Response(200, text="<html>"),
    "no set": httpx.Response(200, json=[]),
    "no list": httpx.Response(200, json={"keys": {}}),
    "no keys": httpx.Response(200, json={"keys": []}),
    "endless": httpx.Response(200, content=b" " * (MAX_LIST_BYTES + 1)),
    "deep": httpx.Response(200, content=b"[" * 100_000),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_known_keys_stay_while_the_list_cannot_be_had(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey], failure: str
) -> None:
    provider.lists(keys["RS256"])
    found = verifier(listed)
    assert await found.principal(keys["RS256"].token(ORGANIZATION))
    provider.answer = FAILURES[failure]
    with capture_logs() as logs:
        provider.later(10 * MAX_AGE_SECONDS)
        await provider.asked_again(2)
        assert await found.principal(keys["RS256"].token(ORGANIZATION, sub="ben"))
        assert await refused(found, SigningKey.make("RS256", "second").token(ORGANIZATION))
        assert await found.principal(keys["RS256"].token(ORGANIZATION, sub="eve"))
    assert provider.asked == 2
    assert [line["event"] for line in logs] == ["token_keys_not_fetched"]
    provider.lists(keys["RS256"], SigningKey.make("ES256", "new"))
    provider.later(RETRY_SECONDS)
    assert await listed.key("ES256", "new")


async def test_a_list_larger_than_any_is_not_taken_in(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    text = json.dumps({"keys": [keys["RS256"].listed()]})
    provider.answer = httpx.Response(200, text=text.ljust(MAX_LIST_BYTES + 1))
    with pytest.raises(IdentityUnavailable):
        await listed.key("RS256", "first")
    provider.answer = httpx.Response(200, text=text.ljust(MAX_LIST_BYTES))
    provider.later(FIRST_RETRY_SECONDS)
    assert await listed.key("RS256", "first")


@pytest.mark.parametrize("failure", FAILURES)
async def test_without_any_key_the_caller_is_told_that_it_is_not_the_tokens_fault(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey], failure: str
) -> None:
    provider.answer = FAILURES[failure]
    found = verifier(listed)
    for _ in range(3):
        with pytest.raises(IdentityUnavailable):
            await found.principal(keys["RS256"].token(ORGANIZATION))
    assert provider.asked == 1
    provider.lists(keys["RS256"])
    provider.later(FIRST_RETRY_SECONDS)
    assert await found.principal(keys["RS256"].token(ORGANIZATION))


async def test_an_address_that_says_nothing_is_given_up_in_time(
    provider: Provider, keys: dict[str, SigningKey]
) -> None:
    provider.holds = asyncio.Event()
    listed = provider.keys(timeout=0.05)
    async with asyncio.timeout(30):
        with pytest.raises(IdentityUnavailable):
            await listed.key("RS256", "first")
    await listed.aclose()


async def test_a_removed_key_stops_working_within_the_lists_age(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    """Although its token is known, and no other token comes that would have the list fetched."""
    second = SigningKey.make("RS256", "second")
    provider.lists(keys["RS256"], second)
    found = verifier(listed)
    removed, kept = keys["RS256"].token(ORGANIZATION), second.token(ORGANIZATION)
    for token in (removed, kept):
        assert (await found.principal(token)).user_id == "anna"
    provider.lists(second)
    provider.later(299)
    await asyncio.sleep(0)
    assert (await found.principal(removed)).user_id == "anna"
    provider.later(1)
    await provider.asked_again(2)
    assert await refused(found, removed)
    assert (await found.principal(kept)).user_id == "anna"
    assert provider.asked == 2


async def test_a_key_that_was_replaced_under_its_own_kid_stops_working(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.lists(keys["RS256"])
    found = verifier(listed)
    old, new = keys["RS256"].token(ORGANIZATION), SigningKey.make("RS256")
    assert await found.principal(old)
    provider.lists(new)
    provider.later(MAX_AGE_SECONDS)
    await provider.asked_again(2)
    assert await refused(found, old)
    assert await found.principal(new.token(ORGANIZATION))


async def test_a_key_removed_while_nobody_called_is_not_believed_once_more(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    """After a quiet night the first token must not be held against yesterday's list."""
    second = SigningKey.make("RS256", "second")
    provider.lists(keys["RS256"], second)
    assert await listed.key("RS256", "first")
    provider.lists(second)
    for fetch in range(2, 14):
        provider.later(MAX_AGE_SECONDS)
        await provider.asked_again(fetch)
    assert await refused(verifier(listed), keys["RS256"].token(ORGANIZATION))
    assert provider.asked == 13


async def test_a_list_that_only_grew_leaves_known_tokens_known(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.lists(keys["RS256"])
    found = verifier(listed)
    token = keys["RS256"].token(ORGANIZATION)
    first = await found.principal(token)
    provider.lists(keys["RS256"], keys["ES256"])
    provider.later(MAX_AGE_SECONDS)
    await provider.asked_again(2)
    assert await listed.key("ES256", "first")
    monkeypatch.setattr(jwt, "decode", lambda *_, **__: pytest.fail("verified again"))
    assert await found.principal(token) is first


async def test_a_list_that_cannot_be_had_is_asked_for_once_a_minute(
    provider: Provider, listed: ListedKeys, keys: dict[str, SigningKey]
) -> None:
    provider.lists(keys["RS256"])
    assert await listed.key("RS256", "first")
    provider.answer = FAILURES["away"]
    provider.later(MAX_AGE_SECONDS)
    await provider.asked_again(2)
    provider.later(RETRY_SECONDS - 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert provider.asked == 2
    provider.later(1)
    await provider.asked_again(3)
    assert await listed.key("RS256", "first")


def weak_key() -> SigningKey:
    return SigningKey("RS256", "weak", rsa.generate_private_key(65537, 1024))  # noqa: S505 - it is there to be refused


def test_only_keys_that_are_for_signatures_and_strong_enough_are_used(keys: dict[str, SigningKey]) -> None:
    weak = weak_key()
    odd_curve = SigningKey("ES256", "odd", ec.generate_private_key(ec.SECP384R1()))
    good = keys["RS256"]
    unusable = [
        weak.listed(),
        odd_curve.listed(alg=None),
        good.listed(use="enc", kid="enc"),
        good.listed(alg="RS512", kid="other-alg"),
        good.listed(kid=7),
        good.listed(n="!", kid="broken"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256"},
        {"kty": "RSA", "kid": "empty"},
        {"kid": "nothing"},
        "text",
        None,
    ]
    assert set(usable_keys({"keys": [*unusable, good.listed()]})) == {("RS256", "first"), ("RS256", None)}


@pytest.mark.parametrize("name", ["nothing", "no PEM", "private", "weak", "curve", "certificate"])
def test_what_is_no_public_key_of_ours_is_refused_without_repeating_it(name: str) -> None:
    texts = {
        "nothing": "",
        "no PEM": "my-secret",
        "private": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
        "weak": weak_key().pem(),
        "curve": SigningKey("ES256", "odd", ec.generate_private_key(ec.SECP384R1())).pem(),
        "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    with pytest.raises(ValueError, match=r"^must be ") as caught:
        public_key(texts[name])
    assert "my-secret" not in str(caught.value)
