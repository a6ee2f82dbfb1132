"""The receiver of traces."""

from collections.abc import Mapping
from urllib.parse import unquote

import httpx

from photodock.doctor.faults import HTTP_FAULTS, place, why_silent
from photodock.doctor.findings import Finding, not_applicable, of, ok, wrong
from photodock.doctor.installation import Installation
from photodock.tracing.setup import MISSING, PATH, is_installed

SETTING, HEADERS = "PHOTODOCK_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
_NOT_THERE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED})
_REFUSED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


async def traces(here: Installation) -> Finding:
    """Sends what an exporter sends, with no span in it: an empty message of protobuf has no bytes."""
    endpoint = here.settings.otlp_endpoint
    if endpoint is None:
        return not_applicable(f"{SETTING} is empty: no traces.")
    if not is_installed():
        return wrong(f"{SETTING} is set, and what sends traces is not installed.", MISSING)
    headers = given_headers(here.environ) | {"Content-Type": "application/x-protobuf"}
    try:
        response = await here.http.post(endpoint.rstrip("/") + PATH, content=b"", headers=headers)
    except HTTP_FAULTS as error:
        return of(why_silent(error, endpoint, SETTING))
    return judged_receiver(response.status_code, place(endpoint))


def given_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """As the exporter takes them: `name=value` with commas between, percent-encoded."""
    text = environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environ.get(HEADERS) or ""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {unquote(name).strip().lower(): unquote(value).strip() for name, _, value in pairs}


def judged_receiver(status: int, where: str) -> Finding:
    if status == httpx.codes.OK:
        return ok(f"The receiver of traces at {where} takes spans.")
    if status in _REFUSED:
        return wrong(
            f"The receiver of traces at {where} refuses us ({status}).",
            f"It wants a key: {HEADERS}=Authorization=…, percent-encoded.",
        )
    if status in _NOT_THERE:
        return wrong(
            f"What answers at {where} takes no traces by OTLP over HTTP ({status} for {PATH}).",
            f"{SETTING} is the receiver's address without {PATH}, and its port for HTTP (4318, not gRPC's 4317).",
        )
    return wrong(f"The receiver of traces at {where} answers with {status}.", "Look at its log.")
