"""An address with several hosts, taken apart."""

import pytest

from photodock.db.connecting import urls_of_hosts


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p@h/db", ["postgresql://u:p@h/db"]),
        ("postgresql:///db?host=/run/postgresql", ["postgresql:///db?host=/run/postgresql"]),
        ("postgresql://h1,h2/db", ["postgresql://h1/db", "postgresql://h2/db"]),
        (
            "postgresql://u:p,%40@h1:5432,[::1]:5433/db?sslmode=require&target_session_attrs=any",
            [
                "postgresql://u:p,%40@h1:5432/db?sslmode=require&target_session_attrs=any",
                "postgresql://u:p,%40@[::1]:5433/db?sslmode=require&target_session_attrs=any",
            ],
        ),
    ],
)
def test_each_host_gets_the_whole_address(url: str, hosts: list[str]) -> None:
    assert list(urls_of_hosts(url)) == hosts
