"""Mails that carry a number: plain, with HTML, with an attachment."""

from __future__ import annotations

import re
from typing import Final

from tests.support.mails.shape import base64_lines, head, mail, multi, part, whole

HTML_EVERY: Final = 3
ATTACHED_EVERY: Final = 10
_ATTACHED: Final = base64_lines(bytes(range(256)) * 40)
_WORDS: Final = "Good morning, I should like to know where my parcel is, and when it comes. " * 12
_NUMBER: Final = re.compile(r"\b(?:letter|answer) ([0-9]+)\b")


def letter(number: int) -> bytes:
    """The mail of a number: every one from another address."""
    headers = head(
        f"Question {number}",
        From=f"Ann Example <ann-{number}@customer.example>",
        Return_Path=f"<ann-{number}@customer.example>",
        Message_ID=f"<in-{number}@customer.example>",
    )
    text = f"This is letter {number}.\n\n{_WORDS}\n"
    if number % ATTACHED_EVERY == 0:
        file = part(
            'application/octet-stream; name="receipt.bin"',
            _ATTACHED,
            Content_Disposition='attachment; filename="receipt.bin"',
            Content_Transfer_Encoding="base64",
        )
        return whole(headers, multi("mixed", part("text/plain", text), file))
    if number % HTML_EVERY == 0:
        html = f"<html><body><p>This is <b>letter</b> {number}.</p><p>{_WORDS}</p></body></html>\n"
        bodies = part("text/plain", text), part("text/html", html)
        return whole(headers, multi("alternative", *bodies))
    return mail(headers, text)


def number_in(text: str) -> int:
    """The number in a text, the first one; 0 when there is none."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else 0
