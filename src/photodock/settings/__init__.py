"""The environment, read once and validated at start, as one frozen `Settings`."""

from photodock.settings.decoding import DecodeSettings
from photodock.settings.fields import PREFIX
from photodock.settings.service import (
    Settings,
    SettingsError,
    load_decode_settings,
    load_settings,
    load_token_settings,
    load_trace_settings,
)
from photodock.settings.tokens import TokenSettings
from photodock.settings.traces import TraceSettings

__all__ = [
    "PREFIX",
    "DecodeSettings",
    "Settings",
    "SettingsError",
    "TokenSettings",
    "TraceSettings",
    "load_decode_settings",
    "load_settings",
    "load_token_settings",
    "load_trace_settings",
]
