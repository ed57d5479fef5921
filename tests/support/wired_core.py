"""The core in memory at the other end of connections, and what may happen to frames on their way.

Clients give bytes and get bytes. A `Line` is a connection as the broker has it; what a test wants of the
way between (frames that vanish, that are refused or answered before they reach the core) it says to
`Way`. The core itself is the real one and knows nothing of it.
"""

from __future__ import annotations

from attrs import define, field

from broker.config.model import SECOND
from broker.core.effects import Dismiss, Effect, Send
from broker.core.inputs import FrameArrived, SessionClosed, SessionOpened
from broker.core.state import Chat
from broker.shell.authentication import Authentication, Claim
from protocol.codec import encode
from protocol.connection import Connection, Side, State
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.identifiers import derive
from protocol.session import Hello, Welcome
from protocol.values import FrameId, Guid
from tests.support.core_in_memory import START, CoreInMemory

INSTALLATION = """
[[languages]]
name = "English"
culture = "en"

[[projects]]
name = "Support"
signal_duration = "30s"
[[projects]]
name = "Sales"

[[gateways]]
name = "Web chat"
peer = "web"
token = "web-secret"

[[project_rules]]
rank = 10
project = "Support"

[[workplaces]]
number = "101"
max_chats = 9
[[workplaces]]
number = "102"
max_chats = 9
[[workplaces]]
number = "103"
max_chats = 9

[[agents]]
name = "Alice"
login = "alice"
token = "alice-secret"
max_chats = 9
skills = { Support = 50 }
[[agents]]
name = "Bob Meyer"
login = "bob"
token = "bob-secret"
max_chats = 3
role = "supervisor"
[[agents]]
name = "Boris"
login = "boris"
token = "boris-secret"
max_chats = 3
"""
"""Alice answers the visitors; Bob, a supervisor, and Boris get what they are asked to take."""


