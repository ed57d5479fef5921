"""What is shown of a message, made fit for the wire; what it means is never cut."""

import re
from typing import Final

from protocol.limits import text_length

_BAD: Final = re.compile("[\0\ud800-\udfff]")
"""What no text on the wire may hold."""
_CUT: Final = "\N{HORIZONTAL ELLIPSIS}"
ERROR_LENGTH: Final = text_length("CommandInfo", "Data")


def clean(text: str | None) -> str | None:
    """A text with a mark in place of what the wire does not carry."""
    return None if text is None else _BAD.sub("\ufffd", text)


def shown(text: str | None, member: str) -> str | None:
    """A text that is only shown, cut to what the broker takes; None where it shows nothing.

    Args:
        text: The text.
        member: Wire name of its member of a message.
    """
    return cut(clean(text), text_length("MessageContentInfo", member)) or None


def cut(text: str | None, longest: int) -> str:
    """A text of at most so many characters, with a mark where something is gone."""
    if text is None or len(text) <= longest:
        return text or ""
    return text[: longest - len(_CUT)] + _CUT
