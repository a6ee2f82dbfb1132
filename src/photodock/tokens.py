"""Settings → who is believed: the keys of access tokens, and what must stand in them."""

import structlog

from photodock.api.auth import TokenRules, TokenVerifier
from photodock.api.keys import ALGORITHMS, PUBLIC_ALGORITHMS, FixedKey, Keys, ListedKeys, public_key
from photodock.settings import SettingsError, TokenSettings

ANY_SERVICE = (
    "Tokens that the identity provider issued for other services are taken too, if they name these scopes. Set "
    "PHOTODOCK_JWT_AUDIENCE, or PHOTODOCK_JWT_SCOPE_PREFIX where the provider writes no `aud`."
)

log = structlog.get_logger()


def token_rules(settings: TokenSettings) -> TokenRules:
    return TokenRules(
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        claim_user=settings.jwt_claim_user,
        claim_organization=settings.jwt_claim_organization,
        claim_scope=settings.jwt_claim_scope,
        scope_prefix=settings.jwt_scope_prefix,
    )


def token_keys(settings: TokenSettings) -> dict[str, Keys]:
    """The accepted algorithms and their keys. Raises SettingsError."""
    found: dict[str, Keys] = {}
    if settings.jwt_secret:
        found["HS256"] = FixedKey(settings.jwt_secret.get_secret_value())
    if settings.jwt_public_key and settings.jwt_jwks_url:
        raise _unusable("JWT_JWKS_URL", "can't be set together with PHOTODOCK_JWT_PUBLIC_KEY")
    if settings.jwt_jwks_url:
        found |= dict.fromkeys(PUBLIC_ALGORITHMS, ListedKeys(settings.jwt_jwks_url))
    if settings.jwt_public_key:
        try:
            algorithm, key = public_key(settings.jwt_public_key)
        except ValueError as error:
            raise _unusable("JWT_PUBLIC_KEY", str(error)) from None
        found[algorithm] = FixedKey(key)
    if not found:
        raise _unusable(
            "JWT_SECRET",
            "is not set, nor PHOTODOCK_JWT_JWKS_URL nor PHOTODOCK_JWT_PUBLIC_KEY. Access tokens are verified with one "
            "of them; make a secret with: openssl rand -hex 32",
        )
    if unknown := set(settings.jwt_algorithms) - set(ALGORITHMS):
        raise _unusable("JWT_ALGORITHMS", f"may name {', '.join(ALGORITHMS)}, and not {', '.join(sorted(unknown))}")
    if keyless := set(settings.jwt_algorithms) - set(found):
        raise _unusable("JWT_ALGORITHMS", f"names {', '.join(sorted(keyless))}, for which there is no key")
    return {name: keys for name, keys in found.items() if name in (settings.jwt_algorithms or found)}


def _unusable(name: str, mend: str) -> SettingsError:
    return SettingsError(f"The settings can't be used:\n  PHOTODOCK_{name}: {mend}")


def takes_any_service(settings: TokenSettings) -> bool:
    """Whether tokens are taken that the identity provider issued for other services."""
    has_provider = settings.jwt_jwks_url or settings.jwt_public_key
    return bool(has_provider and not settings.jwt_audience and not settings.jwt_scope_prefix)


def token_verifier(settings: TokenSettings) -> TokenVerifier:
    """Warns where `takes_any_service`. Raises SettingsError."""
    if takes_any_service(settings):
        log.warning("tokens_of_any_service", hint=ANY_SERVICE)
    return TokenVerifier(token_keys(settings), rules=token_rules(settings))
