"""Access tokens that a verifier must refuse, each for a reason of its own."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import jwt

from support.calls import SCOPES
from support.system import SECRET

GOOD_FOR = 3_600


def claims(organization_id: UUID, **changes: Any) -> dict[str, Any]:
    """Complete claims with every scope; a change to None leaves the claim out."""
    whole = {
        "sub": "anna",
        "org": str(organization_id),
        "scope": " ".join(SCOPES),
        "exp": int(time.time()) + GOOD_FOR,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(content: dict[str, Any], *, secret: str = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    return "Bearer " + jwt.encode(content, secret, algorithm=algorithm, headers=header or None)


def unsigned(content: dict[str, Any], algorithm: str) -> str:
    """A token that claims to need no signature, or has lost it."""
    parts = ({"alg": algorithm, "typ": "JWT"}, content)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"Bearer {encoded[0]}.{encoded[1]}."


def with_other_claims(org: UUID) -> str:
    """The signature of one token under the claims of another."""
    head, _, signature = signed(claims(org)).removeprefix("Bearer ").split(".")
    claimed = signed(claims(UUID(int=1))).split(".")[1]
    return f"Bearer {head}.{claimed}.{signature}"


BAD_TOKENS: dict[str, Callable[[UUID], str | None]] = {
    "none": lambda _: None,
    "empty": lambda _: "Bearer ",
    "no token": lambda _: "Bearer",
    "another scheme": lambda _: "Basic YW5uYTpzZWNyZXQ=",
    "nonsense": lambda _: "Bearer nonsense",
    "three dots": lambda _: "Bearer ...",
    "without its scheme": lambda org: signed(claims(org)).removeprefix("Bearer "),
    "another secret": lambda org: signed(claims(org), secret="another-secret-0123456789-0123456789-0123456789"),
    "another algorithm": lambda org: signed(claims(org), secret=SECRET * 2, algorithm="HS512"),
    "alg none": lambda org: unsigned(claims(org), "none"),
    "alg None": lambda org: unsigned(claims(org), "None"),
    "signature cut off": lambda org: unsigned(claims(org), "HS256"),
    "claims exchanged": with_other_claims,
    "expired": lambda org: signed(claims(org, exp=int(time.time()) - 60)),
    "not yet valid": lambda org: signed(claims(org, nbf=int(time.time()) + 600)),
    "without exp": lambda org: signed(claims(org, exp=None)),
    "without sub": lambda org: signed(claims(org, sub=None)),
    "without org": lambda org: signed(claims(org, org=None)),
    "exp a text": lambda org: signed(claims(org, exp="tomorrow")),
    "exp a list": lambda org: signed(claims(org, exp=[1])),
    "exp infinite": lambda org: signed(claims(org, exp=float("inf"))),
    "exp larger than any float": lambda org: signed(claims(org, exp=10**400)),
    "sub empty": lambda org: signed(claims(org, sub="")),
    "sub a number": lambda org: signed(claims(org, sub=7)),
    "sub with U+0000": lambda org: signed(claims(org, sub="an\0na")),
    "sub too long": lambda org: signed(claims(org, sub="a" * 256)),
    "org no UUID": lambda org: signed(claims(org, org="north-roofs")),
    "org a number": lambda org: signed(claims(org, org=7)),
    "an extension that nobody knows": lambda org: signed(claims(org), crit=["unknown"], unknown=1),
    "huge": lambda org: signed(claims(org, more="x" * 9_000)),
    "not ASCII": lambda org: signed(claims(org)) + "ä",
}
