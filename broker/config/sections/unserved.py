"""Sections of capabilities that are not served yet: checked for their shape, without effect."""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen

from broker.config.parse import address
from broker.config.section_reader import Table

UNSERVED: Final = "is read, and not yet served by this version"


@frozen(kw_only=True)
class WebKeys:
    """`[web]`."""

    listen: Annotated[tuple[str, int] | None, address] = None


def check_later(root: Table) -> None:
    """Note every fault of `[web]`."""
    web = root.child("web")
    web.read(WebKeys)
    if "listen" in web:
        web.warn("listen", UNSERVED)
