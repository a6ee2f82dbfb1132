"""Access tokens."""

from pydantic import Field, SecretStr, field_validator

from photodock.settings.fields import Group, Text, TrustedAddress, Words


class TokenSettings(Group):
    """What is needed to verify and to make access tokens."""

    jwt_secret: SecretStr | None = Field(None, description="HS256 secret, 32 bytes or more.")
    jwt_public_key: Text = Field(None, description="A public key in PEM that verifies tokens.")
    jwt_jwks_url: TrustedAddress = Field(
        None, description="Where the identity provider lists its keys (JWKS); `https`, but for this machine itself."
    )
    jwt_algorithms: Words = Field((), description="Of HS256, RS256, ES256, EdDSA; empty: all that have a key.")
    jwt_issuer: Text = Field(None, description="Required `iss`, when set.")
    jwt_audience: Text = Field(None, description="Required `aud`, when set.")
    jwt_claim_user: str = Field("sub", description="The claim that holds the user's id.")
    jwt_claim_organization: str = Field("org", description="The claim that holds the organization's id (UUID).")
    jwt_claim_scope: str = Field("scope", description="The claim that holds the scopes, a text or a list.")
    jwt_scope_prefix: str = Field("", description="What the identity provider puts before each scope.")

    @field_validator("jwt_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < 32:
            raise ValueError("must be 32 bytes or more; make one with: openssl rand -hex 32")
        return value
