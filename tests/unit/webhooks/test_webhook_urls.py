"""Which URLs may be a webhook's."""

from ipaddress import ip_network

import pytest

from photodock.domain.errors import WebhookUrlRefused
from photodock.webhooks.addresses import Addresses
from photodock.webhooks.urls import UrlRules, port_of

RULES = UrlRules(Addresses(), ports=(443, 8443))
LOCAL = UrlRules(Addresses([ip_network("127.0.0.0/8"), ip_network("::1/128")]), schemes=("https", "http"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/hooks?key=a%20b&x=1", "https://example.com/hooks?key=a%20b&x=1"),
        ("https://Example.COM:443/Hooks", "https://example.com/Hooks"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://my_app.example-1.com/", "https://my_app.example-1.com/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
    ],
)
def test_a_url_is_kept_in_its_normal_form(text: str, kept: str) -> None:
    assert str(RULES.checked(text)) == kept


REFUSED = {
    "another scheme": (
        "http://example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "//a.b",
    ),
    "no URL": ("", "example.com", "https://", "https:///path", "https://:443/", "https://[::1", "https://a:b:c/"),
    "another port": ("https://example.com:22", "https://example.com:80", "https://example.com:6379", "https://a.b:0"),
    "a user": ("https://user@example.com", "https://user:password@example.com", "https://example.com@127.0.0.1/"),
    "a fragment": ("https://example.com/#part",),
    "what parsers read differently": (
        *("https://example.com\\@127.0.0.1/", "https://exa mple.com/", "https://example.com/\r\nHost: x"),
        *("https://example.com/\t", " https://example.com", "https://example.com\0.evil.example"),
    ),
    "no name of a host": (
        "https://exa$mple.com",
        "https://-a.com",
        "https://a..b",
        "https://example.com.",
        "https://%31",
    ),
    "a name too long": (f"https://{'a' * 64}.com", f"https://{'a.' * 130}com"),
    "an address that is not public": (
        *("https://127.0.0.1", "https://10.0.0.1", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1"),
        *("https://[::1]", "https://[::ffff:127.0.0.1]", "https://[fd00:ec2::254]", "https://[64:ff9b::a00:1]"),
        "https://[2002:7f00:1::]",
    ),
    "an address in another way of writing": (
        *("https://2130706433", "https://017700000001", "https://0x7f000001", "https://0x7f.1", "https://127.1"),
        *(
            "https://0177.0.0.1",
            "https://example.0x1",
            "https://1.2.3.4.5",
            "https://\uff11\uff12\uff17.0.0.1",
            "https://127\u30020\u30020\u30021",
        ),
    ),
    "a zone": ("https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[2606:4700::1%251]/"),
    "too long": ("https://example.com/" + "a" * 2048,),
    "too long in its normal form": ("https://example.com/" + "é" * 400, "https://example.com/?" + "\U0001f4f7" * 2000),
}


@pytest.mark.parametrize("text", [text for group in REFUSED.values() for text in group])
def test_another_url_is_refused(text: str) -> None:
    with pytest.raises(WebhookUrlRefused) as refusal:
        RULES.checked(text)
    assert refusal.value.detail.endswith(".")


def test_a_developers_machine_may_be_called_at_any_port_without_tls() -> None:
    for text in ("http://127.0.0.1:9000/hook", "http://[::1]:9000/", "http://localhost:3000/", "https://127.0.0.1/"):
        assert str(LOCAL.checked(text)) == text
    assert port_of(LOCAL.checked("http://localhost")) == 80
    with pytest.raises(WebhookUrlRefused, match="no public address"):
        LOCAL.checked("http://10.0.0.1/")
