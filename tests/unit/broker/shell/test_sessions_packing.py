"""One payload for many sessions: packed once for each encoding that they speak."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import trio

from broker.config.model import Config
from broker.core.effects import Send
from broker.shell.authentication import Authentication
from broker.shell.checks import SlowChecks
from broker.shell.sessions import Sessions
from broker.shell.sockets import Sockets
from protocol.connection import State
from protocol.encoding import JSON, MESSAGEPACK, Encoding
from protocol.session import Ack


def no_sessions() -> Sessions:
    """Nobody is connected."""
    return Sessions(
        limits=Config().limits,
        checks=SlowChecks(Authentication(Config())),
        sockets=Sockets(),
        now=trio.current_time,
        on_progress=lambda: None,
    )


def counted(encoding: Encoding, packed: list[str]) -> Encoding:
    """The same encoding, which notes when it packs."""

    def pack(type: str, payload: object) -> bytes:
        packed.append(encoding.name)
        return encoding.pack(type, payload)

    return Encoding(encoding.name, encoding.decode, pack, encoding.assemble)


def test_a_payload_is_packed_once_for_each_encoding() -> None:
    """W-9, W-11: whoever answers whom, and in whatever order they came."""
    packed: list[str] = []
    spoken = {MESSAGEPACK: counted(MESSAGEPACK, packed), JSON: counted(JSON, packed)}
    sessions = no_sessions()
    sent: dict[int, bytes] = {}
    order = [JSON, MESSAGEPACK, JSON, MESSAGEPACK, JSON]
    for number, encoding in enumerate(order):
        connection = SimpleNamespace(
            state=State.OPEN,
            encoding=spoken[encoding],
            send=lambda data, number=number: sent.__setitem__(number, data),
            data_to_send=lambda: b"",
        )
        client: Any = SimpleNamespace(connection=connection, outbox=None, queued=0, answers=None)
        sessions.clients[number] = client
    sent_to = Send((0, 1, 2, 9, 3, 4), "SYS_ACK", Ack(type="x"), answer_to=3, re=7)
    sessions.deliver([sent_to])
    assert sorted(packed) == ["JSON", "MessagePack"]
    plain = {e: e.assemble(e.pack("SYS_ACK", Ack(type="x")), None) for e in order}
    answer = MESSAGEPACK.assemble(MESSAGEPACK.pack("SYS_ACK", Ack(type="x")), {"Re": 7})
    assert sent == {
        0: plain[JSON],
        1: plain[MESSAGEPACK],
        2: plain[JSON],
        3: answer,
        4: plain[JSON],
    }
    sessions.deliver([Send((9,), "SYS_ACK", Ack(type="x"))])
    assert len(packed) == 2


def test_nobody_is_packed_for_who_has_gone() -> None:
    """I-14."""
    sessions = no_sessions()
    sessions.deliver([Send((1, 2), "SYS_ACK", object())])
