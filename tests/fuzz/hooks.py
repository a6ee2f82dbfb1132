"""Leads requests to what exists: of ids that schemathesis makes up, none would ever be one of the service's.

Loaded by schemathesis in a process of its own (`SCHEMATHESIS_HOOKS`); the environment says what exists.
"""

import os
import zlib
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis import Case, HookContext

PROJECT = os.environ.get("FUZZ_PROJECT_ID")
PHOTOS = tuple(os.environ.get("FUZZ_PHOTO_IDS", "").split())
STATEFUL = "stateful"
WEBHOOK = "https://127.0.0.1:9/hook"
"""Where nobody listens: what schemathesis makes up is no URL, and a good one would lead out of this machine."""
MAX_WAIT = 30
"""Seconds. Only requests that ask for (nearly) all of it wait at all, for one, or a run would do little else."""


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    query = case.query or {}
    if is_wait(query.get("wait")):
        query["wait"] = int(int(query["wait"]) >= MAX_WAIT - 1)
    if case.path.endswith("/webhooks") and isinstance(case.body, dict) and is_text(case.body.get("url")):
        case.body["url"] = WEBHOOK
    # A stateful scenario goes on with the ids that the service gave it.
    if case.meta and case.meta.phase.name != STATEFUL:
        lead(case.path_parameters or {}, "photo_id", case.method)
        for container in (query, case.body):
            if isinstance(container, dict) and PROJECT and is_uuid(container.get("project_id")):
                container["project_id"] = PROJECT


def lead(parameters: dict[str, Any], name: str, method: str) -> None:
    """To a known photo: always the same for the same made-up id. Few of them may be deleted."""
    if PHOTOS and is_uuid(parameters.get(name)):
        number = zlib.crc32(str(parameters[name]).encode())
        parameters[name] = PHOTOS[number % (len(PHOTOS) // 4 if method == "DELETE" else len(PHOTOS))]


def is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def is_text(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 2_048


def is_wait(value: object) -> bool:
    return str(value).isdecimal() and int(str(value)) <= MAX_WAIT
