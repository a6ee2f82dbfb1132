"""The keys that verify access tokens: fixed ones from the settings, and an identity provider's own list (RFC 7517)."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx
import jwt
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from photodock.domain.errors import IdentityUnavailable

log = structlog.get_logger()

PUBLIC_ALGORITHMS = ("RS256", "ES256", "EdDSA")
ALGORITHMS = ("HS256", *PUBLIC_ALGORITHMS)
LEAST_RSA_BITS = 2048
MAX_LIST_BYTES = 256 * 1024
MAX_AGE_SECONDS = 300.0
"""A list is fetched again after this long, so that a removed key stops working."""
RETRY_SECONDS = 60.0
"""The least time between two fetches, whatever tokens ask for."""
FIRST_RETRY_SECONDS = 5.0
"""The same while there is no list at all."""


class Keys(Protocol):
    async def key(self, algorithm: str, key_id: str | None) -> Any:
        """The key for one token, or None where there is none. Raises IdentityUnavailable."""
        ...

    def when_removed(self, forget: Callable[[], None]) -> None:
        """Has `forget` called as soon as a key that was given out is good no more."""
        ...


class FixedKey:
    """One key for every token of its algorithm, whatever `kid` they name."""

    def __init__(self, key: Any) -> None:
        self._key = key

    async def key(self, algorithm: str, key_id: str | None) -> Any:  # noqa: ARG002 - it has no choice
        return self._key

    def when_removed(self, forget: Callable[[], None]) -> None:
        """It is good for as long as the process lives."""


def algorithm_of(key: object) -> str | None:
    """The one algorithm that a public key is for; None for keys that are too short or of another kind."""
    match key:
        case RSAPublicKey() if key.key_size >= LEAST_RSA_BITS:
            return "RS256"
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return "ES256"
        case Ed25519PublicKey():
            return "EdDSA"
        case _:
            return None


def public_key(pem: str) -> tuple[str, Any]:
    """A PEM public key and its algorithm. Raises ValueError, whose text repeats nothing of it."""
    try:
        key: Any = load_pem_public_key(pem.replace("\\n", "\n").encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("must be a public key in PEM, beginning with -----BEGIN PUBLIC KEY-----") from None
    algorithm = algorithm_of(key)
    if algorithm is None:
        raise ValueError(f"must be an RSA key of {LEAST_RSA_BITS} bits or more, a P-256 or an Ed25519 key")
    return algorithm, key


KeyList = Mapping[tuple[str, str | None], Any]
"""Keys by algorithm and `kid`; and by None in its place where an algorithm has a single key."""


class ListedKeys:
    """The keys of a JWKS address: fetched when first needed, then every 5 minutes, whether or not tokens come.

    They are kept while the address does not answer. A token with an unknown `kid` has the list fetched before its time,
    at most once a minute, or every 5 seconds while there is no list at all: whoever makes tokens up makes no traffic.
    `timeout` in seconds, for one fetch.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 3.0,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport, follow_redirects=False)
        self._timeout = timeout
        self._clock = clock
        self._pause = pause
        self._keys: KeyList = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._keeping_fresh: asyncio.Task[None] | None = None
        self._forget: list[Callable[[], None]] = []

    def when_removed(self, forget: Callable[[], None]) -> None:
        self._forget.append(forget)

    async def key(self, algorithm: str, key_id: str | None) -> Any:
        found = self._keys.get((algorithm, key_id))
        if found is None and (refreshing := self._refresh()):
            await asyncio.shield(refreshing)
            found = self._keys.get((algorithm, key_id))
        if found is None and not self._keys:
            raise IdentityUnavailable("Access tokens can't be verified right now. Try again in a few seconds.")
        return found

    def _refresh(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one unless the last was too short a time ago."""
        if self._refreshing is None or self._refreshing.done():
            pause = RETRY_SECONDS if self._keys else FIRST_RETRY_SECONDS
            if self._clock() - self._tried_at < pause:
                return None
            self._tried_at = self._clock()
            self._refreshing = asyncio.create_task(self._fetch())
        return self._refreshing

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                keys = usable_keys(json.loads(await self._download()))
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            log.warning("token_keys_not_fetched", reason=type(error).__name__, keys=len(self._keys))
            return
        # An empty list would lock everybody out: more likely a fault than a wish.
        if not keys:
            log.warning("token_keys_not_fetched", reason="no usable key", keys=len(self._keys))
            return
        removed = [name for name, key in self._keys.items() if keys.get(name) != key]
        self._keys, self._fetched_at = keys, self._clock()
        for forget in self._forget if removed else ():
            forget()
        if self._keeping_fresh is None:
            self._keeping_fresh = asyncio.create_task(self._keep_fresh())

    async def _keep_fresh(self) -> None:
        """Asks by the clock: where only known tokens come, no token would ask."""
        while True:
            due = max(self._fetched_at + MAX_AGE_SECONDS, self._tried_at + RETRY_SECONDS)
            await self._pause(max(1.0, due - self._clock()))
            if self._clock() - self._fetched_at >= MAX_AGE_SECONDS and (refreshing := self._refresh()):
                await asyncio.wait((refreshing,))

    async def _download(self) -> bytes:
        data = bytearray()
        async with self._http.stream("GET", self._url, headers={"Accept": "application/json"}) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > MAX_LIST_BYTES:
                    raise ValueError("too long")
        return bytes(data)

    async def aclose(self) -> None:
        for task in (self._keeping_fresh, self._refreshing):
            if task:
                task.cancel()
        await self._http.aclose()


def usable_keys(document: Any) -> KeyList:
    """The signature keys of a JWK set that fit an algorithm of ours. Raises ValueError when it is none."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of keys")
    found: dict[tuple[str, str | None], Any] = {}
    single: dict[str, Any] = {}
    for item in listed:
        read = _read_key(item)
        if read:
            algorithm, key_id, key = read
            single[algorithm] = None if algorithm in single else key
            if key_id is not None:
                found[algorithm, key_id] = key
    return found | {(algorithm, None): key for algorithm, key in single.items() if key is not None}


def _read_key(item: Any) -> tuple[str, str | None, Any] | None:
    # Secrets (`oct`) have no place in a public list; encryption keys sign nothing.
    if not isinstance(item, dict) or item.get("kty") not in ("RSA", "EC", "OKP") or item.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(item, algorithm=_algorithm_named(item)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    algorithm = algorithm_of(key)
    key_id = item.get("kid")
    if algorithm is None or item.get("alg", algorithm) != algorithm or not isinstance(key_id, str | None):
        return None
    return algorithm, key_id, key


def _algorithm_named(item: Mapping[str, Any]) -> str:
    return {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[item["kty"]]
