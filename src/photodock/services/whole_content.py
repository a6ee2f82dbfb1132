"""The SHA-256 of a whole object: for one that came in parts, since S3 has compared no more than the parts."""

import asyncio
import base64
import hashlib
import re

from photodock.storage.s3 import ObjectStore

AT_ONCE = 4 * 1024 * 1024
"""Bytes of one read: what a confirm holds in memory."""
_OF_PARTS = re.compile(r'"?[0-9a-fA-F]+-[0-9]+"?')


def came_in_parts(etag: str | None) -> bool:
    """By the form of its ETag, which S3 gives to objects made of parts and to no others."""
    return etag is not None and _OF_PARTS.fullmatch(etag) is not None


async def sha256_of(store: ObjectStore, key: str, size: int) -> str:
    """In base64. Raises ObjectNotFound, StorageUnavailable."""
    digest = hashlib.sha256()
    for start in range(0, size, AT_ONCE):
        data = await store.read_range(key, start, min(start + AT_ONCE, size))
        # Some milliseconds, in which others are served.
        await asyncio.to_thread(digest.update, data)
    return base64.b64encode(digest.digest()).decode()
