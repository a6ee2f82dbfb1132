"""Presigned requests, as they were issued and otherwise."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx

from photodock.storage.presigner import Presigner
from photodock.storage.puts import PresignedUpload
from support.system import sha256

BODY = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
OTHER_BODY_OF_SAME_SIZE = BODY[:-1] + b"!"


def issue(presigner: Presigner, key: str, **changes: Any) -> PresignedUpload:
    arguments: dict[str, Any] = {
        "content_type": "image/jpeg",
        "content_length": len(BODY),
        "checksum_sha256": sha256(BODY),
        "expires_in_seconds": 900,
        "now": datetime.now(UTC),
    }
    return presigner.put(key, **(arguments | changes))


async def uploaded(http: httpx.AsyncClient, presigner: Presigner, key: str) -> None:
    """`BODY` under this key, by a URL of its own."""
    issued = issue(presigner, key)
    assert (await http.put(issued.url, content=BODY, headers=issued.headers)).status_code == 200


def outcome(response: httpx.Response) -> tuple[int, str | None]:
    code = re.search(r"<Code>(\w+)</Code>", response.text)
    return response.status_code, code and code[1]
