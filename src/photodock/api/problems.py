"""RFC 9457 problem documents. The one place that knows the HTTP status of an error code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from photodock.domain.errors import (
    InvalidRequest,
    PhotodockError,
)

TYPE_PREFIX = "urn:photodock:problem:"
MAX_FIELD_ERRORS = 50
TIMED_OUT = "photodock.timed_out"
"""In a request's scope: the rest of its body is not waited for any longer."""
MALFORMED = InvalidRequest("The request is not well formed; errors says where.")


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: str


# Every code a client may meet, in the order of the documentation.
KINDS: dict[str, Kind] = {
    "unauthenticated": Kind(401, "The access token is missing or not valid"),
    "insufficient_scope": Kind(403, "The access token lacks a scope"),
    "project_access_denied": Kind(403, "No access to this project"),
    "photo_not_found": Kind(404, "No such photo"),
    "not_found": Kind(404, "No such address"),
    "method_not_allowed": Kind(405, "Method not allowed here"),
    "invalid_file_type": Kind(400, "This type of file is not taken in"),
    "file_too_large": Kind(400, "The file is too large"),
    "file_too_small": Kind(400, "The file is too small"),
    "invalid_status_transition": Kind(409, "The photo's status does not allow this"),
    "upload_not_found": Kind(409, "The object has not been uploaded"),
    "multipart_not_needed": Kind(409, "The photo is too small for parts"),
    "multipart_not_started": Kind(409, "No upload in parts is under way"),
    "multipart_incomplete": Kind(409, "Not all parts are there"),
    "idempotency_conflict": Kind(409, "The Idempotency-Key was used before"),
    "too_many_projects": Kind(409, "The organization has as many projects as it may"),
    "webhook_url_refused": Kind(400, "Webhooks are not sent to this URL"),
    "webhook_disabled": Kind(409, "The webhook is disabled"),
    "webhooks_unavailable": Kind(501, "This installation sends no webhooks"),
    "malformed_http": Kind(400, "This is not well-formed HTTP"),
    "request_timeout": Kind(408, "The request took too long to arrive"),
    "body_too_large": Kind(413, "The request body is too large"),
    "headers_too_large": Kind(431, "The request headers are too large"),
    "invalid_request": Kind(422, "The request is not well formed"),
    "rate_limited": Kind(429, "Too many uploads"),
    "too_many_streams": Kind(429, "Too many event streams are open"),
    "storage_unavailable": Kind(503, "Storage is not available"),
    "database_unavailable": Kind(503, "The database is not available"),
    "identity_unavailable": Kind(503, "Access tokens cannot be verified"),
    "internal_error": Kind(500, "Something went wrong here"),
}


class MethodNotAllowed(PhotodockError):
    code = "method_not_allowed"


class RequestTimeout(PhotodockError):
    code = "request_timeout"


class BodyTooLarge(PhotodockError):
    code = "body_too_large"


class HeadersTooLarge(PhotodockError):
    code = "headers_too_large"


class FieldError(BaseModel):
    """One thing that is wrong with a request; the value itself is never repeated."""

    field: str = Field(description="Where, such as `body.file_size`.", examples=["body.file_size"])
    message: str = Field(examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """RFC 9457 problem document."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:photodock:problem:photo_not_found",
                    "title": "No such photo",
                    "status": 404,
                    "code": "photo_not_found",
                    "detail": "There is no such photo, or it belongs to another organization.",
                    "correlation_id": "0d1c3b5e7f9a4c2e8b6d4f2a1c3e5b7d",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    code: str = Field(description="Stable; programs decide by it.", json_schema_extra={"enum": list(KINDS)})
    detail: str = Field(description="A sentence that says what to do.")
    correlation_id: str = Field(description="The `X-Request-ID` of this request, found in every log line of it.")
    errors: list[FieldError] | None = Field(
        None, exclude_if=lambda found: found is None, description="For a malformed request: each thing that is wrong."
    )


def problem(
    code: str, detail: str, correlation_id: str, errors: list[dict[str, str]] | None = None
) -> dict[str, object]:
    kind = KINDS[code]
    body: dict[str, object] = {
        "type": TYPE_PREFIX + code,
        "title": kind.title,
        "status": kind.status,
        "code": code,
        "detail": detail,
        "correlation_id": correlation_id,
    }
    if errors:
        body["errors"] = errors
    return body


def field_errors(found: Sequence[Mapping[str, Any]], *place: str) -> list[dict[str, str]]:
    """pydantic's errors as a problem lists them; `place` leads to what was validated."""
    return [_field_error({**item, "loc": (*place, *item["loc"])}) for item in found[:MAX_FIELD_ERRORS]]


def _field_error(item: Mapping[str, Any]) -> dict[str, str]:
    """Where and what, without the value and without the library's own words around ours."""
    if item["type"] == "json_invalid":
        return {"field": "body", "message": f"is not JSON from character {item['loc'][-1]} on"}
    place = ".".join(str(part) for part in item["loc"])
    words = NO_OBJECT if item["type"] in _NO_OBJECT else str(item["msg"]).removeprefix("Value error, ")
    return {"field": place[:200], "message": words[:300]}


NO_OBJECT = "Input should be an object"
_NO_OBJECT = frozenset({"model_type", "model_attributes_type", "dict_type"})
"""The library would speak of dictionaries, and name our classes."""


CONNECTION = ("malformed_http", "request_timeout")
"""What `connections` answers before a call has the whole request."""


def responses(*codes: str, also: dict[int | str, dict[str, Any]] | None = None) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors of a call: each status with its codes."""
    found: dict[int | str, dict[str, Any]] = {}
    always = ("identity_unavailable", *CONNECTION) if "unauthenticated" in codes else ()
    for code in (*codes, *always, "internal_error"):
        kind = KINDS[code]
        entry = found.setdefault(kind.status, {"description": "", "content": CONTENT})
        entry["description"] = f"{entry['description']} `{code}`: {kind.title}.".strip()
    return {**found, **(also or {})}


REFERENCE = "#/components/schemas/{model}"
CONTENT = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model="Problem")}}}


def schemas() -> dict[str, Any]:
    """The components that `responses` refers to."""
    problem_schema = Problem.model_json_schema(ref_template=REFERENCE)
    return {**problem_schema.pop("$defs"), "Problem": problem_schema}
