"""Whom a newcomer's photos belong to."""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from uuid_utils.compat import uuid7

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import kept_secret


@dataclass(frozen=True, slots=True)
class Tenant:
    """The organization and the project that a newcomer begins with."""

    organization_id: UUID
    project_id: UUID


def kept_tenant(data_dir: Path) -> Tenant:
    """The same ids at every start."""

    def make() -> str:
        return json.dumps({"organization_id": str(uuid7()), "project_id": str(uuid7())})

    file = data_dir / "tenant.json"
    try:
        ids = json.loads(kept_secret(file, make))
        return Tenant(UUID(ids["organization_id"]), UUID(ids["project_id"]))
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddedError(f"{file} is damaged; remove it to begin with a new organization and project.") from error
