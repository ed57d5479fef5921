"""The units of SMPP 3.4 as octets and back: what is written and read by `smpplib`, and what that leaves open.

`smpplib` knows the mandatory members of each command. Optional ones are read here, for it gives up on
those that it does not expect at a command, and takes no notice of the length that they say they have.
Of what comes, too, the
lengths have to add up: a unit that is cut short would else be read as another.
"""

import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from attrs import field, frozen

HEADER: Final = 16
LARGEST: Final = 70_000
"""A unit with the longest optional member that there can be."""


class Tag(IntEnum):
    """Optional members that mean something here."""

    STATUS_TEXT = 0x001D
    RECEIPTED_ID = 0x001E
    REFERENCE = 0x020C
    TOTAL = 0x020E
    NUMBER = 0x020F
    PAYLOAD = 0x0424
    STATE = 0x0427


class BadPdu(ValueError):
    """Octets that are no unit of SMPP.

    Attributes:
        sequence: The number that the unit has, if so much could be read.
        is_unknown: Whether it is a command that is not known.
    """

    def __init__(self, text: str, sequence: int, *, is_unknown: bool = False) -> None:
        super().__init__(text)
        self.sequence = sequence
        self.is_unknown = is_unknown


@frozen(kw_only=True)
class Pdu:
    """A unit of SMPP.

    Attributes:
        command: Its name, as `submit_sm`.
        sequence: Its number, by which an answer belongs to what it answers.
        status: What an answer says; 0: all is well.
        members: The mandatory members by name; texts as text, the message itself as octets.
        options: The optional members by tag.
    """

    command: str
    sequence: int
    status: int = 0
    members: Mapping[str, Any] = field(factory=dict)
    options: Mapping[int, bytes] = field(factory=dict)

    @property
    def is_answer(self) -> bool:
        """Whether it answers something."""
        return self.command.endswith("_resp") or self.command == "generic_nack"

    def text(self, name: str) -> str:
        """A member that is a text; none is an empty one."""
        return str(self.members.get(name) or "")

    def number(self, name: str) -> int:
        """A member that is a number; none is 0."""
        return int(self.members.get(name) or 0)

    @property
    def message(self) -> bytes:
        """The message, wherever it stands."""
        short = self.members.get("short_message") or b""
        return bytes(short) or self.options.get(Tag.PAYLOAD, b"")


def encode(pdu: Pdu) -> bytes:
    """Write a unit."""
    from smpplib import smpp

    it = smpp.make_pdu(
        pdu.command, client=None, sequence=pdu.sequence, status=pdu.status, **pdu.members
    )
    it.sequence = pdu.sequence
    data: bytes = it.generate()
    options = b"".join(
        struct.pack(">HH", tag, len(value)) + value for tag, value in pdu.options.items()
    )
    length = struct.pack(">L", len(data) + len(options))
    return length + data[4:] + options


def decode(data: bytes) -> Pdu:
    """Read a unit.

    Raises:
        BadPdu: It is none that is known, or is cut short.
    """
    from smpplib import exceptions, pdu, smpp

    _, _, status, sequence = struct.unpack(">LLLL", data[:HEADER])
    tail: list[bytes] = []
    try:
        command: str = pdu.extract_command(data)
        it = smpp.make_pdu(command, client=None, sequence=sequence)
    except exceptions.UnknownCommandError as error:
        raise BadPdu(str(error), sequence, is_unknown=True) from None
    try:
        it.parse_optional_params = tail.append
        it.parse(data)
    except (struct.error, ValueError, TypeError) as error:
        raise BadPdu(f"{command} cannot be read", sequence) from error
    optional = b"".join(tail)
    members = {name: getattr(it, name, None) for name in _mandatory(it)}
    is_answer = command.endswith("_resp") or command == "generic_nack"
    if members.get("sm_length") == 0:
        members["short_message"] = b""
    lacks = not is_answer and None in members.values()
    if lacks or _length(it, members) != len(data) - HEADER - len(optional):
        raise BadPdu(f"{command} is cut short", sequence)
    return Pdu(
        command=command,
        sequence=sequence,
        status=status,
        members={name: _value(name, value) for name, value in members.items() if value is not None},
        options=_options(optional, command, sequence),
    )


def take_frame(buffer: bytearray) -> bytes | None:
    """Take the first whole unit out of what came.

    Returns:
        Its octets; None: it is not whole yet.

    Raises:
        BadPdu: What comes is no SMPP, or a unit that is too large to be one.
    """
    if len(buffer) < 4:
        return None
    length = int.from_bytes(buffer[:4], "big")
    if not HEADER <= length <= LARGEST:
        raise BadPdu(f"a unit of {length} octets", 0)
    if len(buffer) < length:
        return None
    data = bytes(buffer[:length])
    del buffer[:length]
    return data


def _mandatory(it: Any) -> list[str]:
    # `sc_interface_version` is an optional member that smpplib has among the others.
    return [name for name in it.params_order if not it.field_is_optional(name)] if it.params else []


def _length(it: Any, members: Mapping[str, Any]) -> int:
    total = 0
    for name, value in members.items():
        if value is None:
            continue
        size = getattr(it.params[name], "size", None)
        if size is not None and isinstance(value, int):
            total += size
        elif name == "short_message":
            total += members["sm_length"]
        else:
            total += len(value) + 1
    return total


def _value(name: str, value: Any) -> Any:
    if isinstance(value, bytes) and name != "short_message":
        return value.decode("latin-1")
    return value


def _options(data: bytes, command: str, sequence: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data) or end > len(data):
            raise BadPdu(f"{command} is cut short", sequence)
        found[int.from_bytes(data[at : at + 2], "big")] = data[at + 4 : end]
        at = end
    return found
