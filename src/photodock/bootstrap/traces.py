"""Traces of a process, where they are wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from photodock.settings import Settings, SettingsError
from photodock.tracing.setup import TracesNotInstalled, start


@asynccontextmanager
async def opened_traces(settings: Settings, service: str) -> AsyncIterator[None]:
    """They go out in the name of `service`. Raises SettingsError."""
    if settings.otlp_endpoint is None:
        yield
        return
    try:
        stop = start(settings.otlp_endpoint, service, environment=settings.environment, ratio=settings.trace_ratio)
    except TracesNotInstalled as missing:
        raise SettingsError(f"The settings can't be used:\n  PHOTODOCK_OTLP_ENDPOINT: {missing}") from None
    try:
        yield
    finally:
        await asyncio.to_thread(stop)
