"""A small language to act out dialogues with a broker, and to say what it must answer.

    web = await stage.connector()
    await web.send("ES_CHAT_START", TrackingId="v1")
    await web.get("SE_CHAT_STATUS", Status="Pilot", Sentences=[])

`get` takes the next frame of that connection, whatever it is: each frame must be named, in its
order, with the members that matter. `...` stands for any value that is there, None for none.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable
from types import EllipsisType
from typing import Any, Final

import msgpack
import trio
from attrs import Factory, define, frozen

from broker.recording.format import Directive, Passed, Raw, Splitter, encoding_of_frame, write_frame
from broker.recording.player import Host
from broker.recording.proxy import Proxy, Recorder
from broker.recording.tokens import Tokens
from protocol.encoding import MESSAGEPACK, Encoding
from protocol.json_codec import decode_json
from tests.replay.cells import Cell, number_of

PATIENCE: Final = 15.0
_SETTLE: Final = 0.15
Members = dict[str, Any]


class Astray(AssertionError):
    """The broker did not do what the dialogue says."""


@define(eq=False)
class Client:
    """One connection of a connector or a workplace; `headers` are those of the last frame.

    Attributes:
        peer: What its frames name, unless they are given another.
        agent_id: Of a workplace, the agent who sits there; `session_id` the session of the welcome.
        encoding: How it writes its frames.
    """

    stage: Stage
    name: str
    stream: trio.SocketStream
    number: int
    peer: str = ""
    agent_id: str = ""
    session_id: str = ""
    encoding: Encoding = MESSAGEPACK
    came: deque[Passed | Raw] = Factory(deque)
    headers: Members = Factory(dict)
    ended: bool = False
    news: trio.Event = Factory(trio.Event)

    async def listen(self) -> None:
        """Take in what comes, until the connection ends."""
        splitter = Splitter(self.number, "broker")
        try:
            while data := await self.stream.receive_some(65_536):
                self.came.extend(splitter.feed(bytes(data), 0))
                self.news.set()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        self.ended = True
        self.news.set()

    def frame(
        self, type_name: str, members: Members, id_: int | str | None = None, **headers: str
    ) -> bytes:
        """The bytes of a frame; Peer is the client's own unless it is given."""
        payload: object = {"Peer": self.peer, **members}
        if "text" in members:
            payload = members["text"]
        elif type_name.startswith("SYS_"):
            payload = members
        if id_ is not None:
            headers = {"Id": id_, **headers}  # type: ignore[dict-item] # an Id may be an int
        parts = [type_name, payload, headers] if headers else [type_name, payload]
        return write_frame(decode_json(json.dumps(parts)), self.encoding)

    async def send(self, type_name: str, id_: int | str | None = None, **members: object) -> None:
        """Send a frame; `id_` is its header Id; `text=` is a payload that is no structure."""
        await self.stream.send_all(self.frame(type_name, members, id_))

    async def send_bad(
        self, type_name: str, id_: int | str | None = None, **members: object
    ) -> None:
        """Send a frame that nobody checked, as a careless program would."""
        payload: object = members.get("text", {"Peer": self.peer, **members})
        if type_name.startswith("SYS_"):
            payload = members
        parts = [type_name, payload] if id_ is None else [type_name, payload, {"Id": id_}]
        body: bytes = msgpack.packb(parts)
        await self.stream.send_all(len(body).to_bytes(4) + body)

    async def send_together(self, *frames: tuple[str, Members]) -> None:
        """Send several frames as one piece of bytes."""
        data = [self.frame(name, members, members.pop("id_", None)) for name, members in frames]
        await self.stream.send_all(b"".join(data))

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        await self.stream.send_all(data)

    async def get(
        self, type_name: str, re: int | str | EllipsisType | None = None, **members: object
    ) -> Members:
        """Take the next frame: it must be of this type, answer `re`, and have these members.

        Returns:
            Its payload.
        """
        line = await self._next()
        assert isinstance(line, Passed), f"{self.name}: no frame: {line}"
        shown = json.dumps(line.frame, ensure_ascii=False)
        if (spoken := encoding_of_frame(line.data)) is not self.encoding:
            raise Astray(
                f"{self.name}: {spoken.name} came, {self.encoding.name} is spoken: {shown}"
            )
        if line.type != type_name:
            raise Astray(f"{self.name}: {type_name} expected, came {shown}")
        self.headers = line.frame[2] if len(line.frame) > 2 else {}
        if re is not ... and self.headers.get("Re") != re:
            raise Astray(f"{self.name}: Re {re!r} expected, came {shown}")
        payload = line.frame[1]
        for name, wanted in members.items():
            got = len(payload) if name == "count" else payload.get(name)
            if got is None if wanted is ... else got != wanted:
                raise Astray(f"{self.name}: {name} {wanted!r} expected, came {shown}")
        found: Members = payload if isinstance(payload, dict) else {"items": payload}
        return found

    async def _next(self) -> Passed | Raw:
        with trio.move_on_after(PATIENCE):
            while not self.came:
                if self.ended:
                    raise Astray(f"{self.name}: closed, where a frame was expected")
                self.news = trio.Event()
                await self.news.wait()
            return self.came.popleft()
        raise Astray(f"{self.name}: nothing came")

    async def gone(self) -> None:
        """The broker closes this connection, and has said nothing more before."""
        with trio.move_on_after(PATIENCE):
            while not self.ended:
                self.news = trio.Event()
                await self.news.wait()
        if not self.ended or self.came:
            raise Astray(f"{self.name}: not closed, or more came: {list(self.came)}")

    async def close(self) -> None:
        """Close the connection, and wait until the recorder has noted it."""
        await self.stream.aclose()
        await self.stage.closed(self.number)


