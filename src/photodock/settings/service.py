"""All settings of the service as one, and how they are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, ValidationError

from photodock.settings.decoding import DecodeSettings
from photodock.settings.fields import PREFIX, Group
from photodock.settings.rules import LifecycleSettings, ServeSettings, UploadSettings, WebhookSettings
from photodock.settings.servers import DatabaseSettings, QueueSettings, StorageSettings
from photodock.settings.tokens import TokenSettings
from photodock.settings.traces import TraceSettings


class SettingsError(Exception):
    """The environment can't be used; the message names each variable and the mend."""


class InstallationSettings(Group):
    """The installation as a whole."""

    environment: str = Field("local", pattern=r"^[a-z0-9-]{1,32}$", description="Names the bucket.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")


# The last of these comes first in lists of all settings.
class Settings(
    TraceSettings,
    ServeSettings,
    WebhookSettings,
    LifecycleSettings,
    UploadSettings,
    QueueSettings,
    StorageSettings,
    DatabaseSettings,
    InstallationSettings,
    DecodeSettings,
    TokenSettings,
):
    """Every setting, its environment variable being the name in capitals behind `PHOTODOCK_`."""

    @cached_property
    def bucket(self) -> str:
        return self.s3_bucket or f"companycam-photos-{self.environment}"

    @cached_property
    def addressing_style(self) -> Literal["virtual", "path"]:
        return self.s3_addressing_style or ("path" if self.s3_endpoint_url else "virtual")


def load_settings() -> Settings:
    """Raises SettingsError."""
    with _explained():
        return Settings()


def load_token_settings() -> TokenSettings:
    """For making tokens, which needs no database. Raises SettingsError."""
    with _explained():
        return TokenSettings()


def load_decode_settings() -> DecodeSettings:
    """For decoding pixels, which needs nothing else. Raises SettingsError."""
    with _explained():
        return DecodeSettings()


def load_trace_settings() -> TraceSettings:
    """For telling of what one does, likewise. Raises SettingsError."""
    with _explained():
        return TraceSettings()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        lines = [f"  {PREFIX}{_name(item['loc'])}: {_mend(item)}" for item in error.errors()]
        raise SettingsError("\n".join(["The settings can't be used:", *lines])) from None


def _name(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "*"


def _mend(item: Any) -> str:
    if item["type"] == "missing":
        description = Settings.model_fields[str(item["loc"][0])].description
        return f"is not set. {description}"
    return str(item["msg"]).removeprefix("Value error, ")
