"""An identity provider's keys: making them, signing with them, listing them."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.tokens import claims

MAKERS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
WRITERS = {
    "RS256": jwt.algorithms.RSAAlgorithm.to_jwk,
    "ES256": jwt.algorithms.ECAlgorithm.to_jwk,
    "EdDSA": jwt.algorithms.OKPAlgorithm.to_jwk,
}


@dataclass(frozen=True)
class SigningKey:
    algorithm: str
    key_id: str
    private: Any

    @classmethod
    def make(cls, algorithm: str, key_id: str = "first") -> "SigningKey":
        return cls(algorithm, key_id, MAKERS[algorithm]())

    def token(self, organization_id: UUID, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        content = claims(organization_id, **changes)
        headers = {"kid": self.key_id} if header is None else header
        return "Bearer " + jwt.encode(content, self.private, algorithm=self.algorithm, headers=headers)

    def listed(self, **changes: Any) -> dict[str, Any]:
        written = WRITERS[self.algorithm](self.private.public_key(), as_dict=True)
        whole = {**written, "kid": self.key_id, "use": "sig", "alg": self.algorithm, **changes}
        return {name: value for name, value in whole.items() if value is not None}

    def pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed_with_hmac(content: dict[str, Any], key: bytes, **header: Any) -> str:
    """What a library that guards against it refuses to sign: HS256 with a public key for the secret."""

    parts = [{"alg": "HS256", "typ": "JWT", **header}, content]
    signing_input = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.new(key, signing_input, hashlib.sha256).digest()).rstrip(b"=")
    return "Bearer " + (signing_input + b"." + signature).decode()