@define(eq=False)
class Stage:
    """Where a dialogue is acted out: the recorder between clients and a broker."""

    cell: Cell
    proxy_address: tuple[str, int]
    proxy: Proxy
    recorder: Recorder
    host: Host
    nursery: trio.Nursery
    clients: list[Client] = Factory(list)

    async def open(self, name: str = "somebody", encoding: Encoding = MESSAGEPACK) -> Client:
        """Connect, and say nothing."""
        stream = await trio.open_tcp_stream(*self.proxy_address)
        client = Client(self, name, stream, len(self.clients) + 1, encoding=encoding)
        self.clients.append(client)
        self.nursery.start_soon(client.listen)
        return client

    def hello(self, role: str, letter: str = "a", number: int = 1) -> Members:
        """A good hello of this cell."""
        name = self.cell.name
        who: Members = {"Version": 1, "Role": role, "Software": "stage"}
        if role == "connector":
            return {**who, "Peers": [name], "Token": f"{name}-secret"}
        login = f"{name}-{letter}"
        who |= {"Peers": [f"{name}-{number}"], "Login": login, "Token": f"{login}-secret"}
        return {**who, "TakesMessages": True} if self.cell.has_messages else who

    async def connector(self, encoding: Encoding = MESSAGEPACK) -> Client:
        """A connector of the cell's gateway, welcome."""
        client = await self.open("connector", encoding)
        client.peer = self.cell.name
        await client.send("SYS_HELLO", **self.hello("connector"))
        await client.get("SYS_WELCOME", SessionId=..., AgentId=None)
        return client

    async def agent(
        self,
        letter: str = "a",
        number: int = 0,
        state: str = "Pause",
        encoding: Encoding = MESSAGEPACK,
    ) -> Client:
        """An agent of the cell at their workplace, welcome, in the state that they must have."""
        number = number or number_of(letter)
        client = await self.open(f"agent {letter}", encoding)
        client.peer = f"{self.cell.name}-{number}"
        await client.send("SYS_HELLO", **self.hello("workplace", letter, number))
        welcome = await client.get(
            "SYS_WELCOME", SessionId=..., AgentId=..., WorkplaceNumber=client.peer
        )
        client.agent_id, client.session_id = welcome["AgentId"], welcome["SessionId"]
        await client.get("SC_AGENT_STATE", State=state)
        return client

    async def ready_agent(self, letter: str = "a", encoding: Encoding = MESSAGEPACK) -> Client:
        """An agent who takes chats."""
        client = await self.agent(letter, encoding=encoding)
        await client.send("CS_AGENT_STATE", State="Ready")
        await client.get("SC_AGENT_STATE", State="Ready", ActiveChats=0)
        return client

    async def do(self, directive: str, **arguments: object) -> None:
        """Have something done to the broker, and write it into the recording."""
        self.recorder.directive(directive, **arguments)
        await self.host.do(Directive(do=directive, arguments=arguments))

    async def closed(self, number: int) -> None:
        """Wait until the recorder has seen the end of a connection."""
        await self.proxy.end_of(number).wait()

    async def end(self) -> None:
        """Check that nothing came that the dialogue does not name, and close what is open."""
        await trio.sleep(_SETTLE)  # real time: for what a real broker should not say
        for client in self.clients:
            if client.came:
                raise Astray(f"{client.name}: not expected: {list(client.came)}")
        for client in self.clients:
            if not client.ended:
                await client.close()


Act = Callable[[Stage], Awaitable[None]]


@frozen
class Scenario:
    """One dialogue: what it shows, who acts it out, and what broker it needs."""

    name: str
    title: str
    act: Act
    cell: Cell
    broker: str = "usual"


SCENARIOS: Final[dict[str, Scenario]] = {}


def scenario(title: str, *, broker: str = "usual", **settings: str) -> Callable[[Act], Act]:
    """Register a dialogue; `settings` are those of its cell, `broker` its broker's kind."""

    def register(act: Act) -> Act:
        name = act.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, title, act, Cell(name, settings), broker)
        return act

    return register


def tokens(cells: list[Cell]) -> Tokens:
    """The secrets of all cells, by owner."""
    return Tokens({owner: f"{owner}-secret" for cell in cells for owner in owners(cell)})


def owners(cell: Cell) -> tuple[str, ...]:
    """Who has a secret in a cell."""
    beside = (f"{cell.name}-sms",) if "<name>-sms" in cell.settings.get("more", "") else ()
    return cell.name, *beside, *(f"{cell.name}-{letter}" for letter in cell.letters)