@define(eq=False)
class Line:
    """The broker's end of a connection.

    Attributes:
        deaf: Nothing that the client says arrives any more, though the connection seems to be alive.
    """

    broker: WiredCore
    number: int
    connection: Connection
    deaf: bool = False

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes of the client."""
        self.broker.receive(self, data, now)

    def tick(self, now: float) -> None:
        """Heartbeats."""
        self.connection.tick(now)
        self.broker.drop_ended(self)

    def data_to_send(self) -> bytes:
        """Drain what the client is to get."""
        return self.connection.data_to_send()

    def push(self, type_: str, payload: object, **headers: object) -> None:
        """Say something to the client, perhaps something that the core did not say."""
        given = {name: value for name, value in headers.items() if value is not None}
        self.connection.send(encode(Frame(type_, payload, given or None)))

    def bye(self, code: ByeCode, text: str = "", reconnect_after: int | None = None) -> None:
        """Send the client away."""
        self.connection.bye(code, text, reconnect_after)
        self.broker.drop(self)


@define
class Way:
    """What happens to the frames of clients before they reach the core.

    Attributes:
        heard: Every frame that arrived, in order.
        refusals: How the next frames are refused, as by a broker that is too busy.
        refused: How the next frame of a type is refused.
        lost: Types of frames that vanish.
        answered: Types of frames that somebody else answers, by a frame of this type and payload.
    """

    heard: list[Frame] = field(factory=list)
    refusals: list[ErrorCode] = field(factory=list)
    refused: dict[str, ErrorCode] = field(factory=dict)
    lost: set[str] = field(factory=set)
    answered: dict[str, tuple[str, object]] = field(factory=dict)

    def passes(self, line: Line, frame: Frame) -> bool:
        """Whether the frame comes to the core."""
        self.heard.append(frame)
        if isinstance(frame.payload, Hello):
            return True
        refusal = self.refused.pop(frame.type, None)
        if refusal is not None or self.refusals:
            code = refusal or self.refusals.pop(0)
            line.connection.report(WireError(code, "as told", type=frame.type, re=frame.id))
            return False
        if (answer := self.answered.get(frame.type)) is not None:
            line.push(*answer, Re=frame.id)
            return False
        return frame.type not in self.lost

    def types(self) -> list[str]:
        """The types of what arrived."""
        return [frame.type for frame in self.heard]


class WiredCore(CoreInMemory):
    """The real core behind connections.

    Args:
        now: The seconds of the clients' clock at which the core's begins.
        config: The installation.
    """

    def __init__(self, now: float = 0.0, config: str = INSTALLATION) -> None:
        self.begun = now
        self.lines: dict[int, Line] = {}
        self.way = Way()
        self._connections = 0
        super().__init__(config)
        self.authentication = Authentication(self.config)

    # -- connections

    def connect(self, now: float) -> Line:
        """A client opens a connection."""
        self.advance(now)
        self._connections += 1
        line = Line(self, self._connections, Connection(Side.SERVER, now=now))
        self.lines[line.number] = line
        return line

    def serves(self, line: Line) -> bool:
        """Whether the connection stands."""
        return self.lines.get(line.number) is line

    def drop(self, line: Line) -> None:
        """The connection of a client is gone."""
        if self.lines.pop(line.number, None) is not None and line.number in self.state.sessions:
            self.put(SessionClosed(line.number))

    def drop_ended(self, line: Line) -> None:
        """Drop a connection that one of both sides has ended."""
        if line.connection.state in (State.CLOSING, State.CLOSED):
            self.drop(line)

    def restart(self) -> None:
        """Kill the broker and start it: all connections are gone, what was stored is not."""
        self.lines.clear()
        super().restart()

    def receive(self, line: Line, data: bytes, now: float) -> None:
        """Take bytes of a client."""
        self.advance(now)
        for event in line.connection.receive(data, now):
            if isinstance(event, Frame) and not line.deaf and self.way.passes(line, event):
                self._take(line, event)
        self.drop_ended(line)

    def _take(self, line: Line, frame: Frame) -> None:
        if isinstance(frame.payload, Hello):
            self._greet(line, frame.payload, frame.id)
        elif line.number in self.state.sessions and not frame.type.startswith("SYS_"):
            self.put(FrameArrived(line.number, frame))

    def _greet(self, line: Line, hello: Hello, re: FrameId) -> None:
        claim = self.authentication.judge(hello)
        if not isinstance(claim, Claim):
            line.connection.refuse(WireError(ErrorCode.AUTH_FAILED, "no such secret", re=re))
            return
        self.put(
            SessionOpened(
                session=line.number,
                role=claim.role,
                gateways=claim.gateways,
                workplace=claim.workplace,
                agent_id=claim.agent_id,
                continues=hello.continues,
                takes_pieces=bool(hello.takes_pieces),
                takes_messages=bool(hello.takes_messages),
                software=hello.software,
                re=re,
            )
        )

    def release(self, effect: Effect) -> None:
        """Say what the core says."""
        if isinstance(effect, Send):
            for number in effect.sessions:
                if (line := self.lines.get(number)) is not None:
                    self._say(line, effect)
        elif isinstance(effect, Dismiss) and (line := self.lines.get(effect.session)) is not None:
            line.bye(effect.code, effect.text)

    def _say(self, line: Line, effect: Send) -> None:
        re = effect.re if line.number == effect.answer_to else None
        if isinstance(effect.payload, Welcome):
            line.connection.accept(effect.payload, re)
        elif line.connection.state is State.OPEN:
            more = effect.more if line.number == effect.answer_to else None
            line.push(effect.type, effect.payload, Re=re, More=more)

    # -- time

    def advance(self, now: float) -> None:
        """Let it be that late on the clients' clock; what is due happens."""
        seconds = now - self.begun - (self.now - START) / SECOND
        if seconds > 0:
            self.wait(seconds)

    @property
    def due(self) -> float | None:
        """When something is due, on the clients' clock."""
        due = self.state.timers.due
        return None if due is None else self.begun + (due - START) / SECOND

    # -- what tests look at

    @property
    def chats(self) -> list[Chat]:
        """All chats, in the order in which they began."""
        return list(self.state.chats.values())

    @property
    def chat(self) -> Chat:
        """The only chat."""
        (chat,) = self.state.chats.values()
        return chat

    def agent_id(self, login: str) -> Guid:
        """The id of an agent."""
        return self.config.agent_by_login[login].id


ALICE, BOB, BORIS = (derive("agent", name) for name in ("Alice", "Bob Meyer", "Boris"))
SUPPORT, SALES = (derive("project", name) for name in ("Support", "Sales"))
