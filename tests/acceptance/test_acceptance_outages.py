"""PostgreSQL, S3 and SQS go away, at every step of a photo's way, and come back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from acceptance_checks import assert_sound, frozen
from photodock.db.migrate import migrate
from photodock.embedded.ministack import MiniStackServer
from photodock.embedded.postgres import PostgresServer
from photodock.embedded.seaweedfs import SeaweedServer
from photodock.embedded.server import Server
from support.clock import eventually
from support.images import jpeg
from support.processes import Backend
from support.system import Caller
from support.whole import System, calling, running_system

SETTINGS = {
    "PHOTODOCK_DATABASE_TIMEOUT": "3s",
    "PHOTODOCK_S3_TIMEOUT": "1s",
}
