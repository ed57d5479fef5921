"""Bytes that are damaged on their way, and what the two ways of reading them make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from protocol import codec
from protocol.codec import decode, encode
from protocol.connection import Connection, Failed, Refused, Side, State
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.json_codec import decode_json, decode_json_body, encode_json
from protocol.session import Hello, Welcome
from protocol.values import Role
from tests.conformance import samples

BODIES = [encode(frame)[4:] for frame in samples.frames().values()]
TEXTS = [encode_json(frame).encode() for frame in samples.frames().values()]

Damage = tuple[int, bytes]
"""Where a byte is taken out, and what is put there."""


def damaged(body: bytes, damages: Sequence[Damage]) -> bytes:
    """A body with some bytes replaced, taken out or put in."""
    for where, put in damages:
        at = where % len(body) if body else 0
        body = body[:at] + put + body[at + 1 :]
    return body


def outcome(read: Callable[[bytes], Frame], body: bytes) -> object:
    """The frame that a body reads as, or how it is refused."""
    try:
        return read(body)
    except WireError as error:
        return (error.code, error.path, error.type, error.re)


def carefully(body: bytes) -> Frame:
    """Read a body on the way that explains faults, even where the fast way would do."""
    return codec.frame_of(codec._unpack(body))


def run(pieces: Sequence[bytes]) -> tuple[list[object], bytes, State]:
    """What a connection behind its hello makes of bytes that come in pieces."""
    connection = Connection(Side.SERVER, now=0.0, frame_bytes=100_000)
    hello = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="t")
    connection.receive(encode(Frame("SYS_HELLO", hello)), 0.0)
    connection.accept(Welcome())
    connection.data_to_send()
    events: list[object] = []
    for piece in pieces:
        for event in connection.receive(piece, 0.0):
            if isinstance(event, Refused | Failed):
                events.append((type(event), event.error.code, event.error.path))
            else:
                events.append(event)
    return events, connection.data_to_send(), connection.state


def faults(chance: Random) -> list[str]:
    """Damage one frame and read it in every way; empty when all agree."""
    damages = [
        (chance.randrange(400), chance.randbytes(chance.randrange(4)))
        for _ in range(chance.randint(1, 3))
    ]
    text = damaged(chance.choice(TEXTS), damages)
    body = damaged(chance.choice(BODIES), damages)
    try:
        return [*_faults_of_text(text), *_faults_of_body(body, chance)]
    except Exception as error:  # noqa: BLE001 - whatever damaged bytes raise is a fault
        return [f"{error!r} for {body.hex()} or {text!r}"]


def _faults_of_body(body: bytes, chance: Random) -> list[str]:
    found = outcome(decode, body)
    if found != outcome(carefully, body):
        return [f"the two ways of reading differ: {body.hex()}"]
    if isinstance(found, Frame) and decode(encode(found)[4:]) != found:
        return [f"a frame that was read does not survive writing: {body.hex()}"]
    stream = len(body).to_bytes(4, "big") + body
    cut = chance.randrange(len(stream))
    if run([stream[:cut], stream[cut:]]) != run([stream]):
        return [f"a cut after {cut} bytes changes what is read: {stream.hex()}"]
    return []


def _faults_of_text(text: bytes) -> list[str]:
    found = outcome(decode_json_body, text)
    if isinstance(found, Frame) and decode_json(encode_json(found)) != found:
        return [f"a frame that was read does not survive writing: {text!r}"]
    return []
