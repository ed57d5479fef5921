"""Whose an address is."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

_HOSTS_OF_ONE_NETWORK = 64
"""Bits of an IPv6 address that its owner chooses freely."""


def origin_of(host: str) -> str:
    """Whose an address is: of IPv6 its network of 64 bits, which one customer gets as a whole."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> _HOSTS_OF_ONE_NETWORK:x}::/64"
