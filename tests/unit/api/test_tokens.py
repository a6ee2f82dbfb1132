"""Verifying access tokens: whose they may be, and how long they are believed."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
import pytest

from photodock.api.auth import (
    CACHE_SIZE,
    LEEWAY_SECONDS,
    MAX_TOKEN_BYTES,
    TokenRules,
    TokenVerifier,
    mint,
)
from photodock.api.keys import FixedKey
from photodock.domain.errors import Unauthenticated
from photodock.domain.identity import NOBODYS_NAMES, Principal
from support.system import SECRET
from support.tokens import BAD_TOKENS, claims, signed

ORGANIZATION = UUID(int=7)
ANNA = Principal("anna", ORGANIZATION, frozenset({"photos:read", "photos:write"}))


@dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


def verifier_of(secret: str = SECRET, **options: Any) -> TokenVerifier:
    return TokenVerifier({"HS256": FixedKey(secret)}, **options)


def bearer(who: Principal = ANNA, *, lifetime_seconds: int = 3_600, rules: TokenRules | None = None) -> str:
    return "Bearer " + mint(SECRET, who, lifetime_seconds=lifetime_seconds, rules=rules)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_good_token_tells_who_calls(scheme: str) -> None:
    assert await verifier_of().principal(f"{scheme} {bearer().split()[1]}") == ANNA


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused_with_a_sentence_that_repeats_nothing_of_it(name: str) -> None:
    token = BAD_TOKENS[name](ORGANIZATION)
    with pytest.raises(Unauthenticated) as caught:
        await verifier_of().principal(token)
    assert "Authorization" in caught.value.detail or "claim" in caught.value.detail
    last_part = (token or "").rpartition(".")[2]
    assert len(last_part) < 10 or last_part not in caught.value.detail


@pytest.mark.parametrize("name", [*sorted(NOBODYS_NAMES - {""}), "pipeline:", "pipeline:anna"])
async def test_nobody_is_called_as_the_service_calls_itself(name: str) -> None:
    with pytest.raises(Unauthenticated, match="keeps for itself"):
        await verifier_of().principal(bearer(Principal(name, ORGANIZATION, frozenset())))


@pytest.mark.parametrize("name", ["pipeline", "Sweeper", "sweeper2", "relay@example.com"])
async def test_a_name_that_only_looks_alike_is_a_users(name: str) -> None:
    who = Principal(name, ORGANIZATION, frozenset())
    assert await verifier_of().principal(bearer(who)) == who


async def test_an_algorithm_that_is_not_listed_is_refused() -> None:
    """The list of algorithms is ours; the token's header has no say."""
    with pytest.raises(Unauthenticated):
        await verifier_of(SECRET * 2).principal(signed(claims(ORGANIZATION), secret=SECRET * 2, algorithm="HS384"))


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [
        ("photodock/photos:read photodock/photos:write", {"photos:read", "photos:write"}),
        (["photodock/photos:read", 7, None], {"photos:read"}),
        ("photos:read other/photos:write photodock/photos:admin", {"photos:admin"}),
        ({"photos:read": True}, set()),
        (None, set()),
    ],
)
async def test_scopes_are_a_text_or_a_list_and_may_have_a_prefix(claim: object, scopes: set[str]) -> None:
    verifier = verifier_of(rules=TokenRules(scope_prefix="photodock/"))
    assert (await verifier.principal(signed(claims(ORGANIZATION, scope=claim)))).scopes == scopes


@pytest.mark.parametrize(
    ("claimed", "good"),
    [
        ({"iss": "us", "aud": "photos"}, True),
        ({"iss": "us", "aud": ["photos", "others"]}, True),
        ({"iss": "them", "aud": "photos"}, False),
        ({"iss": "us", "aud": "others"}, False),
        ({"iss": "us"}, False),
        ({"aud": "photos"}, False),
    ],
)
async def test_issuer_and_audience_are_checked_when_set(claimed: dict[str, object], good: bool) -> None:
    verifier = verifier_of(rules=TokenRules(issuer="us", audience="photos"))
    token = signed(claims(ORGANIZATION, **claimed))
    if good:
        assert (await verifier.principal(token)).user_id == "anna"
    else:
        with pytest.raises(Unauthenticated):
            await verifier.principal(token)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
