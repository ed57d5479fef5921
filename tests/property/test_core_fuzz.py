"""Anything at all happens to the core, in any order; the laws that need no model must hold.

Every client says any well-formed frame of either role, sensible or not; connections, time,
configurations and processes come and go. After every single step: no exception; the state's own
laws; a refusal changed nothing (W-27); a request got exactly one answer (I-13); nobody heard of a
chat that is not theirs (I-15); what was sent fits a frame (I-14). Now and then: the store gives back
what the core holds (I-10), and what a client folded is what a fresh snapshot says (I-9).
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.config.merge import merge
from broker.core.broker import restore, step
from broker.core.effects import Dismiss, Effect, Send
from broker.core.inputs import (
    FrameArrived,
    Input,
    Reloaded,
    SessionClosed,
    SessionOpened,
    Stamp,
)
from broker.core.invariants import check, durable
from broker.core.short_way import WAYS
from broker.core.state import Chat, Session
from protocol.catalogue import CATALOGUE
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.codec import from_wire, pack
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.values import Guid, Role, SentenceModel, TransferMode
from protocol.view import View, comparable
from tests.support.arbitrary_config import CHANGES, TEXT, configuration
from tests.support.arbitrary_frames import LINES, PEERS, SAID_BY, SEATS, likely, random_members
from tests.support.both_ways import step_both_ways
from tests.support.playbook import Playbook

EXAMPLES = int(os.environ.get("PARLEY_FUZZ_EXAMPLES", "300"))
SEEN = (ChatStatusInfo, ChatSentenceInfo, ChatCommandInfo)
OPENING = (("line", 2), ("line", 3), *(("seat", which) for which in range(5)))

numbers = st.integers(0, 1_000)
ACTIONS = st.one_of(
    st.tuples(st.just("line"), st.integers(0, len(LINES) - 1)),
    st.tuples(st.just("seat"), st.integers(0, len(SEATS) - 1)),
    *[st.tuples(st.just("likely"), numbers, numbers, numbers) for _ in range(6)],
    st.tuples(st.just("any"), numbers, numbers, st.lists(numbers, min_size=8, max_size=8)),
    st.tuples(st.just("leave"), numbers),
    st.tuples(
        st.just("wait"), st.sampled_from([1e-6, 1.0, 5.0, 20.0, 30.0, 60.0, 600.0, 1200.0, 4000.0])
    ),
    st.tuples(st.just("reload"), st.sets(st.integers(0, len(CHANGES) - 1), max_size=3), numbers),
    st.tuples(st.just("restart"), st.sets(st.integers(0, len(CHANGES) - 1), max_size=3), numbers),
)


def concerned(chat: Chat) -> set[Guid | None]:
    """The agents who may hear of a chat."""
    kept = (*chat.parties, *chat.ending.readers, *chat.transcript.writers)
    return {chat.agent, chat.last_agent, chat.offered_to, *kept}


class Anything(Playbook):
    """The core, told anything, and what everybody heard of it."""

    def __init__(self) -> None:
        self.views: dict[int, View] = {}
        self.dead: set[int] = set()
        self.unseen: set[Guid] = set()
        self.next_session = 1
        super().__init__(TEXT)

    # -- what is judged after every step

    def put(self, input: Input) -> None:
        """Step one input, and judge what came of it."""
        self.seq += 1
        session = (
            self.state.sessions.get(input.session) if isinstance(input, FrameArrived) else None
        )
        holders = self._holders()
        before = durable(self.state) if session is not None else None
        stamp = Stamp(self.now, self.seq, b"fuzz")
        if isinstance(input, FrameArrived) and input.frame.type in WAYS:
            facts, effects, _ = step_both_ways(self.state, stamp, input)
        else:
            facts, effects = step(self.state, stamp, input)
        stored = [fact for fact in facts if fact.durable]
        if stored:
            self.store.commit(stored)
        assert check(self.state) == []
        assert not self.state.unrouted
        assert not self.state.bots_due
        assert not self.state.distribution.entries_to_match
        if isinstance(input, FrameArrived):
            self._judge_answers(input.frame, session, effects)
            if any(isinstance(e, Send) and e.type == "SYS_ERROR" for e in effects):
                assert not facts
                assert durable(self.state) == before
        for effect in effects:
            if isinstance(effect, Send):
                self._judge_send(effect, holders)
            elif isinstance(effect, Dismiss):
                self.dead.add(effect.session)

    def _holders(self) -> dict[Guid, set[Guid | None]]:
        return {chat.id: concerned(chat) for chat in self.state.chats.values()}

    def _judge_answers(self, frame: Frame, session: Session | None, effects: list[Effect]) -> None:
        """I-13, W-15, W-16: one answer, to them alone, of the type that the table says."""
        sends = [effect for effect in effects if isinstance(effect, Send)]
        answers = [s for s in sends if s.answer_to is not None]
        if session is None:
            assert not answers
            return
        assert all(s.answer_to == session.number and s.re == frame.id for s in answers)
        types = [s.type for s in answers]
        if types == ["SYS_ERROR"]:
            return
        wanted = CATALOGUE[frame.type].answer
        if wanted is None or (wanted == "SYS_ACK" and frame.id is None):
            assert types == []
        elif frame.type == "CS_CHAT_ANSWER":
            assert types in (["SC_CHAT_STATUS"], ["SC_CHAT_ALERT_END"])
        else:
            assert types == [wanted]

    def _judge_send(self, send: Send, holders: dict[Guid, set[Guid | None]]) -> None:
        packed = pack(send.type, send.payload)
        assert len(packed) + 1_024 < self.state.config.limits.frame_bytes
        assert len(set(send.sessions)) == len(send.sessions)
        frame = Frame(send.type, send.payload)
        for number in send.sessions:
            session = self.state.sessions.get(number)
            if session is None:
                continue
            items = send.payload if isinstance(send.payload, tuple) else (send.payload,)
            for item in items:
                if session.role is Role.CONNECTOR:
                    self._judge_connector(session, send.type, item)
                else:
                    self._judge_workplace(session, send, item, holders)
            if number in self.views:
                self.views[number].fold(frame)

    def _judge_connector(self, session: Session, type: str, item: object) -> None:
        """I-15, B-29: its own gateways' chats only; no agents' notes and parties; none unbound."""
        if not isinstance(item, (*SEEN, ChatServiceInfo)):
            return
        gateways = [self.state.config.gateways[one] for one in session.gateways]
        assert (item.peer, item.port) in {(g.peer, g.port) for g in gateways}
        if type == "SE_CHAT_OUTBOUND":
            return
        unbound = {c.id for c in self.state.chats.values() if not c.is_bound}
        assert not unbound & {getattr(item, "chat_id", None), item.tracking_id}
        if isinstance(item, ChatStatusInfo):
            assert item.parties is None
            assert item.internal is None
            assert item.info is None
            assert all(said.model != SentenceModel.INTERNAL for said in item.sentences or ())
        elif isinstance(item, ChatSentenceInfo):
            assert item.model != SentenceModel.INTERNAL

    def _judge_workplace(
        self, session: Session, send: Send, item: object, holders: dict[Guid, set[Guid | None]]
    ) -> None:
        """I-15, B-29: its own agent's chats only, but to a supervisor who asks; no monitors."""
        if not isinstance(item, SEEN):
            return
        assert item.peer == session.workplace
        if isinstance(item, ChatStatusInfo):
            hidden = [p.agent_id for p in item.parties or () if p.mode is TransferMode.MONITOR]
            assert set(hidden) <= {session.agent}
        if send.type == "SC_CHAT_ALERT_END" or item.chat_id is None:
            return
        chat = self.state.chats[item.chat_id]
        if isinstance(item, ChatStatusInfo) and item.sentences is not None:
            assert chat.is_read_by(session.agent or Guid(""))
        now = concerned(chat)
        agent = self.state.config.agents.get(session.agent or Guid(""))
        if agent is None or (agent.role == "supervisor" and send.answer_to is not None):
            return
        assert session.agent in now | holders.get(item.chat_id, set())

    # -- what happens

    def do(self, action: tuple[Any, ...]) -> None:
        """Carry out one action."""
        match action:
            case ("line", which):
                self._open(Role.CONNECTOR, LINES[which])
            case ("seat", which):
                self._sit(*SEATS[which])
            case ("likely", who, what, how):
                self._say(who, what, how)
            case ("any", who, what, picks):
                self._say_anything(who, what, picks)
            case ("leave", who):
                if self.state.sessions:
                    self.put(
                        SessionClosed(list(self.state.sessions)[who % len(self.state.sessions)])
                    )
            case ("wait", seconds):
                self.wait(seconds)
            case ("reload", changes, number):
                self.judge_views()
                self.config = merge(self.config, configuration(frozenset(changes), number))
                self.put(Reloaded(self.config))
                # No push tells of other names and addresses: every picture begins anew.
                self.views = {one: View(view.role) for one, view in self.views.items()}
            case ("restart", changes, number):
                self.unseen |= self.config.agents.keys()
                self.config = configuration(frozenset(changes), number)
                self.unseen -= self.config.agents.keys()
                self.views.clear()
                self.restart()
                self.check_store()
            case _:
                raise AssertionError(action)

    def _open(self, role: Role, peers: tuple[str, ...]) -> None:
        served = tuple(g.id for g in self.config.gateways.values() if g.peer in peers)
        if served:
            self._enter(SessionOpened(session=self.next_session, role=role, gateways=served))

    def _sit(self, login: str, number: str) -> None:
        agent, place = self.config.agent_by_login.get(login), self.config.workplaces.get(number)
        if agent and place and not (agent.retired or place.retired):
            self._enter(
                SessionOpened(
                    session=self.next_session,
                    role=Role.WORKPLACE,
                    workplace=number,
                    agent_id=agent.id,
                    takes_messages=self.next_session % 4 > 0,
                )
            )

    def _enter(self, hello: SessionOpened) -> None:
        if len(self.state.sessions) < 9:
            self.next_session += 1
            self.views[hello.session] = View(hello.role)
            self.put(hello)

    def _speaker(self, who: int) -> Session | None:
        sessions = list(self.state.sessions.values())
        return sessions[who % len(sessions)] if sessions else None

    def _say(self, who: int, what: int, how: int) -> None:
        """Something that probably makes sense, or a frame of one's own role, anyhow."""
        session = self._speaker(who)
        if session is None:
            return
        if what % 5 and not (session.role is Role.WORKPLACE and session.agent is None):
            said, members = likely(self.state, session, what // 5, how)
        else:
            every = SAID_BY[session.role]
            spec = every[what // 5 % len(every)]
            said = spec.type
            members = random_members(self.state, spec, [how >> bits for bits in range(10)])
            members["Text"] = members.get("Text") or "x"
            if session.role is Role.WORKPLACE:
                members["Peer"] = session.workplace
        self._put_frame(session.number, said, members, how)

    def _say_anything(self, who: int, what: int, picks: list[int]) -> None:
        session = self._speaker(who)
        if session is None:
            return
        every = SAID_BY[Role.CONNECTOR] + SAID_BY[Role.WORKPLACE]
        spec = every[what % len(every)]
        # Out of a closed connection, too, something may still be on its way.
        number = session.number if picks[0] % 10 else 999
        self._put_frame(number, spec.type, random_members(self.state, spec, picks), picks[-1])

    def _put_frame(self, session: int, type: str, members: dict[str, object], id: int) -> None:
        payload: object = members
        if CATALOGUE[type].payload is str:
            payload = PEERS[id % (len(PEERS) - 1)]
        try:
            read = from_wire(type, payload)
        except WireError:
            return  # the codec refuses it; that is tested there
        self.put(FrameArrived(session, Frame(type, read, {"Id": id} if id % 3 else None)))

    # -- what is judged now and then

    def judge_views(self) -> None:
        """I-9: what was folded since the last snapshot is what a fresh snapshot says."""
        for number, old in list(self.views.items()):
            session = self.state.sessions.get(number)
            if session is None or number in self.dead:
                del self.views[number]
                continue
            fresh = View(session.role)
            self.views[number] = fresh
            letter = "E" if session.role is Role.CONNECTOR else "C"
            for chat in list(old.chats.values()):
                named = {
                    "Peer": chat.latest.peer,
                    "Port": chat.latest.port,
                    "TrackingId": chat.latest.tracking_id,
                    "ChatId": chat.latest.chat_id,
                }
                if chat.is_held and chat.complete:
                    self.put(
                        FrameArrived(
                            number,
                            Frame(
                                f"{letter}S_CHAT_STATUS", from_wire(f"{letter}S_CHAT_STATUS", named)
                            ),
                        )
                    )
                else:
                    old.forget(chat.key)
            assert comparable(old) == comparable(fresh)

    def check_store(self) -> None:
        """I-10, but for what a change of the configuration brought back into sight of the store.

        A longer inertia, and a gateway or an agent that comes back by a reload, bring back only
        what was closed or away when the core forgot it.
        """
        live, known = durable(self.state), self.state.distribution.presences
        recovered = restore(self.config, self.store.recover(self.config, self.now), self.now)
        for chat in list(recovered.chats.values()):
            if chat.id not in self.state.chats:
                assert not chat.is_open
                del recovered.chats[chat.id]
                for one in recovered.distribution.presences.values():
                    one.wrapups.pop(chat.id, None)
        for agent, presence in list(recovered.distribution.presences.items()):
            if presence.since and (agent not in known or not known[agent].since):
                assert agent in self.unseen
                del recovered.distribution.presences[agent]
        assert durable(recovered) == live

    def end(self) -> None:
        """The last judgements."""
        self.judge_views()
        while (due := self.state.timers.due) is not None and due <= self.now:
            self.wait(0)
        self.check_store()
        self.store.close()


@settings(max_examples=EXAMPLES)
@given(st.lists(ACTIONS, min_size=5, max_size=120))
def test_the_core_takes_anything(script: list[tuple[Any, ...]]) -> None:
    """I-2, I-3, I-6..I-10, I-13..I-15, W-15, W-16, W-27: whatever happens, in whatever order."""
    play = Anything()
    for action in (*OPENING, *script):
        play.do(action)
    play.end()
