"""Malformed frames: each is refused with the right code, and names the member that is at fault."""

from contextlib import suppress
from typing import Any

import pytest

from protocol.connection import Connection, Side
from protocol.encoding import JSON, encoding_of
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.framing import Framer
from protocol.json_codec import decode_json
from protocol.session import Hello, Welcome
from protocol.values import Role
from tests.conformance.data import cases
from tests.support.cycles import kept_by_cycles

CASES = cases("malformed")


def open_server(body: bytes) -> Connection:
    """A broker's side of a session that is open, in the encoding of a body."""
    connection = Connection(Side.SERVER, now=0.0)
    hello = Frame("SYS_HELLO", Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="t"))
    encoding = encoding_of(body)
    packed = encoding.pack(hello.type, hello.payload)
    connection.receive(encoding.assemble(packed, None), 0.0)
    connection.accept(Welcome(version=1))
    return connection


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused(case: dict[str, Any]) -> None:
    """W-3..W-8, W-14: by its code, which names the member at fault in front."""
    bodies, fault = Framer(1 << 20).split(bytes.fromhex(case["hex"]))
    if fault is None:
        (body,) = bodies
        with pytest.raises(WireError) as caught:
            encoding_of(body).decode(body)
        fault = caught.value
    assert (fault.code, fault.path) == (case["code"], case["path"])
    if fault.path is not None:
        assert fault.text.startswith(f"{fault.path}: ")


def test_there_are_enough() -> None:
    bodies = [bytes.fromhex(case.values[0]["hex"])[4:] for case in CASES]
    in_json = sum(encoding_of(body) is JSON for body in bodies)
    assert in_json >= 200
    assert len(bodies) - in_json >= 200


@pytest.mark.slow
def test_no_refusal_is_kept_by_a_cycle() -> None:
    """I-14: what was refused is free at once, with all its bytes, for either side and on either way."""
    bodies = [bytes.fromhex(case.values[0]["hex"]) for case in CASES]
    with kept_by_cycles() as kept:
        for data in bodies:
            for side in Side:
                connection = Connection(side, now=0.0)
                if side is Side.SERVER:
                    connection.receive(data, 0.0)  # fatal, whatever it is
                    connection = open_server(data[4:])
                connection.receive(data, 0.0)
            with suppress(WireError):
                encoding_of(data[4:]).decode(data[4:])
    assert not kept


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '["ES_NEW", null]', '["SYS_PING", {"Nonce": 1}]', r'["\ud800", 1]'],
)
def test_no_refused_json_is_kept_by_a_cycle(text: str) -> None:
    """I-14, W-9."""
    with kept_by_cycles() as kept, pytest.raises(WireError):
        decode_json(text)
    assert not kept
