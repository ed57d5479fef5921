"""Whose an address is."""

import pytest

from broker.shell.origins import origin_of


@pytest.mark.parametrize(
    ("host", "other", "alike"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "192.0.2.1", False),
    ],
)
def test_an_origin_is_an_address_or_a_network_of_ipv6(host: str, other: str, alike: bool) -> None:
    assert (origin_of(host) == origin_of(other)) is alike
