"""How both drivers open their HTTP client."""

import logging

from photodock.client.storage import without_presigned_urls

NO_PROXY_HERE: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
"""A proxy of the environment cannot reach this machine's loopback."""


def hide_presigned_urls() -> None:
    """From httpx's own log. Done again and again: a logger takes the same filter once."""
    logging.getLogger("httpx").addFilter(without_presigned_urls)
