"""The text of an SMS: how it is encoded, how many segments it takes, and where it is cut (B-63).

Theory of operation
-------------------
A short message has 140 octets. A text whose letters are all in the alphabet of GSM 03.38 takes seven bits
for each letter, and fourteen for one of its extension table, which is written as an escape and a
letter; any other text takes sixteen bits for each UTF-16 unit, thus 32 for an emoji. What does not fit is
cut, and each segment begins with a header that says where it belongs: six octets, or seven where the
reference has sixteen bits. No cut goes through an escape and its letter or through two surrogates, so a
segment may end a unit early; that is why counting and cutting are one function here, for whoever writes a
text and whoever sends it.

Encoded letters of GSM 03.38 are given one to an octet, as SMPP carries them; nothing here packs septets.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from protocol.value import value

MAX_SEGMENTS: Final = 255
"""More segments than this have no number in the header."""

ESCAPE: Final = 0x1B
UNKNOWN: Final = "?"
"""What stands for a letter that the alphabet lacks, where one is forced into it."""

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_OCTETS: Final[dict[str, bytes]] = {
    **{letter: bytes([code]) for code, letter in enumerate(_BASIC) if code != ESCAPE},
    **{letter: bytes([ESCAPE, code]) for code, letter in _EXTENSION.items()},
}


class SmsEncoding(Enum):
    """How the letters of a text are written."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@value
class SegmentSize:
    """How many units one segment holds: septets, or UTF-16 units.

    Attributes:
        alone: Of a message that is one segment.
        joined: Of each segment of a longer one, whose reference has eight bits.
        joined_wide: The same with a reference of sixteen bits.
    """

    alone: int
    joined: int
    joined_wide: int


SIZES: Final = {
    SmsEncoding.GSM7: SegmentSize(160, 153, 152),
    SmsEncoding.UCS2: SegmentSize(70, 67, 66),
}


@value
class SmsCount:
    """What a text takes.

    Attributes:
        encoding: How its letters are written.
        units: Septets, or UTF-16 units.
        segments: So many messages it goes out as; an empty text is one.
        left: Units that the last segment still has room for.
    """

    encoding: SmsEncoding
    units: int
    segments: int
    left: int


def encoding_of(text: str) -> SmsEncoding:
    """The cheapest encoding that has every letter of a text."""
    return SmsEncoding.GSM7 if all(map(_OCTETS.__contains__, text)) else SmsEncoding.UCS2


def count(text: str, *, wide_reference: bool = False) -> SmsCount:
    """Count the segments of a text.

    Args:
        text: What is to be sent.
        wide_reference: Whether its parts have references of sixteen bits instead of eight.
    """
    encoding = encoding_of(text)
    parts = split(text, wide_reference=wide_reference)
    size = _room(encoding, len(parts), wide_reference)
    last = units(parts[-1], encoding)
    whole = sum(units(part, encoding) for part in parts)
    return SmsCount(encoding, whole, len(parts), size - last)


def split(
    text: str, *, encoding: SmsEncoding | None = None, wide_reference: bool = False
) -> tuple[str, ...]:
    """Cut a text into its segments, of which there is always one at least.

    Args:
        text: What is to be sent.
        encoding: How it is written, if that is not the cheapest way; it has to have every letter.
        wide_reference: Whether its parts have references of sixteen bits instead of eight.
    """
    encoding = encoding or encoding_of(text)
    if units(text, encoding) <= SIZES[encoding].alone:
        return (text,)
    room = _room(encoding, 2, wide_reference)
    parts: list[str] = []
    start = taken = 0
    for place, letter in enumerate(text):
        width = units(letter, encoding)
        if taken + width > room:
            parts.append(text[start:place])
            start, taken = place, 0
        taken += width
    parts.append(text[start:])
    return tuple(parts)


def units(text: str, encoding: SmsEncoding) -> int:
    """How many units a text takes in an encoding that has all its letters."""
    if encoding is SmsEncoding.GSM7:
        return sum(len(_OCTETS[letter]) for letter in text)
    return len(text) + sum(letter > "\uffff" for letter in text)


def encode(text: str, encoding: SmsEncoding) -> bytes:
    """Write a text in an encoding; what the alphabet lacks becomes `UNKNOWN`."""
    if encoding is SmsEncoding.GSM7:
        return b"".join(_OCTETS.get(letter, UNKNOWN.encode()) for letter in text)
    return text.encode("utf-16-be", "replace")


def decode(data: bytes, encoding: SmsEncoding) -> str:
    """Read what a handset wrote; it never fails, for somebody is to see what came of it.

    An escape with a letter that the extension table lacks is that letter of the basic table, as
    handsets show it; an escape at the end is a space. Octets that are no septets and halves of pairs
    become replacement characters.
    """
    if encoding is SmsEncoding.UCS2:
        return data.decode("utf-16-be", "replace")
    letters: list[str] = []
    escaped = False
    for octet in data:
        if octet == ESCAPE and not escaped:
            escaped = True
            continue
        letters.append(_letter(octet, escaped=escaped))
        escaped = False
    return "".join(letters) + (" " if escaped else "")


def _letter(octet: int, *, escaped: bool) -> str:
    if octet >= len(_BASIC):
        return "\N{REPLACEMENT CHARACTER}"
    if escaped and octet in _EXTENSION:
        return _EXTENSION[octet]
    return " " if octet == ESCAPE else _BASIC[octet]


def _room(encoding: SmsEncoding, segments: int, wide_reference: bool) -> int:
    size = SIZES[encoding]
    if segments == 1:
        return size.alone
    return size.joined_wide if wide_reference else size.joined
