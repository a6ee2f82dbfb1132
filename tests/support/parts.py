"""A client that sends a photo in parts."""

from dataclasses import dataclass
from typing import Any

import httpx

from photodock.domain.parts import LEAST_PART_SIZE
from support.images import jpeg
from support.system import Caller, sha256

LARGE = jpeg(least_bytes=LEAST_PART_SIZE + 4_321)
"""Two parts."""


@dataclass
class Sender:
    """One photo, under the id that its upload URL came with."""

    caller: Caller
    issued: dict[str, Any]
    data: bytes = LARGE

    @property
    def photo_id(self) -> str:
        return str(self.issued["photo_id"])

    def part(self, number: int) -> bytes:
        return self.data[(number - 1) * LEAST_PART_SIZE : number * LEAST_PART_SIZE]

    async def call(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        return await self.caller.call(method, f"/photos/{self.photo_id}/multipart{path}", **options)

    async def start(self, **body: Any) -> dict[str, Any]:
        answer = await self.call("POST", **({"json": body} if body else {}))
        assert answer.status_code == 200, answer.text
        started: dict[str, Any] = answer.json()
        return started

    async def parts(self, *numbers: int, checksums: bool = False) -> dict[str, Any]:
        query = {"numbers": ",".join(map(str, numbers))} if numbers else {}
        if checksums:
            query["checksums_sha256"] = ",".join(sha256(self.part(number)) for number in numbers)
        answer = await self.call("GET", "/parts", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def put(self, item: dict[str, Any], data: bytes | None = None) -> httpx.Response:
        content = self.part(item["part_number"]) if data is None else data
        return await self.caller.storage.put(item["upload_url"], content=content, headers=item["headers"])

    async def send(self, *numbers: int, checksums: bool = False) -> None:
        for item in (await self.parts(*numbers, checksums=checksums))["items"]:
            assert (await self.put(item)).status_code == 200

    async def complete(self, **body: Any) -> httpx.Response:
        return await self.call("POST", "/complete", **({"json": body} if body else {}))


async def sender(caller: Caller, project: str, data: bytes = LARGE, **fields: Any) -> Sender:
    return Sender(caller, await caller.issue(project, data, **fields), data)
