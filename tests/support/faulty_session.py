"""What a connector can do wrong with its session."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from attrs import evolve

from connectors.channels.converter import Secret
from connectors.channels.gateways import Gateways
from connectors.channels.stop import Stop
from connectors.client import connections
from connectors.client.backoff import Backoff
from connectors.client.connections import Dialling
from connectors.client.errors import Refused
from connectors.client.messages import MessageClient
from connectors.client.transport import Client
from protocol.connection import Connection, Happening, Side
from protocol.errors import ErrorCode
from protocol.message import GatewayInfo
from protocol.session import Ping
from tests.support import played_channel
from tests.support.faulty import Plant, faulty
from tests.support.played_channel import MemoryProgram


@faulty("is not there", "W-10", "hello")
def absent(patch: pytest.MonkeyPatch) -> None:
    async def wait(_: Client) -> None:
        await anyio.sleep(1)  # real time: no, a clock that jumps

    patch.setattr(Client, "_connect", wait)


@faulty("has another token", "W-10", "hello")
def wrong_token(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(played_channel, "BROKER", evolve(played_channel.BROKER, token=Secret("other")))


@faulty("talks before it is welcome", "W-10", "hello")
def too_early(patch: pytest.MonkeyPatch) -> None:
    hello = Connection.hello

    def say(self: Connection, *given: Any) -> None:
        hello(self, *given)
        self._say("ES_SL_GETGATEWAYS", "loft", {"Id": 1})

    patch.setattr(Connection, "hello", say)


@faulty("does not ask for its gateways", "W-17", "gateways")
def asks_nothing(patch: pytest.MonkeyPatch) -> None:
    async def ask(_: Gateways) -> None:
        pass

    patch.setattr(Gateways, "ask", ask)


@faulty("asks for the gateways of others", "W-17", "gateways")
def asks_for_others(patch: pytest.MonkeyPatch) -> None:
    asked = MessageClient.gateways

    async def ask(self: MessageClient, address: str) -> tuple[GatewayInfo, ...]:
        await asked(self, "other")
        return await asked(self, address)

    patch.setattr(MessageClient, "gateways", ask)


@faulty("does not take long frames", "W-3", "large")
def short_frames(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connections, "FRAME_BYTES", 100_000)
    patch.setattr(Connection, "_take_answer", _welcome_without_frame_bytes)


def _welcome_without_frame_bytes(self: Connection, frame: Any, events: list[Any]) -> None:
    self._heartbeat = frame.payload.heartbeat_seconds or self._heartbeat
    self._move(Happening.WELCOME_HEARD)
    events.append(frame)


@faulty("reads one frame at a time", "W-1", "together")
def one_frame(patch: pytest.MonkeyPatch) -> None:
    receive = Connection.receive

    def one(self: Connection, data: bytes, now: float) -> list[Any]:
        events = receive(self, data, now)
        sendings = [one for one in events if getattr(one, "type", "") == "SE_MESSAGE_SENDING"]
        return events if len(sendings) < 2 else events[:1]

    patch.setattr(Connection, "receive", one)


@faulty("ends at a frame that it does not know", "W-5", "strange")
def strict(patch: pytest.MonkeyPatch) -> None:
    sift = Dialling._sift

    def end(self: Dialling, items: list[Any], now: float) -> Any:
        found = sift(self, items, now)
        if any(isinstance(one, Refused) and one.code == ErrorCode.UNKNOWN_TYPE for one in found):
            self.give_up("a frame that nobody knows")
        return found

    patch.setattr(Dialling, "_sift", end)


def _no_pong(pong: Callable[[Any], Ping] | None) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        queue = Connection._queue

        def say(self: Connection, type: str, payload: Any, re: Any = None) -> None:
            if self.side is not Side.CLIENT or type != "SYS_PONG":
                queue(self, type, payload, re)
            elif pong is not None:
                queue(self, type, pong(payload), re)

        patch.setattr(Connection, "_queue", say)

    return plant


faulty("does not answer a ping", "W-12", "ping")(_no_pong(None))
faulty("answers a ping with another nonce", "W-12", "ping")(
    _no_pong(lambda ping: Ping(nonce="other"))
)


@faulty("waits for ever for a broker that is silent", "W-12", "silent-broker")
def no_heartbeat(patch: pytest.MonkeyPatch) -> None:
    tick = Connection.tick

    def nothing(self: Connection, now: float) -> list[Any]:
        if self.side is Side.CLIENT and self._asked:
            self._heard = now
            return []
        return tick(self, now)

    patch.setattr(Connection, "tick", nothing)


@faulty("comes back before it is asked to", "W-13", "shut-down")
def too_soon(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Backoff, "at_least", lambda self, seconds, random: 0.1)


@faulty("storms a broker that hangs up", "W-13", "back-off")
def storms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Backoff, "delay", lambda self, failures, random: 0.1)


@faulty("tries a token that is refused again and again", "W-14", "wrong-token")
def hopes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connections, "_PASSING", frozenset(ErrorCode))
    patch.setattr(Backoff, "delay", lambda self, failures, random: 0.5)


@faulty("goes without a word", "W-13", "stopped")
def no_bye(patch: pytest.MonkeyPatch) -> None:
    async def nothing(_: Client) -> None:
        pass

    patch.setattr(Client, "bye", nothing)


@faulty("does not stop", "W-13", "stopped")
def does_not_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stop, "begin", lambda self: None)


@faulty("fails when it is stopped", "W-13", "stopped")
def fails_to_stop(patch: pytest.MonkeyPatch) -> None:
    stop = MemoryProgram.stop

    async def fail(self: MemoryProgram, within: float) -> int | None:
        await stop(self, within)
        return 1

    patch.setattr(MemoryProgram, "stop", fail)
