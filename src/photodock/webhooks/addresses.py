"""Which IP addresses webhooks may be sent to: public ones, and those of networks that the operator names.

A URL of a stranger makes this service send requests. It must not reach what only this service can reach: itself, its
neighbours, the cloud's metadata.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is public in IPv6 so far; what lies outside is local, reserved, or a way to write an IPv4 address."""
NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: how hosts without IPv4 reach it. Its last 32 bits are the address that is meant."""
REFUSED = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # public by its number, but Azure's own service on every machine
            "192.0.0.0/24",  # protocol assignments; metadata of Oracle's cloud
            "192.88.99.0/24",  # 6to4 relays
            "2001::/23",  # Teredo and other protocol assignments
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: holds an IPv4 address of its own
            "3fff::/20",  # documentation
        ),
    )
)
"""Named here, because versions of Python differ in what they take for public."""


class Addresses:
    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def allow(self, text: str) -> bool:
        """Whether a webhook may be sent to this address; False also for what is no address."""
        try:
            address = _meant(ip_address(text))
        except ValueError:
            return False
        return any(address in network for network in self._allowed) or _is_public(address)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address that packets arrive at."""
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id:
        raise ValueError("a zone is of this machine alone")
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if address.is_multicast or not address.is_global or any(address in network for network in REFUSED):
        return False
    return isinstance(address, IPv4Address) or address in GLOBAL_UNICAST
