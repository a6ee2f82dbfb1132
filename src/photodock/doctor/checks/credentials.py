"""The AWS credentials: which kind they are and when they end. Nothing of them is shown."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from photodock.doctor.findings import Finding, Trouble, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.domain.errors import StorageAccessDenied
from photodock.storage.credentials import Credentials

SOURCES: Mapping[str, str] = {
    "env": "environment variables",
    "shared-credentials-file": "the shared credentials file",
    "config-file": "the AWS config file",
    "assume-role": "an assumed role",
    "assume-role-with-web-identity": "a web identity's role (EKS)",
    "sso": "single sign-on",
    "login": "a console login",
    "container-role": "the container's role (ECS task, EKS pod)",
    "iam-role": "the instance's role (EC2)",
    "custom-process": "a credential process",
}
RENEWED = frozenset({"assume-role", "assume-role-with-web-identity", "container-role", "iam-role", "custom-process"})


async def credentials(here: Installation) -> Finding:
    try:
        storage = await here.storage()
    except StorageAccessDenied as error:
        return wrong("There are no AWS credentials.", error.detail)
    current = storage.credentials.current()
    source = await storage.credentials.source() or ""
    if trouble := mismatched(current, here.environ):
        return of(trouble)
    return judged(source, current, here.settings.upload_url_ttl_seconds, datetime.now(UTC))


def mismatched(found: Credentials, environ: Mapping[str, str]) -> Trouble | None:
    """AWS tells temporary keys by their first letters; other servers' keys have letters of their own."""
    if found.access_key_id != found.access_key_id.strip() or found.secret_access_key != found.secret_access_key.strip():
        return Trouble(
            "The credentials begin or end with a blank or a line's end.",
            "Set them again, without what stands around them.",
        )
    if found.access_key_id.startswith("ASIA") and not found.session_token:
        return Trouble(
            "The access key is a temporary one (ASIA…), and there is no session token.",
            "Set AWS_SESSION_TOKEN too, or take the keys away and run with a role.",
        )
    if found.access_key_id.startswith("AKIA") and found.session_token:
        return Trouble(
            "The access key is a lasting one (AKIA…), and there is a session token beside it, which belongs to "
            "another.",
            "Unset AWS_SESSION_TOKEN."
            if environ.get("AWS_SESSION_TOKEN")
            else "Remove the session token of the profile.",
        )
    return None


def judged(source: str, found: Credentials, url_seconds: int, now: datetime) -> Finding:
    kind = f"From {SOURCES.get(source, source or 'an unknown source')}"
    if found.expires_at is None:
        if found.session_token:
            return ok(f"{kind}: temporary ones, whose end is not told. Nothing renews them.")
        return ok(f"{kind}: lasting keys.")
    left = found.expires_at - now
    ends = f"{found.expires_at:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta(0):
        return wrong(f"{kind}: they ended at {ends}.", "Get new ones; a role renews itself.")
    if source not in RENEWED and left < timedelta(seconds=url_seconds):
        return wrong(
            f"{kind}: they end at {ends}, before an upload URL of now would.",
            "Get new ones. For a service use a role, which renews itself.",
        )
    renewed = "renewed before" if source in RENEWED else "not renewed by themselves"
    return ok(f"{kind}: temporary ones, good until {ends}, {renewed}.")
