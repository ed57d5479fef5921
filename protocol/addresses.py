"""How the addresses that messages come from and go to are compared (B-56, B-60)."""

from __future__ import annotations

import re
from typing import Final

_WRITTEN: Final = str.maketrans("", "", " -./()\u00a0")
"""What people write between the digits of a phone number."""
_NUMBER: Final = re.compile(r"\+?[0-9]+")


def compared(address: str) -> str:
    """The spelling in which an address is the same as another one.

    In an e-mail address capitals do not matter, in a phone number nothing does but the digits and the plus
    sign. What is neither, a sender's name or the name of somebody on a network, is the same only as it is
    written: nobody is to get what is somebody else's.

    Args:
        address: As a person wrote it, or a connector brought it. A connector spells numbers in E.164 (B-63).
    """
    text = address.strip()
    if "@" in text:
        return text.casefold()
    digits = text.translate(_WRITTEN)
    return digits if _NUMBER.fullmatch(digits) else text
