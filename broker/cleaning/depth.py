"""How deeply some HTML is nested, roughly as a parser would see it, in proportion to its length.

A parser looks up all that is open at each tag, so that 500 KiB of nested tags take it half a minute. Who
looks first sees that no person wrote this.
"""

from __future__ import annotations

import re
from typing import Final

from broker.cleaning.tags import ENDS_ITSELF, VOID

DEPTH: Final = 250
"""Deepest nesting that is cleaned; readers of HTML give up at 256 or at 512."""

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")


def is_too_deep(html: str, most: int = DEPTH) -> bool:
    """Whether some HTML is nested more deeply than that."""
    opened: list[str] = []
    for slash, name in _TAG.findall(html):
        tag = name.lower()
        if tag in VOID:
            continue
        if slash:
            if tag in opened:
                while opened.pop() != tag:
                    pass
            continue
        if tag in ENDS_ITSELF and opened and opened[-1] == tag:
            continue
        opened.append(tag)
        if len(opened) > most:
            return True
    return False
