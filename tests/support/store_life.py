"""A random but legal life of chats and agents, as the facts that the real core decides.

Whatever chooses (a seeded generator, or hypothesis) picks one action after the other: a visitor
writes, an agent answers, a workplace is lost, time passes. Much of it is refused, as in life.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from attrs import evolve

from broker.config.load import loads
from broker.config.message_gateways import MessageGateway, MessageRule
from broker.config.model import SECOND, Config
from broker.core.broker import restore, step
from broker.core.effects import Send
from broker.core.facts import Fact
from broker.core.inputs import (
    Booted,
    FrameArrived,
    Input,
    SessionClosed,
    SessionOpened,
    Stamp,
    TimePassed,
)
from broker.core.state import Recovered, State
from protocol.codec import from_wire
from protocol.frame import Frame
from protocol.identifiers import derive
from protocol.values import ChatStatus, Guid, Role, from_micros
from tests.support.core_in_memory import START
from tests.support.playbook import CONFIG

PEERS = {"web": 1, "im": 2, "post": 3}
"""The sessions of the three connectors; the last one carries messages."""
SEATS = {"101": "alice", "102": "bob"}
VISITORS = 4
"""How many tracking IDs a gateway has."""
SLOTS = (4, 6, 8)
POST = derive("message_gateway", "post")
NOBODY = Guid("00000000-0000-4000-8000-00000000dead")


def life_config() -> Config:
    """The installation that the life is led in."""
    config = loads(CONFIG, path="play.toml").config
    post = MessageGateway(
        id=POST,
        name="post",
        peer="post",
        secret=next(iter(config.gateways.values())).secret,
        acknowledge="We have it.",
    )
    rule = MessageRule(
        id=derive("message_rule", "all"), rank=1, project=next(iter(config.projects))
    )
    wrapped = {key: evolve(one, wrapup=20 * SECOND) for key, one in config.projects.items()}
    return evolve(config, projects=wrapped, message_gateways={POST: post}, message_rules=(rule,))


class Life:
    """A core that lives at random.

    Args:
        choose: Picks a number from 0 up to, but not including, the given one.
    """

    def __init__(self, choose: Callable[[int], int]) -> None:
        self.choose = choose
        self.config = self.installation()
        self.now = START
        self.state: State = restore(self.config, Recovered(), START)
        self.facts: list[Fact] = []
        self._seq = 0
        self._session = len(PEERS)
        self._seats: dict[str, int] = {}
        self._boot()

    @staticmethod
    def installation() -> Config:
        """Where the life is led."""
        return life_config()

    @classmethod
    def of_seed(cls, seed: int) -> Life:
        """A life led by a seeded generator."""
        return cls(Random(seed).randrange)

    def take(self) -> list[Fact]:
        """The durable facts since the last time."""
        facts, self.facts = self.facts, []
        return [fact for fact in facts if fact.durable]

    def act(self) -> None:
        """Do one thing."""
        actions = (
            *[self._visitor_writes] * 6,
            *[self._agent_writes] * 4,
            *[self._confirm] * 4,
            *[self._answer] * 3,
            *[self._wait] * 2,
            *[self._letter_comes] * 2,
            *[self._on_a_conversation] * 4,
            *[self._letter_went] * 2,
            self._start,
            self._start,
            self._seat,
            self._agent_state,
            self._hang_up,
            self._stop,
            self._form,
            self._leave,
            self._restart,
        )
        actions[self.choose(len(actions))]()

    def batch(self, inputs: int) -> list[Fact]:
        """Some actions' facts, at least one."""
        for _ in range(inputs):
            self.act()
        while not (facts := self.take()):
            self.act()
        return facts

    # --- what may happen ---

    def _start(self) -> None:
        routes = (None, "sales", "expert", "stop")
        form = {"ExtResponse": routes[self.choose(4)], "PartyName": "Zoë \u2603"}
        self._visitor("ES_CHAT_START", **form, Culture=("en", "fr")[self.choose(2)])

    def _visitor_writes(self) -> None:
        model = SLOTS[self.choose(3)] if self.choose(6) == 0 else 0
        self._visitor("ES_CHAT_SENTENCE", ID=f"v{self.choose(60)}", Text="Hello", Model=model)

    def _agent_writes(self) -> None:
        chat = self._chat(ChatStatus.ANSWERED)
        text = "How may I serve you? " * (1 + self.choose(30))
        self._agent("CS_CHAT_SENTENCE", ChatId=chat, ID=f"a{self.choose(60)}", Text=text)

    def _confirm(self) -> None:
        chat = self.state.chats.get(self._chat(ChatStatus.ANSWERED))
        if chat is None or not chat.transcript.sentences:
            return
        said = chat.transcript.sentences[self.choose(len(chat.transcript.sentences))]
        if said.words.outbound:
            peer = self.config.gateways[chat.gateway].peer
            member = {"Peer": peer, "TrackingId": chat.visitor.tracking_id, "ID": said.words.id}
            self._put(PEERS[peer], "ES_CHAT_CONFIRM", **member)
        else:
            self._agent("CS_CHAT_CONFIRM", ChatId=chat.id, ID=said.words.id)

    def _answer(self) -> None:
        self._agent("CS_CHAT_ANSWER", ChatId=self._chat(ChatStatus.ALERTING))

    def _hang_up(self) -> None:
        status = (ChatStatus.ANSWERED, ChatStatus.ALERTING)[self.choose(2)]
        self._agent("CS_CHAT_HANGUP", ChatId=self._chat(status))

    def _stop(self) -> None:
        self._visitor("ES_CHAT_STOP")

    def _form(self) -> None:
        scenario = next(iter(self.config.scenarios))
        chats = [None, *self.state.chats]
        chat = chats[self.choose(len(chats))]
        result = f"00000000-0000-4000-8000-{self.choose(4):012x}"
        form = {"ScenarioId": scenario, "ScenarioResultId": result, "ChatId": chat}
        self._put(1 + self.choose(2), "ES_SCENARIO_SAVE", **form)

    def _letter_comes(self) -> None:
        number = self.choose(40)
        before = f"<{self.choose(40)}@example.org>" if self.choose(2) else None
        self._put(
            PEERS["post"],
            "ES_MESSAGE_RECEIVING",
            GatewayId=POST,
            DeliverySystemId=f"<{number}@example.org>",
            InReplyToId=before,
            RemoteAddress=f"eva{number % 4}@example.org",
            ReceivedSentTime=from_micros(self.now),
            BodyText="Do they fit? " * (1 + self.choose(30)),
        )

    def _on_a_conversation(self) -> None:
        every = list(self.state.messages.conversations.values())
        taken = (ChatStatus.ALERTING, ChatStatus.ANSWERED)
        known = [c.id for c in every if c.status in taken] or [c.id for c in every]
        one = known[self.choose(len(known))] if known else NOBODY
        key, text = f"m{self.choose(40)}", "They do."
        asked: tuple[tuple[str, dict[str, Any]], ...] = (
            *[("CS_CONVERSATION_ANSWER", {})] * 3,
            *[("CS_MESSAGE_SEND", {"RequestId": key, "BodyText": text, "Peer": None})] * 3,
            ("CS_CONVERSATION_NOTE", {"ID": key, "Text": text}),
            ("CS_MESSAGE_DRAFT", {"BodyText": text, "Peer": None}),
            ("CS_CONVERSATION_PARK", {}),
            ("CS_CONVERSATION_RETURN", {}),
            ("CS_CONVERSATION_CLOSE", {"Code": "done"}),
            ("CS_CONVERSATION_WRAPUP", {"Code": "done", "Note": text}),
        )
        type_, more = asked[self.choose(len(asked))]
        self._agent(type_, ConversationId=one, **more)

    def _letter_went(self) -> None:
        messages = [m for m in self.state.messages.messages.values() if not m.inbound]
        if messages:
            one = messages[self.choose(len(messages))]
            error = (None, None, "mailbox is full", "throttled: slower")[self.choose(4)]
            self._put(PEERS["post"], "ES_MESSAGE_SENT", Id=one.id, RefId=POST, Data=error)

    def _agent_state(self) -> None:
        state = ("Ready", "Ready", "Pause", "LogOff")[self.choose(4)]
        self._agent("CS_AGENT_STATE", State=state)

    def _seat(self) -> None:
        number = ("101", "102")[self.choose(2)]
        if number not in self._seats:
            self._session += 1
            self._seats[number] = self._session
            agent = self.config.agent_by_login[SEATS[number]].id
            opened = SessionOpened(
                session=self._session, role=Role.WORKPLACE, workplace=number, agent_id=agent
            )
            self._step(opened)
            self._put(self._session, "CS_AGENT_STATE", Peer=number, State="Ready")

    def _leave(self) -> None:
        if self._seats:
            number = list(self._seats)[self.choose(len(self._seats))]
            self._step(SessionClosed(self._seats.pop(number)))

    def _wait(self) -> None:
        seconds = (0, 1, 1, 2, 2, 3, 3, 31, 61, 700, 4000)[self.choose(11)]
        end = self.now + seconds * SECOND
        while (due := self.state.timers.due) is not None and due <= end:
            self.now = max(self.now, due)
            self._step(TimePassed())
        self.now = end

    def _restart(self) -> None:
        """Every session is lost, as when the process ends."""
        for session in list(self.state.sessions):
            self._step(SessionClosed(session))
        self._seats.clear()
        self._boot()

    # --- how it is said ---

    def _boot(self) -> None:
        self._step(Booted())
        for peer, session in PEERS.items():
            found = tuple(g.id for g in self.config.gateways.values() if g.peer == peer)
            found = found or (POST,)
            self._step(SessionOpened(session=session, role=Role.CONNECTOR, gateways=found))
        self._step(FrameArrived(PEERS["post"], Frame("ES_SL_GETGATEWAYS", "post")))

    def _chat(self, status: ChatStatus) -> Guid:
        """A chat of this status for preference."""
        chats = list(self.state.chats.values())
        fitting = [c.id for c in chats if c.status is status] or [c.id for c in chats]
        return fitting[self.choose(len(fitting))] if fitting else NOBODY

    def _visitor(self, type_: str, **members: Any) -> None:
        peer = ("web", "im")[self.choose(2)]
        tracking = f"visitor-{self.choose(VISITORS)}"
        self._put(PEERS[peer], type_, Peer=peer, TrackingId=tracking, **members)

    def _agent(self, type_: str, **members: Any) -> None:
        seats = list(self._seats.items())
        if seats:
            number, session = seats[self.choose(len(seats))]
            self._put(session, type_, **{"Peer": number, **members})

    def _put(self, session: int, type_: str, **members: Any) -> None:
        given = {name: value for name, value in members.items() if value is not None}
        self._step(FrameArrived(session, Frame(type_, from_wire(type_, given))))

    def _step(self, input: Input) -> None:
        self._seq += 1
        self.now += self.choose(2)
        facts, effects = step(self.state, Stamp(self.now, self._seq, b"life"), input)
        self.facts += facts
        for effect in effects:
            refused = isinstance(effect, Send) and effect.type == "SYS_ERROR"
            assert not (refused and "BadPayload" in str(effect)), effect
