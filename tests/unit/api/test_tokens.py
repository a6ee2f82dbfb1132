"""Verifying access tokens: whose they may be, and how long they are believed."""

import time
from dataclasses import dataclass
from uuid import UUID

import jwt
import pytest

from photodock.api.auth import CACHE_SECONDS, CACHE_SIZE, LEEWAY_SECONDS, TokenRules, TokenVerifier, mint
from photodock.domain.errors import Unauthenticated
from photodock.domain.identity import Principal
from support.system import SECRET
from support.tokens import BAD_TOKENS, claims, signed

ORGANIZATION = UUID(int=7)
ANNA = Principal("anna", ORGANIZATION, frozenset({"photos:read", "photos:write"}))


@dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


def bearer(who: Principal = ANNA, *, lifetime_seconds: int = 3_600, rules: TokenRules | None = None) -> str:
    return "Bearer " + mint(SECRET, who, lifetime_seconds=lifetime_seconds, rules=rules)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_good_token_tells_who_calls(scheme: str) -> None:
    assert TokenVerifier(SECRET).principal(f"{scheme} {bearer().split()[1]}") == ANNA


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_bad_token_is_refused_with_a_sentence_that_repeats_nothing_of_it(name: str) -> None:
    token = BAD_TOKENS[name](ORGANIZATION)
    with pytest.raises(Unauthenticated) as caught:
        TokenVerifier(SECRET).principal(token)
    assert "Authorization" in caught.value.detail or "claim" in caught.value.detail
    last_part = (token or "").rpartition(".")[2]
    assert len(last_part) < 10 or last_part not in caught.value.detail


def test_a_token_that_verifies_by_another_key_type_is_refused() -> None:
    """The list of algorithms is ours; the token's header has no say."""
    with pytest.raises(Unauthenticated):
        TokenVerifier(SECRET * 2, algorithms=("HS512",)).principal(signed(claims(ORGANIZATION), secret=SECRET * 2))


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
def test_issuer_and_audience_are_checked_when_set(claimed: dict[str, object], good: bool) -> None:
    verifier = TokenVerifier(SECRET, rules=TokenRules(issuer="us", audience="photos"))
    token = signed(claims(ORGANIZATION, **claimed))
    if good:
        assert verifier.principal(token).user_id == "anna"
    else:
        with pytest.raises(Unauthenticated):
            verifier.principal(token)


def test_an_audience_that_nobody_asked_for_does_no_harm() -> None:
    assert TokenVerifier(SECRET).principal(signed(claims(ORGANIZATION, aud="elsewhere"))).user_id == "anna"


def test_claims_may_have_other_names() -> None:
    rules = TokenRules(claim_user="uid", claim_organization="tenant", claim_scope="scp")
    assert TokenVerifier(SECRET, rules=rules).principal(bearer(rules=rules)) == ANNA
    with pytest.raises(Unauthenticated, match="claim uid"):
        TokenVerifier(SECRET, rules=rules).principal(bearer())


def test_a_minted_token_carries_the_rules_issuer_and_audience() -> None:
    rules = TokenRules(issuer="us", audience="photos")
    assert TokenVerifier(SECRET, rules=rules).principal(bearer(rules=rules)) == ANNA


def test_a_known_token_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = TokenVerifier(SECRET)
    token = bearer()
    first = verifier.principal(token)
    monkeypatch.setattr(jwt, "decode", lambda *_, **__: pytest.fail("verified again"))
    assert verifier.principal(token) is first


def test_a_known_token_ends_when_it_expires() -> None:
    clock = Clock(time.time())
    verifier = TokenVerifier(SECRET, clock=clock)
    token = bearer(lifetime_seconds=-20)
    assert verifier.principal(token) == ANNA
    clock.now += LEEWAY_SECONDS
    assert verifier._cache[token.split()[1]][1] <= clock.now


def test_a_known_token_is_verified_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a removed key stops working."""
    clock = Clock(time.time())
    verifier = TokenVerifier(SECRET, clock=clock)
    token = bearer(lifetime_seconds=10_000)
    verifier.principal(token)
    monkeypatch.setattr(verifier, "_key", "another-secret-0123456789-0123456789-0123456789")
    clock.now += CACHE_SECONDS - 1
    assert verifier.principal(token) == ANNA
    clock.now += 1
    with pytest.raises(Unauthenticated):
        verifier.principal(token)


def test_the_memory_of_tokens_is_bounded_and_forgets_the_least_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photodock.api.auth.CACHE_SIZE", 2)
    verifier = TokenVerifier(SECRET)
    first, second, third = (bearer(Principal(name, ORGANIZATION, frozenset())) for name in ("a", "b", "c"))
    for token in (first, second, first, third):
        verifier.principal(token)
    assert [token.split()[1] for token in (first, third)] == list(verifier._cache)
    assert CACHE_SIZE >= 1_000


def test_no_bad_token_is_remembered() -> None:
    verifier = TokenVerifier(SECRET)
    for make in BAD_TOKENS.values():
        with pytest.raises(Unauthenticated):
            verifier.principal(make(ORGANIZATION))
    assert not verifier._cache
