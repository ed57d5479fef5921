"""The two encodings of a frame, as values: a connection speaks one of them (W-9, W-10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from attrs import frozen

from protocol.codec import assemble, decode, pack
from protocol.frame import Frame
from protocol.json_codec import FIRST_BYTE, assemble_json, decode_json_body, pack_json


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


MESSAGEPACK: Final = Encoding("MessagePack", decode, pack, assemble)
JSON: Final = Encoding("JSON", decode_json_body, pack_json, assemble_json)


def encoding_of(body: bytes) -> Encoding:
    """The encoding that a body is in, by its first byte."""
    return JSON if body.startswith(FIRST_BYTE) else MESSAGEPACK
