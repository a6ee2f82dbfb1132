"""Whether pages may upload: what a browser asks and looks at, for each origin that the API lets in."""

import asyncio
from collections.abc import Mapping

from botocore.exceptions import ClientError

from photodock.doctor.cors_rules import (
    UPLOAD_HEADERS,
    Fault,
    answer_fault,
    how_to_set,
    lets_in,
    malformed_origin,
    preflight_fault,
    rules_to_paste,
)
from photodock.doctor.faults import SDK_FAULTS
from photodock.doctor.findings import Finding, not_applicable, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.doctor.trials import CONTENT

STRANGER = "https://photodock-doctor.invalid"
"""An origin that nobody has (RFC 2606)."""
_NO_RULES = "The bucket has no CORS rule: this S3 then lets everybody in, where another would let nobody in."
_NO_ORIGINS = "PHOTODOCK_CORS_ALLOWED_ORIGINS is empty: no web page is expected to upload."


async def cors(here: Installation) -> Finding | list[Finding]:
    origins = here.settings.cors_allowed_origins
    if not origins:
        return not_applicable(_NO_ORIGINS)
    return list(await asyncio.gather(*(_origin(here, origin) for origin in origins)))


async def _origin(here: Installation, listed: str) -> Finding:
    if trouble := malformed_origin(listed):
        return of(trouble, subject=listed)
    origin = STRANGER if listed == "*" else listed
    if fault := await _fault(here, origin):
        found = f"A page at {listed} can't upload: {fault.why}."
        if fault.mend:
            return wrong(found, fault.mend, subject=listed)
        paste = rules_to_paste(here.settings.cors_allowed_origins)
        return wrong(found, how_to_set(here.settings.bucket), paste=paste, subject=listed)
    who = "Any page" if listed == "*" else f"A page at {listed}"
    return ok(f"{who} may upload, read the ETag and download.", subject=listed)


async def _fault(here: Installation, origin: str) -> Fault | None:
    """The first thing at which a browser would stop."""
    trials = (await here.storage()).trials
    key = trials.new_key()
    upload = trials.upload_url(key)
    status, headers = await _preflight(here, upload.url, origin)
    if fault := preflight_fault(origin, status, headers):
        return fault
    sent = await here.http.put(upload.url, content=CONTENT, headers={**upload.headers, "Origin": origin})
    if fault := answer_fault(origin, "PUT", sent.status_code, _lower(sent.headers)):
        return fault
    got = await here.http.get(trials.download_url(key), headers={"Origin": origin})
    await trials.delete(key)
    return answer_fault(origin, "GET", got.status_code, _lower(got.headers))


async def _preflight(here: Installation, url: str, origin: str) -> tuple[int, Mapping[str, str]]:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": ",".join(UPLOAD_HEADERS),
    }
    response = await here.http.options(url, headers=asked)
    return response.status_code, _lower(response.headers)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def cors_strangers(here: Installation) -> Finding:
    """Some servers let every origin in where a bucket has no rule: such a bucket looks well until it is moved."""
    has_rules = await _has_rules(here)
    if "*" in here.settings.cors_allowed_origins:
        if has_rules is False:
            return wrong(_NO_RULES, how_to_set(here.settings.bucket), paste=rules_to_paste(("*",)))
        return not_applicable("PHOTODOCK_CORS_ALLOWED_ORIGINS is `*`: there are no strangers.")
    trials = (await here.storage()).trials
    is_in = lets_in(STRANGER, *await _preflight(here, trials.upload_url(trials.new_key()).url, STRANGER))
    if not is_in:
        return ok("Pages of other origins may not upload.")
    found = f"Pages of every origin may upload.{f' {_NO_RULES}' if has_rules is False else ''}"
    if not here.settings.cors_allowed_origins:
        return wrong(
            found,
            "Set PHOTODOCK_CORS_ALLOWED_ORIGINS if pages upload; in any case give the bucket a rule that names their "
            f"origins. {how_to_set(here.settings.bucket)}",
            paste=rules_to_paste(()),
        )
    return wrong(found, how_to_set(here.settings.bucket), paste=rules_to_paste(here.settings.cors_allowed_origins))


async def _has_rules(here: Installation) -> bool | None:
    """None where the store does not tell."""
    storage = await here.storage()
    try:
        answer = await storage.client.get_bucket_cors(Bucket=here.settings.bucket)
    except ClientError as error:
        return False if error.response["Error"].get("Code") == "NoSuchCORSConfiguration" else None
    except SDK_FAULTS:
        return None
    return bool(answer.get("CORSRules"))
