"""Programs that carry messages between a far side and the broker, and die in between as programs do.

What came in from outside lies in a box that outlives its carriers: it is brought until the broker has
answered for it, by whichever of them, under the same name. What went out is written down where it
arrived, so the judge can count how often each message really went.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import define, evolve, field

from broker.checker.history import Kind
from broker.config.model import SECOND
from broker.simulation.actors.visitors import Person
from broker.simulation.clients import Net, Program
from broker.simulation.world import MS
from connectors.client.errors import ConnectorError, Refused
from connectors.client.events import (
    Event,
    MessageSending,
    Pushed,
    Ready,
    RequestDone,
    RequestFailed,
    SessionEnded,
)
from connectors.client.settings import ConnectorSettings
from protocol.errors import ErrorCode
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo
from protocol.values import Direction, Guid, from_micros

PATIENCE = 4
"""How often a message is brought that the broker has no room for."""


@define(eq=False)
class FarSide:
    """What lies behind the gateways of one address.

    Attributes:
        box: What came from outside and was not answered for yet, by its name, the oldest first.
        refused: How often the broker said that it does not take one.
        went: The messages of which a copy went out, by their name there.
        on_news: Told of each message that arrives outside.
    """

    peer: str
    box: dict[str, MessageContentInfo] = field(factory=dict)
    refused: dict[str, int] = field(factory=dict)
    went: dict[Guid, str] = field(factory=dict)
    on_news: Callable[[MessageContentInfo, str], None] = lambda _message, _name: None


@define(eq=False, repr=False)
class Carrier(Person):
    """One program that serves the message gateways of an address.

    Attributes:
        far: What lies behind them; another carrier may serve it too.
        remembers: They look up what they sent before they send it again.
        honest: The faults are over: they send what they get, and say so.
    """

    net: Net = field(kw_only=True)
    settings: ConnectorSettings = field(kw_only=True)
    name: str = field(kw_only=True)
    far: FarSide = field(kw_only=True)
    deadline: int = field(kw_only=True)
    remembers: bool = field(kw_only=True, default=True)
    program: Program | None = None
    serial: int = 0
    honest: bool = False
    gateways: dict[Direction, Guid] = field(factory=dict)
    bringing: dict[int, str] = field(factory=dict)
    asking: int | None = None

    def begin(self) -> None:
        """Go to work."""
        self.later(SECOND, self._start)
        self.later(30 * SECOND, self._die)

    def settle_down(self) -> None:
        """The faults are over."""
        self.honest = True
        if self.program is None:
            self._start()

    def _start(self) -> None:
        if self.program is not None:
            return
        self.serial += 1
        program = Program(self.net, f"{self.name}.{self.serial}", self.settings)
        program.on_event = partial(self._heard, program)
        self.program = program
        self.gateways, self.bringing, self.asking = {}, {}, None

    def _die(self) -> None:
        """The program is killed, perhaps between sending a message and saying so."""
        self.later(30 * SECOND, self._die)
        if self.honest or self.program is None:
            return
        self.program.kill()
        self.program = None
        self.later(4 * SECOND, self._start)

    # -- what the program hears

    def _heard(self, program: Program, event: Event) -> None:
        if program is not self.program:
            return
        match event:
            case Ready():
                self._ask()
            case Pushed(frame) if frame.type == "SE_SL_MSGGATEWAYS":
                self._know(frame.payload)
            case RequestDone() if event.request_id == self.asking:
                self._know(event.frame.payload)
            case RequestDone() if event.request_id in self.bringing:
                self._answered(self.bringing.pop(event.request_id), event.frame.payload)
            case RequestFailed() if event.request_id == self.asking:
                self.later(2 * SECOND, self._ask)
            case RequestFailed() if event.request_id in self.bringing:
                self._failed(self.bringing.pop(event.request_id), event.error)
            case MessageSending(message):
                self._handed(program, message)
            case SessionEnded():
                self.program = None
                self.later(3 * SECOND, self._start)
            case _:
                pass

    def _ask(self) -> None:
        """Which gateways there are: from then on the broker hands messages over."""
        program = self.program
        if program is None or program.off:
            return
        self.asking = program.session.request("ES_SL_GETGATEWAYS", self.far.peer, program.now)
        program.done()

    def _know(self, payload: object) -> None:
        entries = payload if isinstance(payload, tuple) else ()
        self.gateways = {
            entry.direction: entry.id
            for entry in entries
            if isinstance(entry, GatewayInfo) and entry.direction is not None and entry.id
        }
        for name in self.far.box:
            self.later(300 * MS, partial(self.bring, name))

    # -- in

    def bring(self, name: str) -> None:
        """Bring a message to the broker, if nobody has answered for it yet."""
        message, program = self.far.box.get(name), self.program
        gateway = self.gateways.get(Direction.I)
        if message is None or program is None or program.off or gateway is None:
            return
        if name in self.bringing.values() and self.rng.happens(0.8):
            return
        told = evolve(message, gateway_id=gateway, request_id=self.rng.text(12))
        number = program.session.request("ES_MESSAGE_RECEIVING", told, program.now)
        self.bringing[number] = name
        program.done()

    def _answered(self, name: str, payload: object) -> None:
        if isinstance(payload, CommandInfo) and payload.data == "true":
            # Perhaps the program dies before it takes the message out of the box.
            if self.rng.happens(0.7) or self.honest:
                self.far.box.pop(name, None)
            else:
                self.later(2 * SECOND, partial(self._done_with, name))
                self.later(SECOND, partial(self.bring, name))
            return
        self.far.refused[name] = self.far.refused.get(name, 0) + 1
        if self.far.refused[name] < PATIENCE:
            self.later(6 * SECOND, partial(self.bring, name))
        else:
            self.far.box.pop(name, None)

    def _done_with(self, name: str) -> None:
        self.far.box.pop(name, None)

    def _failed(self, name: str, error: ConnectorError) -> None:
        if isinstance(error, Refused) and error.code not in (
            ErrorCode.OVERLOADED,
            ErrorCode.RATE_LIMITED,
        ):
            self.far.box.pop(name, None)  # it will never be taken
        else:
            self.later(3 * SECOND, partial(self.bring, name))

    # -- out

    def _handed(self, program: Program, message: MessageContentInfo) -> None:
        """A message is to be sent: mostly it is, and the broker is told."""
        if message.message_id is None:
            return
        name = self.far.went.get(message.message_id)
        if name is not None and (self.remembers or self.honest):
            self._say(program, message, None, 50 * MS)
            return
        act = "send" if self.honest else self.rng.weighed(_MANNERS)
        match act:
            case "send" | "twice" | "late" | "silent" | "named":
                own = f"far-{self.rng.text(8)}" if act == "named" else None
                self.later(500 * MS, partial(self._send, program, message, act, own))
            case "never":
                pass
            case _:
                self._say(program, message, act, 300 * MS)

    def _send(
        self, program: Program, message: MessageContentInfo, act: str, own: str | None
    ) -> None:
        """A copy goes out; what comes after it may never happen."""
        if program is not self.program or message.message_id is None:
            return
        name = own or message.delivery_system_id or ""
        self.far.went[message.message_id] = name
        self.net.history.add(
            self.world.now, Kind.CARRIED, program.name, message=message.message_id, name=name
        )
        self.far.on_news(message, name)
        delay = self.deadline + 2 * SECOND if act == "late" else 200 * MS
        if act != "silent":
            self._say(program, message, None, delay, own)
            self.later(4 * SECOND, partial(self._report, message, own))
        if act == "twice":
            error = self.rng.choose((None, "once more", "permanent: no"))
            self._say(program, message, error, delay + SECOND)

    def _say(
        self,
        program: Program,
        message: MessageContentInfo,
        error: str | None,
        delay: int,
        own: str | None = None,
    ) -> None:
        outcome = CommandInfo(
            id=message.message_id,
            ref_id=message.gateway_id,
            reference=own,
            data=error,
            time_stamp=from_micros(self.world.now),
        )

        def say() -> None:
            if program is self.program and not program.off:
                program.session.request("ES_MESSAGE_SENT", outcome, program.now)
                program.done()

        self.later(delay, say)

    def _report(self, message: MessageContentInfo, own: str | None) -> None:
        """What the far side tells later, about a message or by its name."""
        program = self.program
        if program is None or program.off or self.rng.happens(0.5):
            return
        text = self.rng.weighed(
            (("Delivered", 4), ("Read", 3), ("Undelivered: for now", 1), ("Bounced: no such", 1))
        )
        by_name = own is not None or self.rng.happens(0.3)
        told = CommandInfo(
            id=None if by_name else message.message_id,
            ref_id=message.gateway_id,
            reference=(own or message.delivery_system_id) if by_name else None,
            data=text,
            time_stamp=from_micros(self.world.now),
        )
        program.session.request("ES_MESSAGE_REPORT", told, program.now)
        program.done()
        if text == "Read" and self.rng.happens(0.5):
            late = evolve(told, data="Delivered")
            program.session.request("ES_MESSAGE_REPORT", late, program.now)
            program.done()


_MANNERS = (
    ("send", 10),
    ("named", 2),
    ("twice", 1),
    ("late", 2),
    ("silent", 1),
    ("never", 1),
    ("mailbox is full", 2),
    ("permanent: no such address", 1),
    ("throttled: slower, please", 1),
)
"""They send; under a name of their own; answer twice, late, or never; or say why they did not send."""
