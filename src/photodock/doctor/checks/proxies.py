"""What stands between clients and the store, and refuses by itself."""

import asyncio
import ssl
from urllib.parse import urlsplit

from photodock.doctor.answers import S3Answer
from photodock.doctor.findings import Finding, not_applicable, of, ok
from photodock.doctor.installation import Installation
from photodock.doctor.refusals import why_refused
from photodock.doctor.trials import CONTENT_TYPE

ANSWER_SECONDS = 5.0
_BODY_TOO_LARGE = 413
_PORTS = {"http": 80, "https": 443}


async def largest_upload(here: Installation) -> Finding:
    """Announces an upload of the largest size and sends nothing of it: a proxy's limit is found by the announcement.

    The URL's signature is spoilt, so that nothing could be stored.
    """
    size = here.settings.max_file_size
    trials = (await here.storage()).trials
    upload = trials.presigner.put(
        trials.new_key(),
        content_type=CONTENT_TYPE,
        content_length=size,
        checksum_sha256=None,
        expires_in_seconds=60,
        now=trials.clock(),
    )
    spoilt = upload.url[:-4] + "".join(f"{15 - int(digit, 16):x}" for digit in upload.url[-4:])
    head = {**upload.headers, "Content-Length": str(size), "Expect": "100-continue", "Connection": "close"}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            status = await _announced(spoilt, head)
    except TimeoutError:
        return not_applicable(f"Nothing is answered before the body of {size} bytes itself: it can't be told.")
    if status == _BODY_TOO_LARGE:
        refused = why_refused(S3Answer(status), here.asked("s3:PutObject", is_public=True))
        return of(refused, before=f"PHOTODOCK_MAX_FILE_SIZE is {size} bytes. ")
    return ok(f"Nothing between clients and the store refuses {size} bytes (PHOTODOCK_MAX_FILE_SIZE) for their size.")


async def _announced(url: str, head: dict[str, str]) -> int:
    """The status of the answer to a request whose body does not come. Raises OSError, ValueError."""
    parts = urlsplit(url)
    context = ssl.create_default_context() if parts.scheme == "https" else None
    reader, writer = await asyncio.open_connection(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        ssl=context,
        server_hostname=parts.hostname if context else None,
    )
    try:
        lines = [f"PUT {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        status_line = await reader.readline()
        return int(status_line.split()[1])
    finally:
        writer.transport.abort()
