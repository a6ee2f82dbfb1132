"""The OpenAPI document: what the framework finds, with tokens, problem documents and this installation's rules."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from photodock.api import problems
from photodock.api.storable import STORABLE, STORABLE_SCHEMA
from photodock.domain.photo import EXTENSIONS

TOKEN_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The access token by itself, without `Bearer`. `make run` prints one.",
}


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The rules for new photos that settings make. Sizes in bytes, inclusive."""

    detection_types: tuple[str, ...]
    min_file_size: int
    max_file_size: int

    def describe(self, schema: dict[str, Any]) -> None:
        """Adds the rules to the schema of an upload request. What breaks them is 400 or 422 by the service's word."""
        fields = schema["properties"]
        fields["mime_type"]["enum"] = list(EXTENSIONS)
        fields["file_size"] |= {"minimum": self.min_file_size, "maximum": self.max_file_size}
        types = next(choice for choice in fields["detection_types"]["anyOf"] if choice["type"] == "array")
        types["items"]["enum"] = list(self.detection_types)


class Described(FastAPI):
    """FastAPI, whose document says more. `taken_in` is left out where no installation is described."""

    taken_in: TakenIn | None = None

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            components = document["components"]
            components["schemas"].update({**problems.schemas(), STORABLE: STORABLE_SCHEMA})
            components["securitySchemes"] = {"token": TOKEN_SCHEME}
            for path, item in document["paths"].items():
                if path.startswith("/api/"):
                    for operation in item.values():
                        operation["security"] = [{"token": []}]
            if self.taken_in:
                for model in ("UploadRequest", "UploadItem"):
                    self.taken_in.describe(components["schemas"][model])
        return super().openapi()
