"""The two encodings of a frame, as values: a connection speaks one of them (W-9, W-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from attrs import frozen

from protocol.catalogue import CATALOGUE
from protocol.codec import assemble, decode, pack, to_wire
from protocol.errors import ErrorCode, LocalProtocolError, WireError
from protocol.frame import Frame
from protocol.json_codec import FIRST_BYTE, assemble_json, decode_json_body, pack_json

_LENGTH: Final = 4
"""Bytes in front of a body."""


class Decode(Protocol):
    """A reader of the body of one frame."""

    def __call__(self, body: bytes, *, by_client: bool = False) -> Frame:
        """Read it, or raise ``WireError``."""


@frozen
class Encoding:
    """How frames are written and read.

    Attributes:
        name: Its name.
        decode: Reads a body.
        pack: Writes type and payload, once for all receivers.
        assemble: Makes of it the frame of one receiver, with its length.
    """

    name: str
    decode: Decode
    pack: Callable[[str, object], bytes]
    assemble: Callable[[bytes, Mapping[str, object] | None], bytes]

    def checked(self, type: str, payload: object) -> bytes:
        """Pack a frame of a client, and read it as the broker is going to.

        What no broker can serve is known before it is sent, by the same rules and in the same words.

        Raises:
            WireError: The broker would refuse it, or it cannot be written at all.
        """
        try:
            packed = self.pack(type, payload)
        except LocalProtocolError as error:
            raise _unwritable(type, payload, error) from None
        self.decode(self.assemble(packed, None)[_LENGTH:], by_client=True)
        return packed


MESSAGEPACK: Final = Encoding("MessagePack", decode, pack, assemble)
JSON: Final = Encoding("JSON", decode_json_body, pack_json, assemble_json)


def encoding_of(body: bytes) -> Encoding:
    """The encoding that a body is in, by its first byte."""
    return JSON if body.startswith(FIRST_BYTE) else MESSAGEPACK


def _unwritable(type: str, payload: object, error: LocalProtocolError) -> WireError:
    """The fault of a payload that cannot be written, by its member where one is to blame."""
    if type not in CATALOGUE:
        return WireError(ErrorCode.UNKNOWN_TYPE, f"unknown type {type!r}")
    if isinstance(error.__cause__, UnicodeEncodeError):
        path = next(_half_pairs(to_wire(payload), ""), "") or "Payload"
        return WireError(ErrorCode.BAD_PAYLOAD, f"{path}: half a surrogate pair", path=path)
    return WireError(ErrorCode.BAD_PAYLOAD, f"Payload: {error}", path="Payload")


def _half_pairs(tree: object, path: str) -> Iterator[str]:
    """Paths of the texts of a payload that UTF-8 does not know."""
    match tree:
        case str():
            if any("\ud800" <= character <= "\udfff" for character in tree):
                yield path
        case dict():
            for name, part in tree.items():
                yield from _half_pairs(part, f"{path}.{name}" if path else name)
        case list():
            for place, part in enumerate(tree):
                yield from _half_pairs(part, f"{path}[{place}]")
        case _:
            pass
