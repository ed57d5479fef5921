"""Bugs to be planted into the broker: each is to be caught by the law that it breaks.

Every one is a patch at a seam of the production code, made by a test and taken back by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve, frozen

from broker.config.model import Config
from broker.core import broker, capacity, deadlines, serving
from broker.core.chats import transcript, transitions
from broker.core.decision import Decision
from broker.core.distribution import apply, offers
from broker.core.distribution_state import Work
from broker.core.effects import (
    Answer,
    ChatToAgent,
    ChatToConnectors,
    Reply,
    Send,
    SentenceToMembers,
)
from broker.core.facts import Fact, SentenceConfirmed, SentenceStored, SessionLeft
from broker.core.inputs import Stamp
from broker.core.presence import queries, sessions, timeouts
from broker.core.rollback import Presence
from broker.core.routing import endings, offering
from broker.core.state import Chat, Recovered, Sentence, State
from broker.core.timers import TimerKind
from broker.core.views import addressing, notifications, structures
from broker.core.visitors import sentences, starting
from broker.shell import engine
from broker.shell.engine import Engine
from broker.shell.outbox import Outbox
from broker.shell.sessions import Sessions
from broker.store import Store, transcripts
from protocol.chat import ChatStatusInfo
from protocol.errors import ByeCode
from protocol.values import ChatStatus

Patch = Callable[[pytest.MonkeyPatch], None]


@frozen
class Plant:
    """A bug.

    Attributes:
        name: What is wrong.
        law: The law that names it.
        patch: Plants it.
        seeds: Within how many seeds it must be caught.
        needs: What an installation must have for the bug to do anything; of the others no seed counts.
    """

    name: str
    law: str
    patch: Patch
    seeds: int = 20
    needs: Callable[[Config], bool] = lambda _config: True


def _ack_before_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Engine._turn

    def turn(self: Engine) -> bool:
        self._gather()
        effects, self._pending.effects = self._pending.effects, []
        self._outlet.deliver(effects)
        return original(self)

    monkeypatch.setattr(Engine, "_turn", turn)


def _released_with_a_failed_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Engine._done

    def done(self: Engine, error: BaseException | None) -> None:
        if error is not None and self._running is not None:
            self._outlet.deliver(self._running.effects)
        original(self, error)

    monkeypatch.setattr(Engine, "_done", done)


def _others_of_a_refused_batch_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Engine.resume

    def resume(self: Engine, state: State, refused: int) -> None:
        assert self._running is not None
        self._running.inputs[:] = [self._running.inputs[refused]]
        self._pending.inputs.clear()
        original(self, state, 0)

    monkeypatch.setattr(Engine, "resume", resume)


def _refused_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Unstorable", lambda refused: refused)


def _sessions_forgotten_with_a_refused_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Presence, "note", lambda *_: None)


def _second_sentence_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "known_key", lambda *_: None)


def _no_dedupe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where it is decided, nor where the state and recovery guard it."""
    original = transcript.add_sentence

    def add_sentence(chat: Chat, sentence: Sentence) -> int:
        chat.transcript.keys[sentence.words.outbound].pop(sentence.words.id, None)
        return original(chat, sentence)

    _second_sentence_of_a_key(monkeypatch)
    monkeypatch.setattr(transcript, "add_sentence", add_sentence)
    monkeypatch.setattr(transcripts, "has_a_key_twice", lambda _words: False)


def _capacity_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    original = capacity.capacity
    monkeypatch.setattr(capacity, "capacity", lambda *of: original(*of) + 1)


def _render_without(wanted: Callable[[Any], bool]) -> Patch:
    """Announcements that fit are not told to anybody."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original = notifications.render

        def render(state: State, announcement: Any, *rest: Any) -> list[Send]:
            return [] if wanted(announcement) else original(state, announcement, *rest)

        monkeypatch.setattr(notifications, "render", render)

    return patch


def _lost_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    _render_without(lambda a: isinstance(a, ChatToAgent) and a.type == "SC_CHAT_ALERT")(monkeypatch)


def _two_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    original = offering.offered

    def offered(state: State, chat: Chat, agent: Any, *rest: Any) -> Decision:
        decision = original(state, chat, agent, *rest)
        for other, presence in state.distribution.presences.items():
            if other != agent and presence.session is not None:
                told = ChatToAgent(chat=chat.id, agent=other, type="SC_CHAT_ALERT")
                decision.notices.append(told)
        return decision

    monkeypatch.setattr(offering, "offered", offered)


def _counter_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    original = sentences._placed

    def said(*of: Any) -> Fact:
        made = original(*of)
        if isinstance(made, SentenceStored) and made.counter == 4:
            return evolve(made, counter=5)
        return made

    monkeypatch.setattr(sentences, "_placed", said)


def _confirmation_lost_on_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Store.recover

    def recover(self: Store, *of: Any) -> Recovered:
        recovered = original(self, *of)
        for chat in recovered.chats:
            for sentence in chat.transcript.sentences:
                sentence.confirmed_at = None
        return recovered

    monkeypatch.setattr(Store, "recover", recover)


def _commit_without(kind: type[Fact], every: int) -> Patch:
    """Of these facts every so manieth does not reach the store."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original, count = Store.commit, 0

        def commit(self: Store, facts: Sequence[Fact]) -> None:
            nonlocal count
            kept = []
            for fact in facts:
                count += isinstance(fact, kind)
                if not isinstance(fact, kind) or count % every:
                    kept.append(fact)
            original(self, kept)

        monkeypatch.setattr(Store, "commit", commit)

    return patch


