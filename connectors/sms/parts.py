"""The header that says which part of a longer text a short message is (3GPP TS 23.040).

A header is a length and then elements, each of a name, a length and its octets. Of the elements only
the two that number parts are read, with a reference of eight or of sixteen bits; all others are skipped.
"""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

_NARROW: Final = 0x00
_WIDE: Final = 0x08


@frozen
class PartOf:
    """The place of a part in its text.

    Attributes:
        reference: What the parts of one text have in common.
        total: How many there are.
        number: Which of them it is, from 1.
    """

    reference: int
    total: int
    number: int

    @property
    def is_sound(self) -> bool:
        """Whether it is a place that exists."""
        return 1 <= self.number <= self.total <= 255


def header(part: PartOf, *, wide: bool = False) -> bytes:
    """Write the header of a part, with a reference of eight bits or of sixteen."""
    place = bytes([part.total, part.number])
    if wide:
        return bytes([6, _WIDE, 4]) + part.reference.to_bytes(2, "big") + place
    return bytes([5, _NARROW, 3, part.reference & 0xFF]) + place


def parse(data: bytes) -> tuple[PartOf | None, bytes]:
    """Take the header off a message that says that it has one.

    Returns:
        The place that it names, if it names a sound one, and what is behind it. A header that is longer than
        the message is none, and nothing is taken off.
    """
    if not data or data[0] >= len(data):
        return None, data
    elements, body = data[1 : data[0] + 1], data[data[0] + 1 :]
    place = None
    for name, value in _elements(elements):
        if name == _NARROW and len(value) == 3:
            place = PartOf(value[0], value[1], value[2])
        elif name == _WIDE and len(value) == 4:
            place = PartOf(int.from_bytes(value[:2], "big"), value[2], value[3])
    return (place if place is not None and place.is_sound else None), body


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(data):
        end = at + 2 + data[at + 1]
        if end <= len(data):
            yield data[at], data[at + 2 : end]
        at = end
