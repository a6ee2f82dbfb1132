"""Beside a walk through the documentation, as `calls.py`: what a page's reader has done, or waits for.

`new URL AUTH PROJECT FILE`: an upload URL for the file; prints the photo's id and the URL, and keeps the answer.
`put FILE`: sends it there. `keyed URL AUTH PROJECT FILE`: uses the page's Idempotency-Key for another photo.
`parts URL AUTH FILE ID`: sends the file in parts. `ends STATUS...`: waits until photos have just these statuses.
`becomes ID STATUS`: waits until one has.
"""

import base64
import hashlib
import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

KEPT = Path("new.json")
DEADLINE_SECONDS = 150


def call(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 (our own servers)
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def asked(url: str, auth: str, project: str, file: str, extra: dict[str, str]) -> dict[str, Any]:
    content = Path(file).read_bytes()
    wanted = {
        "project_id": project,
        "file_name": file,
        "file_size": len(content),
        "mime_type": "image/jpeg",
        "checksum_sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
    }
    headers = {"Authorization": auth.partition(": ")[2], "Content-Type": "application/json", **extra}
    answer: dict[str, Any] = json.loads(call("POST", f"{url}/photos/upload-url", headers, json.dumps(wanted).encode()))
    return answer


def new(url: str, auth: str, project: str, file: str) -> None:
    answer = asked(url, auth, project, file, {})
    KEPT.write_text(json.dumps(answer))
    sys.stdout.write(f"{answer['photo_id']} {answer['upload_url']}\n")


def put(file: str) -> None:
    answer = json.loads(KEPT.read_text())
    call("PUT", answer["upload_url"], answer["headers"], Path(file).read_bytes())


def keyed(url: str, auth: str, project: str, file: str) -> None:
    asked(url, auth, project, file, {"Idempotency-Key": "job-17-photo-1"})


def parts(url: str, auth: str, file: str, photo_id: str) -> None:
    headers = {"Authorization": auth.partition(": ")[2], "Content-Type": "application/json"}
    started = json.loads(call("POST", f"{url}/photos/{photo_id}/multipart", headers))
    content, size = Path(file).read_bytes(), started["part_size"]
    numbers = ",".join(str(number + 1) for number in range(started["part_count"]))
    answer = json.loads(call("GET", f"{url}/photos/{photo_id}/multipart/parts?numbers={numbers}", headers))
    for part in answer["items"]:
        begin = (part["part_number"] - 1) * size
        call("PUT", part["upload_url"], part["headers"], content[begin : begin + size])


def ends(*statuses: str) -> None:
    wait("", statuses)


def becomes(photo_id: str, status: str) -> None:
    wait(f"?ids={photo_id}", (status,))


def wait(which: str, statuses: tuple[str, ...]) -> None:
    headers = {"Authorization": f"Bearer {os.environ['PHOTODOCK_TOKEN']}"}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        page = json.loads(call("GET", f"{os.environ['PHOTODOCK_URL']}/api/v1/photos{which}", headers))
        found = sorted(photo["status"] for photo in page["items"])
        if found == sorted(statuses):
            return
        if time.monotonic() > deadline:
            sys.exit(f"still {found}")
        time.sleep(0.2)


if __name__ == "__main__":
    {"new": new, "put": put, "keyed": keyed, "parts": parts, "ends": ends, "becomes": becomes}[sys.argv[1]](
        *sys.argv[2:]
    )