def _wrong_resync_list(monkeypatch: pytest.MonkeyPatch) -> None:
    original = serving.answered

    def answered(session: Any, frame: Any, shows: Any) -> Decision:
        if isinstance(shows, Reply) and shows.type == "SE_CHAT_LIST":
            assert isinstance(shows.payload, tuple)
            shows = evolve(shows, payload=shows.payload[1:])
        return original(session, frame, shows)

    monkeypatch.setattr(queries, "answered", answered)


def _double_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    original = serving.answered

    def answered(session: Any, frame: Any, shows: Any) -> Decision:
        decision = original(session, frame, shows)
        if isinstance(shows, Reply):
            me = session.number
            decision.notices.append(Send((me,), shows.type, shows.payload, me, frame.id))
        return decision

    monkeypatch.setattr(queries, "answered", answered)


def _forgotten_waiting_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "best_entry", lambda *_: None)


def _endless_exclusion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        offers, "excluded", lambda _state, ticket, agent, _now: agent in ticket.need.exclusions
    )


def _reordered_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Sessions._take

    def take(self: Sessions, link: Any, events: Any, now: float) -> None:
        original(self, link, events[::-1], now)

    monkeypatch.setattr(Sessions, "_take", take)


def _foreign_chat_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressing, "own_chat", lambda state, _agent, chat: state.chats.get(chat))

    def status(state: State, stamp: Stamp, session: Any, frame: Any) -> Any:
        chat = state.chats.get(frame.payload.chat_id)
        if chat is None:
            return original(state, stamp, session, frame)
        told = ChatToAgent(chat=chat.id, agent=session.agent, full=True)
        return Decision(answer=Answer(session.number, frame.id, told))

    original = broker.HANDLERS["CS_CHAT_STATUS"]
    monkeypatch.setitem(broker.HANDLERS, "CS_CHAT_STATUS", status)


def _anybody_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame for a gateway that the session does not serve is taken all the same."""
    original = addressing.gateway_of

    def gateway_of(state: State, session: Any, payload: Any) -> Any:
        found = state.config.gateway_by_address.get((payload.peer or "", payload.port))
        return found or original(state, session, payload)

    monkeypatch.setattr(sentences, "gateway_of", gateway_of)


def _status_after_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = endings.close

    def close(state: State, chat: Chat, *rest: Any) -> Decision:
        decision = original(state, chat, *rest)
        gateway = state.config.gateways[chat.gateway]
        late = ChatStatusInfo(
            peer=gateway.peer,
            port=gateway.port,
            tracking_id=chat.visitor.tracking_id,
            chat_id=chat.id,
            status=ChatStatus.WAITING,
        )
        everybody = state.gateway_sessions.get(chat.gateway, ())
        decision.notices.append(Send(everybody, "SE_CHAT_STATUS", late))
        return decision

    monkeypatch.setattr(starting, "close", close)


def _lost_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connector is told that a chat was answered or waits again."""
    original = notifications._to_connectors

    def tell(state: State, order: ChatToConnectors, but: int | None) -> list[Send]:
        if state.chats[order.chat].status is ChatStatus.ALERTING:
            return []
        return original(state, order, but)

    monkeypatch.setattr(notifications, "_to_connectors", tell)


def _unbounded_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Sessions.close_session

    def dismiss(self: Sessions, link: Any, code: ByeCode, *rest: Any) -> None:
        if code is not ByeCode.SLOW_CONSUMER:
            original(self, link, code, *rest)

    monkeypatch.setattr(Outbox, "cut", lambda _self: None)
    monkeypatch.setattr(Sessions, "close_session", dismiss)


def _random_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stamp, "guid", lambda _self, _index=0: str(uuid4()))


def _alert_not_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(_state: State, stamp: Stamp, session: Any) -> Decision:
        return Decision([SessionLeft(session=session.number, agent=session.agent, at=stamp.now)])

    monkeypatch.setattr(sessions, "leave", leave)


