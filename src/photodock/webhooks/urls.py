"""Which URLs may be a webhook's, as far as the URL itself tells: where its name leads is seen at each delivery."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from photodock.domain.errors import WebhookUrlRefused
from photodock.webhooks.addresses import Addresses

MAX_LENGTH = 2048
"""Of its normal form."""
TOO_LONG_OR_ODD = (
    f"The URL may have {MAX_LENGTH} characters, counted as they are sent (é as %C3%A9), and no blanks, control "
    "characters or backslashes."
)
DEFAULT_PORTS = {"https": 443, "http": 80}
# Parsers disagree on these, and what one takes for the host another takes for the path.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
# 2130706433, 0x7f000001 and 0177.1 are all 127.0.0.1 to a resolver.
_NUMBER = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)")


@dataclass(frozen=True, slots=True)
class UrlRules:
    """`ports`: those that a URL may have; empty: any."""

    addresses: Addresses
    schemes: Collection[str] = ("https",)
    ports: Collection[int] = ()

    def checked(self, text: str) -> httpx.URL:
        """The URL in its normal form, its host in ASCII. Raises WebhookUrlRefused."""
        if len(text) > MAX_LENGTH or _ODD.search(text):
            raise WebhookUrlRefused(TOO_LONG_OR_ODD)
        try:
            url = httpx.URL(text)
        except (httpx.InvalidURL, UnicodeError):
            raise WebhookUrlRefused("This is not a URL. It must look like https://example.com/hooks.") from None
        # Percent-encoding has made up to twelve of each; what is kept in this form is held to the rules once more.
        if len(str(url)) > MAX_LENGTH:
            raise WebhookUrlRefused(TOO_LONG_OR_ODD)
        self._check_scheme(url)
        if url.userinfo or url.fragment:
            raise WebhookUrlRefused(
                "The URL may hold no user, password or fragment. Check the signature to know who calls."
            )
        self._check_host(url.raw_host.decode("ascii"))
        return url

    def _check_scheme(self, url: httpx.URL) -> None:
        if url.scheme not in self.schemes:
            wanted = " or ".join(f"{scheme}://" for scheme in self.schemes)
            raise WebhookUrlRefused(f"The URL must begin with {wanted}.")
        if self.ports and port_of(url) not in self.ports:
            listed = ", ".join(map(str, sorted(self.ports)))
            raise WebhookUrlRefused(f"The URL's port must be one of these: {listed}.")

    def _check_host(self, host: str) -> None:
        try:
            ip_address(host)
        except ValueError:
            if len(host) > 253 or not _NAME.fullmatch(host) or _NUMBER.fullmatch(host):
                raise WebhookUrlRefused("The URL must name a host, such as example.com.") from None
        else:
            if not self.addresses.allow(host):
                raise WebhookUrlRefused("The URL leads to no public address. Webhooks are sent to the internet alone.")


def port_of(url: httpx.URL) -> int:
    return DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
