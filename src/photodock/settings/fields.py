"""What a setting may be, and how it is written in the environment."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "PHOTODOCK_"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(value: Any) -> Any:
    """`90`, `90s`, `15m`, `1h` or `7d`"""
    if isinstance(value, str):
        text = value.strip().lower()
        number, unit = (text[:-1], UNITS[text[-1]]) if text and text[-1] in UNITS else (text, 1)
        try:
            return timedelta(seconds=float(number) * unit)
        except (ValueError, OverflowError):
            raise ValueError("write a duration as 90, 90s, 15m, 1h or 7d") from None
    return value


def words(value: Any) -> Any:
    return tuple(filter(None, (word.strip() for word in value.split(",")))) if isinstance(value, str) else value


def _networks(value: Any) -> Any:
    try:
        return tuple(map(ip_network, words(value)))
    except ValueError:
        raise ValueError("write networks as 10.1.0.0/16 or fd12:3456::/32, with commas between") from None


def _or_none(value: Any) -> Any:
    return None if value == "" else value


def _address(value: str | None) -> str | None:
    if value is not None and not re.match(r"https?://[^/?#]", value):
        raise ValueError("must be an address that begins with https:// or http://")
    return without_user(value)


def without_user(value: str | None) -> str | None:
    """Settings that are no secrets are printed and logged."""
    if value is not None and "@" in urlsplit(value).netloc:
        raise ValueError("must name no user and no password, because addresses are shown in logs: take `user:…@` away")
    return value


def _trusted(value: str | None) -> str | None:
    if value is not None and not value.startswith("https://") and not _is_this_machine(urlsplit(value).hostname or ""):
        raise ValueError(
            "must begin with https://: whoever changes on its way what comes from there would be believed. http:// is "
            "for this machine itself, as in http://127.0.0.1:8080/"
        )
    return value


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing; write a duration as 90, 90s, 15m, 1h or 7d")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]
Delay = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
Delays = Annotated[tuple[Delay, ...], NoDecode, BeforeValidator(words)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Ports = Annotated[tuple[Port, ...], NoDecode, BeforeValidator(words)]
Most = Annotated[int, Field(ge=0, le=10**15)]
"""Of what is counted; PostgreSQL's integers end somewhere above."""
Text = Annotated[str | None, BeforeValidator(_or_none)]
Address = Annotated[str | None, BeforeValidator(_or_none), AfterValidator(_address)]
TrustedAddress = Annotated[Address, AfterValidator(_trusted)]
"""Of what is believed because of where it comes from."""


class Group(BaseSettings):
    """Settings that belong together, read from the environment behind `PHOTODOCK_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)
