"""photodock's client for Python: `Client`, and `AsyncClient` for asyncio.

    with Client("https://photos.example.com", token) as client:
        photo = client.upload("roof.jpg", project_id=project_id, wait=60)

Needs httpx alone. See docs/clients/python.md.
"""

from photodock.client.async_client import AsyncClient
from photodock.client.client import Client
from photodock.client.errors import (
    ApiError,
    ClientError,
    ConfigurationError,
    Conflict,
    FileError,
    Forbidden,
    NetworkError,
    NotFound,
    PhotoFailed,
    RateLimited,
    StorageRefused,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    WaitTimeout,
)
from photodock.client.models import (
    Change,
    Detection,
    FieldError,
    ParkedJob,
    Photo,
    PhotoError,
    PhotoPage,
    Policies,
    Problem,
    Project,
    Readiness,
    Rendition,
    Reset,
    StatusChange,
)
from photodock.client.progress import Declaration, Progress
from photodock.client.retry import Retry
from photodock.client.sources import Uploadable
from photodock.client.upload_models import Existing, Multipart, Parts, PartThere, PartUpload, Upload
from photodock.client.webhooks import Delivery, Webhook

__all__ = [
    "ApiError",
    "AsyncClient",
    "Change",
    "Client",
    "ClientError",
    "ConfigurationError",
    "Conflict",
    "Declaration",
    "Delivery",
    "Detection",
    "Existing",
    "FieldError",
    "FileError",
    "Forbidden",
    "Multipart",
    "NetworkError",
    "NotFound",
    "ParkedJob",
    "PartThere",
    "PartUpload",
    "Parts",
    "Photo",
    "PhotoError",
    "PhotoFailed",
    "PhotoPage",
    "Policies",
    "Problem",
    "Progress",
    "Project",
    "RateLimited",
    "Readiness",
    "Rendition",
    "Reset",
    "Retry",
    "StatusChange",
    "StorageRefused",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
    "Upload",
    "Uploadable",
    "WaitTimeout",
    "Webhook",
]