async def test_clocks_may_differ_by_30_seconds_and_no_more(claim: str) -> None:
    """A token that ended, begins or was made 30 seconds away from now, and one a little further away."""
    away = -30 if claim == "exp" else 30
    one_more = -5 if claim == "exp" else 5

    def made(seconds: int) -> str:
        """As long before or after the moment in which it is looked at, however much this machine has to do."""
        return signed(claims(ORGANIZATION, **{claim: int(time.time()) + seconds}))

    verifier = verifier_of()
    assert (await verifier.principal(made(away - one_more))).user_id == "anna"
    with pytest.raises(Unauthenticated):
        await verifier.principal(made(away + one_more))


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize("value", ["soon", [1], {"a": 1}, 1e400])
async def test_a_time_that_is_none_is_refused(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        await verifier_of().principal(signed(claims(ORGANIZATION, **{claim: value})))


def good_token(longer_than: int) -> str:
    """The shortest such one: claims grow by a byte, so a token by one or two."""
    bare = len(signed(claims(ORGANIZATION, more="")))
    for filling in range(max(0, (longer_than - bare) * 3 // 4), longer_than):
        token = signed(claims(ORGANIZATION, more="x" * filling)).removeprefix("Bearer ")
        if len(token) > longer_than:
            return token
    raise AssertionError("claims do not get that long")


async def test_a_token_may_have_8_kib_and_no_more() -> None:
    assert MAX_TOKEN_BYTES == 8 * 1024
    longest, too_long = good_token(MAX_TOKEN_BYTES - 1), good_token(MAX_TOKEN_BYTES)
    assert len(longest) == MAX_TOKEN_BYTES
    assert MAX_TOKEN_BYTES < len(too_long) <= MAX_TOKEN_BYTES + 2
    assert (await verifier_of().principal(f"Bearer {longest}")).user_id == "anna"
    with pytest.raises(Unauthenticated, match="longer than 8192 bytes"):
        await verifier_of().principal(f"Bearer {too_long}")


async def test_a_huge_token_is_refused_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "get_unverified_header", lambda _: pytest.fail("decoded"))
    with pytest.raises(Unauthenticated, match="longer than 8192 bytes"):
        await verifier_of().principal("Bearer " + "x" * (MAX_TOKEN_BYTES + 1))


async def test_an_audience_that_nobody_asked_for_does_no_harm() -> None:
    assert (await verifier_of().principal(signed(claims(ORGANIZATION, aud="elsewhere")))).user_id == "anna"


async def test_claims_may_have_other_names() -> None:
    rules = TokenRules(claim_user="uid", claim_organization="tenant", claim_scope="scp")
    assert await verifier_of(rules=rules).principal(bearer(rules=rules)) == ANNA
    with pytest.raises(Unauthenticated, match="claim uid"):
        await verifier_of(rules=rules).principal(bearer())


async def test_a_minted_token_carries_the_rules_issuer_and_audience() -> None:
    rules = TokenRules(issuer="us", audience="photos")
    assert await verifier_of(rules=rules).principal(bearer(rules=rules)) == ANNA


async def test_a_known_token_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = verifier_of()
    token = bearer()
    first = await verifier.principal(token)
    monkeypatch.setattr(jwt, "decode", lambda *_, **__: pytest.fail("verified again"))
    assert await verifier.principal(token) is first


@pytest.mark.parametrize("scheme", ["bearer ", "Digest ", "Bearer\t", "BearerX"])
async def test_a_token_is_known_behind_its_own_scheme_alone(scheme: str) -> None:
    verifier = verifier_of()
    token = bearer()
    assert verifier.known(token) is None
    assert await verifier.principal(token) == verifier.known(token) == ANNA
    assert verifier.known(token.replace("Bearer ", scheme)) is None


async def test_a_known_token_ends_when_it_expires() -> None:
    clock = Clock(time.time())
    verifier = verifier_of(clock=clock)
    token = bearer(lifetime_seconds=-20)
    assert await verifier.principal(token) == ANNA
    clock.now += LEEWAY_SECONDS
    assert verifier._cache[token.split()[1]][1] <= clock.now


async def test_a_known_token_is_verified_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a removed key stops working."""
    clock = Clock(time.time())
    verifier = verifier_of(clock=clock)
    token = bearer(lifetime_seconds=10_000)
    await verifier.principal(token)
    monkeypatch.setitem(verifier._keys, "HS256", FixedKey("another-secret-0123456789-0123456789-0123456789"))
    clock.now += 299
    assert await verifier.principal(token) == ANNA
    clock.now += 1
    with pytest.raises(Unauthenticated):
        await verifier.principal(token)


async def test_the_memory_of_tokens_is_bounded_and_forgets_the_least_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photodock.api.auth.CACHE_SIZE", 2)
    verifier = verifier_of()
    first, second, third = (bearer(Principal(name, ORGANIZATION, frozenset())) for name in ("a", "b", "c"))
    fourth = bearer(Principal("d", ORGANIZATION, frozenset()))
    for token in (first, second, first, third):
        await verifier.principal(token)
    assert [token.split()[1] for token in (first, third)] == list(verifier._cache)
    assert verifier.known(first)
    await verifier.principal(fourth)
    assert [token.split()[1] for token in (first, fourth)] == list(verifier._cache)
    assert CACHE_SIZE >= 1_000


async def test_no_bad_token_is_remembered() -> None:
    verifier = verifier_of()
    for make in BAD_TOKENS.values():
        with pytest.raises(Unauthenticated):
            await verifier.principal(make(ORGANIZATION))
    assert not verifier._cache
