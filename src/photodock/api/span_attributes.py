"""What a trace says of a request: its route and never its address, its status, and the photo that it is about."""

import re

from starlette.types import Scope

from photodock.metrics.requests import METHODS
from photodock.tracing.spans import CORRELATION_ID, PHOTO_ID, Attributes, RequestSpan

UUID_TEXT = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""An address may carry what a trace must not, even where an id belongs."""
OTHER_METHOD = "_OTHER"
"""The conventions' own word for it."""


def end_span(span: RequestSpan, scope: Scope, route: str | None, status: int) -> None:
    """`status` 0: the client was gone before there was one."""
    method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
    attributes: Attributes = {"http.request.method": method, CORRELATION_ID: scope["correlation_id"]}
    if route:
        attributes["http.route"] = route
    if status:
        attributes["http.response.status_code"] = status
    photo_id = str(scope.get("path_params", {}).get("photo_id"))
    if UUID_TEXT.fullmatch(photo_id):
        attributes[PHOTO_ID] = photo_id.lower()
    if code := scope.get("error_code"):
        attributes["error.type"] = code
    name = f"{method} {route}" if route else method
    span.end(name, attributes, is_error=status >= 500, is_refused=status >= 400)
