"""Messages come and agents work on them, in any order: the laws hold after every step (B-56..B-59).

What is done mostly makes sense at the moment; sometimes it is about somebody else's conversation, or none.
After every step: the state's own laws; one answer to each request (I-13); a refusal changed nothing (W-27);
nobody heard of a conversation that is not theirs (I-15); frames fit (I-14); everything is settled. Now and
then the process is killed, and has what the store gives back (I-10).
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.broker import step
from broker.core.effects import Effect, Send
from broker.core.inputs import FrameArrived, Input, SessionClosed, SessionOpened, Stamp
from broker.core.invariants import check, durable, overbooked
from broker.core.message_state import Conversation
from broker.core.state import Session
from broker.core.views.conversation_addressing import is_known_to, is_supervisor, may_read
from protocol.catalogue import CATALOGUE
from protocol.codec import from_wire, pack
from protocol.conversation import ConversationCommandInfo, ConversationInfo, ConversationNoteInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role, from_micros
from tests.support.core_in_memory import CoreInMemory
from tests.support.letters import guid
from tests.support.mail import MAIL_FLOOR, gateway

WRAPPED = MAIL_FLOOR.replace('name = "Support"', 'name = "Support"\nwrapup = "40s"', 1)
WIDER = """
[[wait_rules]]
for = "messages"
level = 1
after = "20s"
gateway = "Mail"
skill = 0
projects = ["Sales"]
priority = 3
[[wait_rules]]
for = "messages"
level = 2
after = "10m"
priority = 50
[[wait_rules]]
for = "messages"
level = 3
after = "20h"
close = true
"""
BUSY = (
    WRAPPED + WIDER + "[distribution]\nmessages_while_chatting = false\n[limits]\nlist_chats = 2\n"
)
SEATS = (("alice", "101"), ("bob", "102"), ("carol", "103"), ("susan", "104"))
WORK = (
    *("ANSWER", "ANSWER", "ANSWER", "RETURN", "PARK", "PARK", "TRANSFER", "TRANSFER", "CLOSE"),
    *("NOTE", "DRAFT", "PICK", "STATUS", "EXPLAIN", "WRAPUP"),
)
ABOUT = (ConversationInfo, ConversationCommandInfo, ConversationNoteInfo)

numbers = st.integers(0, 1_000)
ACTIONS = st.one_of(
    st.tuples(st.just("brings"), numbers, numbers),
    st.tuples(st.just("brings"), numbers, numbers),
    st.tuples(st.just("sits"), st.integers(0, 3), numbers),
    *[st.tuples(st.just("works"), numbers, numbers) for _ in range(5)],
    st.tuples(st.just("state"), numbers, st.integers(0, 5)),
    st.tuples(st.just("chat"), numbers, numbers),
    st.tuples(st.just("asks"), numbers, numbers),
    st.tuples(st.just("forces"), numbers, numbers),
    st.tuples(st.just("leaves"), numbers, numbers),
    st.tuples(
        st.just("waits"), st.sampled_from([1, 5, 31, 61, 601, 3_601, 90_000]), st.integers(0, 0)
    ),
    st.tuples(st.just("restart"), st.integers(0, 5), numbers),
)


class Office(CoreInMemory):
    """A contact center that gets messages, and what everybody hears."""

    def __init__(self) -> None:
        self.next_session = 1
        self.count = 0
        super().__init__(BUSY)
        self.open_lines()

    # -- what is judged after every step

    def put(self, input: Input) -> None:
        """Step one input, and judge what came of it."""
        self.seq += 1
        session = (
            self.state.sessions.get(input.session) if isinstance(input, FrameArrived) else None
        )
        knew = self.known()
        before = durable(self.state) if session is not None else None
        facts, effects = step(self.state, Stamp(self.now, self.seq, b"walk", self.now), input)
        stored = [fact for fact in facts if fact.durable]
        if stored:
            self.store.commit(stored)
        self.facts += facts
        assert check(self.state) == []
        assert overbooked(self.state) == []
        assert not self.state.distribution.entries_to_match
        assert not self.state.distribution.agents_to_match
        whole = [self.whole(effect) for effect in effects]
        if session is not None and isinstance(input, FrameArrived):
            self.judge_answer(input.frame, session, whole)
            if any(isinstance(e, Send) and e.type == "SYS_ERROR" for e in whole):
                assert not facts
                assert durable(self.state) == before
        for effect in whole:
            if isinstance(effect, Send):
                self.judge_send(effect, knew)

    def release(self, effect: Effect) -> None:
        """Nobody is here; what was sent is judged where it was decided."""

    def known(self) -> set[tuple[Guid, Guid]]:
        """Which agent knows which conversation."""
        return {
            (agent, one.id)
            for agent in self.state.distribution.presences
            for one in self.state.messages.conversations.values()
            if is_known_to(self.state, one, agent)
        }

    def judge_answer(self, frame: Frame, session: Session, effects: list[Effect]) -> None:
        """I-13, W-15: one answer, to them alone, of the type that the table says."""
        answers = [e for e in effects if isinstance(e, Send) and e.answer_to is not None]
        assert all(one.answer_to == session.number and one.re == frame.id for one in answers)
        wanted = CATALOGUE[frame.type].answer
        types = [one.type for one in answers]
        if frame.type == "CS_CONVERSATION_ANSWER":
            assert types[0] in (wanted, "SC_CONVERSATION_ALERT_END", "SYS_ERROR")
            assert len(types) == 1
        elif types != ["SYS_ERROR"]:
            assert types == ([wanted] if wanted is not None else [])

    def judge_send(self, send: Send, knew: set[tuple[Guid, Guid]]) -> None:
        """I-14, I-15: it fits, and goes to who may know of it, with messages to who may read them."""
        assert len(pack(send.type, send.payload)) + 1_024 < self.config.limits.frame_bytes
        items = send.payload if isinstance(send.payload, tuple) else (send.payload,)
        for number in send.sessions:
            session = self.state.sessions.get(number)
            if session is None or session.agent is None:
                continue
            for item in items:
                if isinstance(item, ABOUT):
                    self.judge_item(session, session.agent, send, item, knew)

    def judge_item(
        self,
        session: Session,
        agent: Guid,
        send: Send,
        item: ConversationInfo | ConversationCommandInfo | ConversationNoteInfo,
        knew: set[tuple[Guid, Guid]],
    ) -> None:
        assert item.peer == session.workplace
        one = self.state.messages.conversations.get(item.conversation_id or Guid(""))
        if one is None or send.type in ("SC_CONVERSATION_OVERVIEW", "SC_CONVERSATION_ALERT_END"):
            return
        knows = is_known_to(self.state, one, agent) or (agent, one.id) in knew
        assert knows, (send.type, agent)
        if isinstance(item, ConversationInfo) and item.messages is not None:
            assert may_read(self.state, one, agent)

    # -- what happens

    def open_lines(self) -> None:
        """The connectors are there."""
        gateways = (*self.config.gateways, *self.config.message_gateways)
        self.line = self.next_session
        self.next_session += 1
        self.put(SessionOpened(session=self.line, role=Role.CONNECTOR, gateways=gateways))

    def says(self, session: int, type: str, **members: Any) -> None:
        """A frame of somebody."""
        self.count += 1
        frame = Frame(type, from_wire(type, members), {"Id": self.count})
        self.put(FrameArrived(session, frame))

    def do(self, what: str, one: int, two: int) -> None:
        """Carry out one action; those that make no sense now do nothing."""
        match what:
            case "brings":
                self.brings(one, two)
            case "sits":
                self.sits(*SEATS[one], takes_pieces=two % 2 == 0, takes_messages=two % 5 > 0)
            case "waits":
                self.wait(one)
            case "restart" if one == 0:
                self.restart()
                self.check_store()
                self.open_lines()
            case "restart":
                pass
            case "chat":
                kind = "ES_CHAT_START" if one % 3 else "ES_CHAT_STOP"
                self.says(self.line, kind, Peer="web", TrackingId=f"t{two % 3}")
            case _:
                agents = [s for s in self.state.sessions.values() if s.agent is not None]
                if agents:
                    self.by_agent(what, agents[one % len(agents)], one // 7, two)

    def sits(self, login: str, number: str, *, takes_pieces: bool, takes_messages: bool) -> None:
        agent = self.config.agent_by_login[login].id
        there = self.state.distribution.presences.get(agent)
        if there is not None and there.session is not None and self.count % 8:
            return
        hello = SessionOpened(
            session=self.next_session,
            role=Role.WORKPLACE,
            workplace=number,
            agent_id=agent,
            takes_pieces=takes_pieces,
            takes_messages=takes_messages,
        )
        self.next_session += 1
        self.put(hello)
        self.says(hello.session, "CS_AGENT_STATE", Peer=number, State="Ready")

    def brings(self, one: int, two: int) -> None:
        """A message: of a few addresses, now and then an answer, automatic, unwanted, or again."""
        self.count += 1
        name = one % 9 + (0 if one % 5 == 0 else self.count)
        members: dict[str, Any] = {
            "GatewayId": gateway(("Mail", "Mail", "Texts")[two % 3]),
            "DeliverySystemId": f"<{name}>",
            "RemoteAddress": f"{one % 4}@example.org",
            "BodyText": ("Hello", "An invoice", "")[two // 3 % 3],
            "ReceivedSentTime": "2026-01-02T03:04:05Z",
        }
        if two % 4 == 0:
            members["InReplyToId"] = f"<{two % 50}>"
        if two % 7 == 0:
            members["IsAutomatic"] = True
        if two % 11 == 0:
            members["SpamLevel"] = 3
        self.says(self.line, "ES_MESSAGE_RECEIVING", **members)

    def by_agent(self, what: str, session: Session, one: int, two: int) -> None:
        number, agent = session.workplace, session.agent
        assert agent is not None
        others = list(self.config.agents)
        match what:
            case "leaves":
                self.put(SessionClosed(session.number))
            case "state":
                then = (None, None, None, "Pause", "LogOff", None)[two]
                wanted = ("Ready", "Ready", "Pause", "Ready", "Ready", "LogOff")[two]
                self.says(
                    session.number, "CS_AGENT_STATE", Peer=number, State=wanted, NextState=then
                )
            case "forces":
                whom, wanted = others[one % len(others)], ("Ready", "LogOff", "Pause")[two % 3]
                self.says(session.number, "CS_AGENT_STATE", Peer=number, AgentId=whom, State=wanted)
            case "asks":
                frame = f"CS_CONVERSATION_{('RESYNC', 'OVERVIEW')[one % 2]}"
                self.says(session.number, frame, Peer=number)
            case _:
                self.works(session, agent, one, two)

    def works(self, session: Session, agent: Guid, one: int, two: int) -> None:
        presence = self.state.distribution.presences[agent]
        chats = [c for c, h in presence.leases.items() if h is not ChatStatus.CLOSED]
        if chats and two % 4 == 0:
            frame = "CS_CHAT_ANSWER" if one % 2 else "CS_CHAT_HANGUP"
            self.says(session.number, frame, Peer=session.workplace, ChatId=chats[one % len(chats)])
            return
        held = presence.conversations.leases.items()
        alerted = [c for c, holder in held if holder is ChatStatus.ALERTING]
        if alerted and two % 4:
            key = alerted[one % len(alerted)]
            frame = "CS_CONVERSATION_ANSWER"
            self.says(session.number, frame, Peer=session.workplace, ConversationId=key)
            return
        what = WORK[one % len(WORK)]
        key = self.meant(agent, what, two)
        members: dict[str, Any] = {"Peer": session.workplace, "ConversationId": key}
        members |= self.more(what, two)
        frame = "CS_MESSAGE_DRAFT" if what == "DRAFT" else f"CS_CONVERSATION_{what}"
        if what == "DRAFT":
            del members["Peer"]
        self.says(session.number, frame, **members)

    def meant(self, agent: Guid, what: str, two: int) -> Guid:
        """A conversation for which that makes sense, if there is one."""
        every = list(self.state.messages.conversations.values())

        def fits(one: Conversation) -> bool:
            match what:
                case "ANSWER":
                    return one.offered_to == agent
                case "PICK":
                    return one.status is ChatStatus.WAITING
                case "WRAPUP":
                    return one.wrapping == agent
                case "EXPLAIN" | "STATUS":
                    return True
                case "CLOSE" if is_supervisor(self.state, agent):
                    return one.is_open
                case _:
                    return one.is_with(agent)

        fitting = [one for one in every if fits(one)] if two % 6 else every
        fitting = fitting or every
        return fitting[two % len(fitting)].id if fitting else guid(9)

    def more(self, what: str, two: int) -> dict[str, Any]:
        """What else a frame says."""
        agents, projects = list(self.config.agents), list(self.config.projects)
        there = [one.agent for one in self.state.distribution.presences.values() if one.session]
        match what:
            case "TRANSFER" if two % 5:
                to = {"ToAgentId": there[two // 2 % len(there)]}
                to = to if two % 2 else {"ToProjectId": projects[two % len(projects)]}
                return {**to, "Note": ("Yours", None)[two % 2]}
            case "PARK" if two % 3:
                return {"UntilUtc": from_micros(self.now + two * 10_000_000).isoformat()}
            case "CLOSE":
                return {"IsSpam": two % 5 == 0, "Note": "x"}
            case "NOTE":
                return {"ID": f"n{two % 3}", "Text": f"{two % 2}"}
            case "DRAFT":
                return {"BodyText": ("Dear", "", None)[two % 3]}
            case "STATUS":
                return {"Before": two % 4 or None, "Limit": two % 3 or None}
            case "EXPLAIN":
                return {"AgentId": agents[two % len(agents)]}
            case _:
                return {}


@settings(max_examples=250)
@given(st.lists(ACTIONS, max_size=80))
def test_whatever_happens_to_conversations_the_laws_hold(
    script: list[tuple[str, int, int]],
) -> None:
    office = Office()
    for what, one, two in script:
        office.do(what, one, two)
    office.check_store()
    office.store.close()
