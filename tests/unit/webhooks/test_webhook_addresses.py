"""Which addresses webhooks may be sent to: one test for each class of those that they may not."""

from ipaddress import ip_network

import pytest

from photodock.webhooks.addresses import Addresses

REFUSED = {
    "this host": ("0.0.0.0", "0.1.2.3", "::"),  # noqa: S104
    "loopback": ("127.0.0.1", "127.255.255.254", "::1"),
    "private networks": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    "link-local, where clouds keep their metadata": ("169.254.169.254", "169.254.170.2", "fe80::1"),
    "carrier-grade NAT": ("100.64.0.1", "100.100.100.200", "100.127.255.255"),
    "unique local IPv6, metadata of AWS among them": ("fc00::1", "fd00:ec2::254", "fdff::1"),
    "site-local IPv6": ("fec0::1", "feff::1"),
    "multicast": ("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),
    "broadcast and reserved": ("255.255.255.255", "240.0.0.1"),
    "documentation and benchmarks": (
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "2001:db8::1",
        "3fff::1",
    ),
    "protocol assignments": ("192.0.0.192", "192.0.0.9", "192.88.99.1", "2001::1", "2001:20::1"),
    "Azure's own service": ("168.63.129.16",),
    "IPv4 within IPv6, mapped": ("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1", "::ffff:100.64.0.1"),
    "IPv4 within IPv6, compatible": ("::127.0.0.1", "::a00:1"),
    "IPv4 within IPv6, translated": ("::ffff:0:127.0.0.1",),
    "NAT64": ("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1"),
    "6to4, whatever it holds": ("2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1"),
    "Teredo, whatever it holds": ("2001:0:4136:e378:8000:63bf:3fff:fdd2",),
    "discard and other reserved IPv6": ("100::1", "4000::1", "8000::1"),
    "a zone, of this machine alone": ("fe80::1%eth0", "fe80::1%1", "2606:4700::1%eth0"),
    "no address": ("", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "1.2.3.4.5", "[::1]"),
}


@pytest.mark.parametrize("address", [address for group in REFUSED.values() for address in group])
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not Addresses().allow(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert Addresses().allow(address)


def test_a_network_that_the_operator_names_is_allowed_and_none_beside_it() -> None:
    addresses = Addresses([ip_network("10.1.0.0/16"), ip_network("fd12::/64")])
    assert all(map(addresses.allow, ("10.1.0.1", "10.1.255.255", "fd12::7", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3")))
    assert not any(map(addresses.allow, ("10.2.0.1", "10.0.255.255", "fd13::7", "127.0.0.1", "fd12::7%eth0")))
