"""Check settings that say where something is."""

import re
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

_PREFIX: Final = re.compile(r"(/[A-Za-z0-9_~.-]+)*")


def prefix(value: str) -> str:
    """Check what stands before all paths."""
    if not _PREFIX.fullmatch(value):
        raise ValueError('must be a path without a slash at its end, as "/chat"')
    return value


def origin(value: str) -> str:
    """Check the origin of a page."""
    parts = urlsplit(value)
    good = parts.scheme in ("http", "https") and parts.hostname
    if not good or value != f"{parts.scheme}://{parts.netloc}".lower() or "@" in parts.netloc:
        raise ValueError('must be an origin in lower case, as "https://shop.example.com"')
    return value


def network(value: str) -> str:
    """Check a network of proxies."""
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError('must be an address or a network, as "10.0.0.0/8"') from None
