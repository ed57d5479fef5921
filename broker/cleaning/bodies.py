"""What a message says, once it is harmless, and how it passes between the broker and its worker."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final

from attrs import frozen

from protocol.limits import BYTE_LENGTHS

HTML_BYTES: Final = BYTE_LENGTHS["BodyHtml"]
TEXT_BYTES: Final = BYTE_LENGTHS["BodyText"]
READY: Final = b"+"
"""What a worker says when it can begin."""
NONE: Final = 0xFFFFFFFF
"""What the length of a text says that there is not."""
ASKED: Final = Struct(">BBI")
"""Head of an order: how, whether a text is wanted, bytes of what follows."""
ANSWERED: Final = Struct(">BII")
"""Head of an answer: how it was done, bytes of the HTML and of the text that follow."""


class Way(IntEnum):
    """How much of what came could be kept.

    `CLEANED` HTML and its text; `PLAIN_TEXT` HTML, and a text that knows nothing of its layout;
    `PLAIN` that text alone, and HTML made of it: what came is nested too deeply, or too long once it is
    clean, or too much work.
    """

    CLEANED = 0
    PLAIN_TEXT = 1
    PLAIN = 2
    KIND = 3
    """No HTML: the kind of an attachment is wanted, and is answered as a text."""


@frozen
class Bodies:
    """What became of a message's HTML.

    Attributes:
        html: It, harmless; None: the text would be too long as HTML.
        text: It as text; None when the message has one already.
        way: How much could be kept.
    """

    html: str | None
    text: str | None
    way: Way = Way.CLEANED


def order(content: str | bytes, *, wants_text: bool, way: Way = Way.CLEANED) -> bytes:
    """Spell what a worker is to do."""
    body = content.encode() if isinstance(content, str) else content
    return ASKED.pack(way, wants_text, len(body)) + body


def answer(bodies: Bodies) -> bytes:
    """Spell what a worker did."""
    html, text = (None if one is None else one.encode() for one in (bodies.html, bodies.text))
    sizes = (NONE if one is None else len(one) for one in (html, text))
    return ANSWERED.pack(bodies.way, *sizes) + (html or b"") + (text or b"")


def answer_size(head: bytes) -> int:
    """How many bytes follow the head of an answer.

    Raises:
        ValueError: No worker of ours answers so.
    """
    _, *sizes = ANSWERED.unpack(head)
    given = [size for size in sizes if size != NONE]
    if any(size > most for size, most in zip(given, (HTML_BYTES, TEXT_BYTES), strict=False)):
        raise ValueError("longer than a body may be")
    return sum(given)


def read_answer(head: bytes, rest: bytes) -> Bodies:
    """Read an answer.

    Raises:
        ValueError: No worker of ours answers so.
    """
    way, html_size, text_size = ANSWERED.unpack(head)
    at = 0 if html_size == NONE else html_size
    html = None if html_size == NONE else rest[:at].decode()
    text = None if text_size == NONE else rest[at:].decode()
    return Bodies(html, text, Way(way))