def _leaking_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chat that goes back to the queue keeps its slot."""
    original = apply.release

    def release(state: State, chat: Any, agent: Any, work: Work = Work.CHAT) -> None:
        if chat not in state.chats or state.chats[chat].status is not ChatStatus.WAITING:
            original(state, chat, agent, work)

    monkeypatch.setattr(apply, "release", release)


def _no_inactivity(monkeypatch: pytest.MonkeyPatch) -> None:
    original = deadlines.next_deadline

    def next_deadline(state: State, chat: Chat) -> int | None:
        return original(state, chat) if chat.ending.closed_at is not None else None

    monkeypatch.setattr(deadlines, "next_deadline", next_deadline)


def _engine_oversleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "wake_at", property(lambda _self: None))


def _confirmed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    original = sentences._confirmed

    def confirmed(chat: Chat, p: Any, outbound: bool, *rest: Any) -> Any:
        sentence = chat.transcript.keys[outbound].get(p.id or "")
        if sentence is not None:
            sentence.confirmed_at = None
        return original(chat, p, outbound, *rest)

    monkeypatch.setattr(sentences, "_confirmed", confirmed)


def _note_kept_from_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    original = transitions.system_message

    def note(*of: Any) -> Decision:
        decision = original(*of)
        decision.notices = [
            told for told in decision.notices if not isinstance(told, SentenceToMembers)
        ]
        return decision

    monkeypatch.setattr(timeouts, "system_message", note)


def _grace_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answered chat whose agent is gone is never given to another one."""
    monkeypatch.setattr(timeouts, "_HANDLERS", {**timeouts._HANDLERS, TimerKind.GRACE: _nothing})


def _nothing(*_of: Any) -> Decision:
    return Decision()


def _half_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that is reported as failed has written a part of its batch."""
    original = Store.commit

    def commit(self: Store, facts: Sequence[Fact]) -> None:
        original(self, facts[: max(1, len(facts) - 1)])

    monkeypatch.setattr(Store, "commit", commit)


def _text_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store keeps is not what was echoed."""
    original = Store.commit

    def commit(self: Store, facts: Sequence[Fact]) -> None:
        original(
            self,
            [
                evolve(f, words=evolve(f.words, text=f.words.text[:5]))
                if isinstance(f, SentenceStored) and not f.words.own
                else f
                for f in facts
            ],
        )

    monkeypatch.setattr(Store, "commit", commit)


def _snapshot_without_confirmations(monkeypatch: pytest.MonkeyPatch) -> None:
    original = structures.chat_for_connector

    def shown(*of: Any, **how: Any) -> ChatStatusInfo:
        info = original(*of, **how)
        if info.sentences is None:
            return info
        sentences = tuple(evolve(one, confirmed_time=None) for one in info.sentences)
        return evolve(info, sentences=sentences)

    monkeypatch.setattr(notifications, "chat_for_connector", shown)


PLANTS = (
    Plant("ack before commit", "I-11", _ack_before_commit),
    Plant("effects of a failed commit are released", "I-11", _released_with_a_failed_commit),
    Plant("every third confirmation is not written", "I-1", _commit_without(SentenceConfirmed, 3)),
    Plant("the store keeps another text", "I-1", _text_of_another),
    Plant("half a commit", "I-10", _half_a_commit),
    Plant(
        "the others of a refused batch are dropped", "I-13", _others_of_a_refused_batch_dropped, 40
    ),
    Plant("a refused input is decided again", "I-16", _refused_again_and_again, 40),
    Plant("sessions are forgotten", "I-10", _sessions_forgotten_with_a_refused_row),
    Plant("no dedupe", "I-2", _no_dedupe),
    Plant("a second sentence of a key is decided", "I-16", _second_sentence_of_a_key),
    Plant("counter gap", "I-3", _counter_gap),
    Plant("sentences of a connection are reordered", "I-4", _reordered_sentences),
    Plant("a snapshot without confirmations", "I-5", _snapshot_without_confirmations),
    Plant("confirmed again", "I-10", _confirmed_again),
    Plant("capacity off by one", "I-6", _capacity_off_by_one),
    Plant("two offers", "I-6", _two_offers),
    Plant("a lease leaks", "I-6", _leaking_lease),
    Plant("a waiting chat is forgotten", "I-7", _forgotten_waiting_chat),
    Plant("an exclusion never ends", "I-7", _endless_exclusion),
    Plant("an alert is lost", "I-7", _lost_alert),
    Plant("an alert is not withdrawn", "I-7", _alert_not_withdrawn),
    Plant("a status after Closed", "I-8", _status_after_closed),
    Plant("a status is not told", "I-8", _lost_status),
    Plant("a wrong resync list", "I-9", _wrong_resync_list),
    Plant("a note is kept from the agent", "I-9", _note_kept_from_the_agent),
    Plant("a confirmation is lost on restart", "I-10", _confirmation_lost_on_restart),
    Plant("two answers", "I-13", _double_answer),
    Plant("an outbox without a bound", "I-14", _unbounded_outbox, 60),
    Plant("a foreign chat is visible", "I-15", _foreign_chat_visible),
    Plant("anybody may write", "I-15", _anybody_may_write),
    Plant("nobody is told of inactivity", "I-16", _no_inactivity),
    Plant("the engine oversleeps", "I-16", _engine_oversleeps, 40),
    Plant("a lost agent keeps their chats", "I-16", _grace_ignored, 40),
    Plant("random ids", "I-17", _random_ids),
)
