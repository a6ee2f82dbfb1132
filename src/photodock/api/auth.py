"""Access tokens: from the Authorization header to a `Principal`."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt

from photodock.api.keys import Keys, ListedKeys
from photodock.domain.errors import Unauthenticated
from photodock.domain.identity import Principal, is_reserved

LEEWAY_SECONDS = 30
MAX_TOKEN_BYTES = 8_192
CACHE_SECONDS = 300
"""The longest a verified token is believed without verifying it again, so that a removed key stops working."""
CACHE_SIZE = 10_000

BEARER = "Bearer "
HOW_TO_SEND = "Send `Authorization: Bearer <token>` with a current access token."


@dataclass(frozen=True, slots=True)
class TokenRules:
    """`issuer` and `audience` are checked when set; the claim names map a foreign issuer's tokens.

    `scope_prefix` is what that issuer puts before each scope.
    """

    issuer: str | None = None
    audience: str | None = None
    claim_user: str = "sub"
    claim_organization: str = "org"
    claim_scope: str = "scope"
    scope_prefix: str = ""


class TokenVerifier:
    """`keys` has the accepted algorithms and no others, each with where its keys come from.

    The token's header chooses among them, but an algorithm only ever meets keys of its own kind: a public key never
    serves as an HS256 secret. What a header says of keys itself (`jwk`, `jku`, `x5u`) is not looked at.
    """

    def __init__(
        self,
        keys: Mapping[str, Keys],
        rules: TokenRules | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = dict(keys)
        self._rules = rules or TokenRules()
        self._clock = clock
        self._cache: OrderedDict[str, tuple[Principal, float]] = OrderedDict()
        for source in keys.values():
            source.when_removed(self._cache.clear)

    def known(self, authorization: str) -> Principal | None:
        """The caller of a token that was verified a short while ago; None says nothing of the token."""
        token = authorization[len(BEARER) :]
        known = self._cache.get(token)
        if known is None or known[1] <= self._clock() or authorization[: len(BEARER)] != BEARER:
            return None
        self._cache.move_to_end(token)
        return known[0]

    async def principal(self, authorization: str | None) -> Principal:
        """Raises Unauthenticated, and IdentityUnavailable while the keys cannot be had."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(f"There is no access token. {HOW_TO_SEND}")
        if len(token) > MAX_TOKEN_BYTES:
            raise Unauthenticated(f"The access token is longer than {MAX_TOKEN_BYTES} bytes. {HOW_TO_SEND}")
        known = self._cache.get(token)
        if known and known[1] > self._clock():
            self._cache.move_to_end(token)
            return known[0]
        return await self._verify(token)

    async def _verify(self, token: str) -> Principal:
        try:
            header = jwt.get_unverified_header(token)
            claims = await self._claims(token, header)
            expires_at = float(claims["exp"])
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated(f"The access token has expired. {HOW_TO_SEND}") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Unauthenticated(f"The access token does not verify. {HOW_TO_SEND}") from error
        principal = self._read(claims)
        self._remember(token, principal, expires_at)
        return principal

    async def _claims(self, token: str, header: Mapping[str, Any]) -> dict[str, Any]:
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._keys or not isinstance(key_id, str | None):
            raise jwt.InvalidAlgorithmError
        key = await self._keys[algorithm].key(algorithm, key_id)
        if key is None:
            raise jwt.InvalidKeyError
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._rules.issuer,
            audience=self._rules.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp"], "verify_aud": self._rules.audience is not None},
        )

    async def aclose(self) -> None:
        for keys in self._keys.values():
            if isinstance(keys, ListedKeys):
                await keys.aclose()

    def _read(self, claims: dict[str, Any]) -> Principal:
        rules = self._rules
        user_id = claims.get(rules.claim_user)
        scope = claims.get(rules.claim_scope, "")
        if not isinstance(user_id, str) or not 1 <= len(user_id) <= 255 or not user_id.isprintable():
            raise Unauthenticated(f"The access token's claim {rules.claim_user} must hold the user's id, as text.")
        if is_reserved(user_id):
            raise Unauthenticated(
                f"The access token's claim {rules.claim_user} is a name that the service keeps for itself. Ask for a "
                "token of another user."
            )
        try:
            organization_id = UUID(str(claims.get(rules.claim_organization)))
        except ValueError as error:
            raise Unauthenticated(
                f"The access token's claim {rules.claim_organization} must hold the organization's id, a UUID."
            ) from error
        return Principal(user_id=user_id, organization_id=organization_id, scopes=self._scopes(scope))

    def _scopes(self, claim: object) -> frozenset[str]:
        """From a text with spaces between (RFC 8693) or, as some providers have it, a list of texts."""
        words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
        prefix = self._rules.scope_prefix
        # Without the prefix a scope is another service's, whatever it is called.
        return frozenset(w.removeprefix(prefix) for w in words if isinstance(w, str) and w.startswith(prefix))

    def _remember(self, token: str, principal: Principal, expires_at: float) -> None:
        now = self._clock()
        self._cache[token] = (principal, min(expires_at + LEEWAY_SECONDS, now + CACHE_SECONDS))
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)


def mint(secret: str, principal: Principal, *, lifetime_seconds: int, rules: TokenRules | None = None) -> str:
    """A token of our own, HS256: for development and tests; in production an identity provider makes them."""
    rules = rules or TokenRules()
    claims: dict[str, Any] = {
        rules.claim_user: principal.user_id,
        rules.claim_organization: str(principal.organization_id),
        rules.claim_scope: " ".join(rules.scope_prefix + scope for scope in sorted(principal.scopes)),
        "iat": int(time.time()),
        "exp": int(time.time()) + lifetime_seconds,
    }
    if rules.issuer:
        claims["iss"] = rules.issuer
    if rules.audience:
        claims["aud"] = rules.audience
    return jwt.encode(claims, secret, algorithm="HS256")
