"""Malformed frames: each is refused with the right code, and names the member that is at fault."""

from contextlib import suppress
from typing import Any

import pytest

from protocol.codec import decode, decode_json, encode
from protocol.connection import Connection, Side
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.framing import Framer
from protocol.session import Hello, Welcome
from protocol.values import Role
from tests.conformance.data import cases
from tests.support.cycles import kept_by_cycles

CASES = cases("malformed")


def open_server() -> Connection:
    """A broker's side of a session that is open."""
    connection = Connection(Side.SERVER, now=0.0)
    hello = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="t")
    connection.receive(encode(Frame("SYS_HELLO", hello)), 0.0)
    connection.accept(Welcome(version=1))
    return connection


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused(case: dict[str, Any]) -> None:
    """W-3..W-8, W-14: by its code, which names the member at fault in front."""
    bodies, fault = Framer(1 << 20).split(bytes.fromhex(case["hex"]))
    if fault is None:
        (body,) = bodies
        with pytest.raises(WireError) as caught:
            decode(body)
        fault = caught.value
    assert (fault.code, fault.path) == (case["code"], case["path"])
    if fault.path is not None:
        assert fault.text.startswith(f"{fault.path}: ")


def test_there_are_enough() -> None:
    assert len(CASES) >= 200


def test_no_refusal_is_kept_by_a_cycle() -> None:
    """I-14: what was refused is free at once, with all its bytes, for either side and on either way."""
    bodies = [bytes.fromhex(case.values[0]["hex"]) for case in CASES]
    with kept_by_cycles() as kept:
        for data in bodies:
            for side in Side:
                connection = Connection(side, now=0.0)
                if side is Side.SERVER:
                    connection.receive(data, 0.0)  # fatal, whatever it is
                    connection = open_server()
                connection.receive(data, 0.0)
            with suppress(WireError):
                decode(data[4:])
    assert not kept


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '["ES_NEW", null]', '["SYS_PING", {"Nonce": 1}]', r'["\ud800", 1]'],
)
def test_no_refused_json_is_kept_by_a_cycle(text: str) -> None:
    """I-14, W-9."""
    with kept_by_cycles() as kept, pytest.raises(WireError):
        decode_json(text)
    assert not kept
