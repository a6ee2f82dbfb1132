"""The identity provider's list of keys."""

import json
from typing import Any

from photodock.api.keys import MAX_LIST_BYTES, PUBLIC_ALGORITHMS, usable_keys
from photodock.doctor.faults import HTTP_FAULTS, why_silent
from photodock.doctor.findings import Finding, State, not_applicable, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.tokens import ANY_SERVICE, takes_any_service

SETTING = "PHOTODOCK_JWT_JWKS_URL"


async def jwks(here: Installation) -> Finding:
    address = here.settings.jwt_jwks_url
    if address is None:
        return not_applicable(f"{SETTING} is empty: tokens are verified with a fixed key.")
    try:
        response = await here.http.get(address, headers={"Accept": "application/json"})
    except HTTP_FAULTS as error:
        return of(why_silent(error, address, SETTING))
    if response.is_redirect:
        return wrong(
            f"The list of keys is redirected ({response.status_code}), and redirects are not followed.",
            f"Set {SETTING} to the address that it leads to.",
        )
    if not response.is_success:
        return wrong(
            f"The list of keys is answered with {response.status_code}.",
            f"{SETTING} must be the `jwks_uri` of the provider's /.well-known/openid-configuration.",
        )
    found = judged_keys(response.content, here.settings.jwt_algorithms)
    if found.state is State.OK and takes_any_service(here.settings):
        return ok(f"{found.found} {ANY_SERVICE}")
    return found


def judged_keys(content: bytes, wanted: tuple[str, ...]) -> Finding:
    if len(content) > MAX_LIST_BYTES:
        return wrong("The list of keys is longer than 256 KiB.", f"Is {SETTING} the address of the list?")
    try:
        document: Any = json.loads(content)
        keys = usable_keys(document)
    except (ValueError, RecursionError):
        return wrong(
            "What answers is no list of keys.",
            f"{SETTING} must be the `jwks_uri`, not the issuer or the configuration document itself.",
        )
    if not keys:
        return wrong(
            f"None of the {len(document['keys'])} keys can be used.",
            "The provider must sign with RS256 (2048 bits or more), ES256 or EdDSA; keys for encryption are not used.",
        )
    algorithms = sorted({algorithm for algorithm, _ in keys})
    missing = sorted(set(wanted) & set(PUBLIC_ALGORITHMS) - set(algorithms))
    if missing:
        return wrong(
            f"PHOTODOCK_JWT_ALGORITHMS names {', '.join(missing)}, and the list has keys for {', '.join(algorithms)} "
            "alone.",
            "Name the algorithms that the provider signs with, or leave the setting empty.",
        )
    count = len({key_id for _, key_id in keys if key_id is not None}) or 1
    return ok(f"The list has {count} usable key{'' if count == 1 else 's'}, for {', '.join(algorithms)}.")
