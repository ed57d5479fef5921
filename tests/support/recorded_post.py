"""Messages at a real broker over TCP: who writes, who carries, and agents who answer, all on record.

What comes in lies in a box until the broker has answered for it; what goes out is written down where it
arrives. So the checker can say what became of each.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import trio
from attrs import define, evolve, field

from broker.checker.history import History, Kind
from broker.simulation.rng import Rng
from connectors.client.conversations import Conversation
from connectors.client.errors import NotConnected, QueueFull
from connectors.client.events import (
    Event,
    MessageSending,
    Pushed,
    Ready,
    RequestDone,
    RequestFailed,
    SessionEnded,
)
from connectors.client.settings import WorkplaceSettings
from protocol.conversation import ConversationCloseInfo, ConversationCommandInfo
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo
from protocol.values import ChatStatus, Direction, Guid, from_micros
from tests.support.recorded_clients import TcpProgram, wall

PATIENCE = 10
"""While so much lies in a box nobody writes more: the broker is away."""
AWAY = (NotConnected, QueueFull)
"""Why something cannot be asked for now."""
PACE = 0.05
"""How often somebody looks whether there is something to do, in seconds."""


@define(eq=False, repr=False)
class RecordedCarrier:
    """A program that brings messages until it is told that they are taken, and sends those that it is handed.

    Attributes:
        box: What came from outside and nobody has answered for, by its name.
        taken: How many were answered for.
        went: What it sent, which it never sends again.
        refused: Names that the broker did not take, which it must.
    """

    program: TcpProgram
    history: History
    peer: str
    box: dict[str, MessageContentInfo] = field(factory=dict)
    taken: int = 0
    went: set[Guid] = field(factory=set)
    refused: list[str] = field(factory=list)
    _inbound: Guid | None = None
    _asking: int | None = None
    _bringing: dict[int, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.program.on_event = self._heard

    def is_settled(self) -> bool:
        """Whether everything that came was answered for."""
        return not self.box

    async def write(self, chance: Rng, address: str, is_over: Callable[[], bool]) -> None:
        """Somebody writes, now in a new thread, now in the one before."""
        written, name = 0, ""
        while not is_over():
            await trio.sleep(chance.fraction() * 0.3)  # real time: load for a real broker
            if len(self.box) >= PATIENCE:
                continue
            written += 1
            before, name = name, f"<{written}.{address}>"
            self.box[name] = MessageContentInfo(
                delivery_system_id=name,
                remote_address=address,
                direction=Direction.I,
                received_sent_time=from_micros(wall()),
                subject_field="Question",
                body_text=f"message {written} of {address}",
                in_reply_to_id=before if before and chance.happens(0.5) else None,
            )
            self._bring(name)
            self.program.poke()

    async def go_on(self) -> None:
        """Bring again what nobody answered for."""
        while True:
            await trio.sleep(PACE)  # real time: the broker is away, or busy
            for name in [name for name in self.box if name not in self._bringing.values()]:
                self._bring(name)
            self.program.poke()

    def _bring(self, name: str) -> None:
        if self._inbound is None:
            return
        message = evolve(self.box[name], gateway_id=self._inbound)
        with contextlib.suppress(*AWAY):
            number = self._request("ES_MESSAGE_RECEIVING", message)
            self._bringing[number] = name

    def _request(self, type_: str, payload: object) -> int:
        return self.program.session.request(type_, payload, self.program.now)

    def _heard(self, event: Event) -> None:
        match event:
            case Ready():
                self._inbound, self._bringing = None, {}
                self._asking = self._request("ES_SL_GETGATEWAYS", self.peer)
            case RequestDone() if event.request_id == self._asking:
                self._know(event.frame.payload)
            case Pushed(frame) if frame.type == "SE_SL_MSGGATEWAYS":
                self._know(frame.payload)
            case RequestDone() if event.request_id in self._bringing:
                name, told = self._bringing.pop(event.request_id), event.frame.payload
                if self.box.pop(name, None) is not None:
                    self.taken += 1
                if not (isinstance(told, CommandInfo) and told.data == "true"):
                    self.refused.append(name)
            case RequestFailed():
                self._bringing.pop(event.request_id, None)
            case MessageSending(message) if message.message_id is not None:
                self._send(message, message.message_id)
            case _:
                pass

    def _know(self, payload: object) -> None:
        for entry in payload if isinstance(payload, tuple) else ():
            if isinstance(entry, GatewayInfo) and entry.direction is Direction.I:
                self._inbound = entry.id

    def _send(self, message: MessageContentInfo, key: Guid) -> None:
        if key not in self.went:
            self.went.add(key)
            name = message.delivery_system_id or ""
            self.history.add(wall(), Kind.CARRIED, self.program.name, message=key, name=name)
        outcome = CommandInfo(id=key, ref_id=message.gateway_id)
        with contextlib.suppress(*AWAY):
            self._request("ES_MESSAGE_SENT", outcome)


@define(eq=False, repr=False)
class RecordedClerk:
    """An agent's work on conversations: answer what came, then close.

    Attributes:
        answered: How many answers were acknowledged.
    """

    program: TcpProgram
    answered: int = 0
    _asked: dict[int, Guid] = field(factory=dict)
    _answers: set[int] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        before = self.program.on_event

        def hears(event: Event) -> None:
            before(event)
            self._hears(event)

        self.program.on_event = hears

    def _hears(self, event: Event) -> None:
        """What they asked is answered, or never will be."""
        match event:
            case RequestDone() | RequestFailed():
                self._asked.pop(event.request_id, None)
                if event.request_id in self._answers:
                    self._answers.remove(event.request_id)
                    self.answered += isinstance(event, RequestDone)
            case Ready() | SessionEnded():
                self._asked.clear()
                self._answers.clear()
            case _:
                pass

    def is_settled(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.program.session.conversations.open_ids()

    async def work(self) -> None:
        """Do the next thing with each conversation that is before them."""
        while True:
            await trio.sleep(PACE)  # real time: load for a real broker
            for one in self.program.session.conversations.all():
                if one.id not in self._asked.values():
                    with contextlib.suppress(*AWAY):
                        self._do(one)
            self.program.poke()

    def _do(self, one: Conversation) -> None:
        settings = self.program.settings
        peer = settings.number if isinstance(settings, WorkplaceSettings) else None
        if one.status is ChatStatus.ALERTING:
            self._ask(
                "CS_CONVERSATION_ANSWER",
                ConversationCommandInfo(peer=peer, conversation_id=one.id),
                one,
            )
        elif one.status is ChatStatus.ANSWERED and one.messages:
            last = one.messages[-1]
            if last.direction is Direction.I:
                # By its place the same answer has the same key, however often it is handed over.
                key = f"{self.program.name}-{one.id[:8]}-{last.counter}"
                text = f"answer to {last.counter}"
                said = MessageContentInfo(request_id=key, conversation_id=one.id, body_text=text)
                self._answers.add(self._ask("CS_MESSAGE_SEND", said, one))
            else:
                done = ConversationCloseInfo(peer=peer, conversation_id=one.id)
                self._ask("CS_CONVERSATION_CLOSE", done, one)

    def _ask(self, type_: str, payload: object, one: Conversation) -> int:
        number = self.program.session.request(type_, payload, self.program.now)
        self._asked[number] = one.id
        return number
