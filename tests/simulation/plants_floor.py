"""Bugs to be planted into what agents, supervisors, bots and callers do with a chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from broker.core import apply, broker, capacity
from broker.core.agents import participants, reassignment, requests, supervision
from broker.core.agents.participants import next_awake
from broker.core.chats import transitions
from broker.core.decision import Decision
from broker.core.distribution import apply as apply_agents
from broker.core.distribution import eligibility
from broker.core.distribution_state import Work
from broker.core.effects import ChatToConnectors, SentenceToConnectors
from broker.core.facts import (
    AgentExcluded,
    AgentSeated,
    ChatParked,
    ChatWidened,
    NoteStored,
    PartyJoined,
    PinnedConfirmed,
)
from broker.core.facts.causes import ChatCause, OfferOutcome, WrapupEnd
from broker.core.inputs import Stamp
from broker.core.presence import sessions, timeouts
from broker.core.routing import admission, endings, wait_rules
from broker.core.state import Chat, State
from broker.core.timers import TimerKind
from broker.core.views import structures
from broker.core.visitors import sentences, starting
from broker.shell.clock import Clock
from broker.shell.listening_clock import Attention
from broker.store import rows
from protocol.values import ChatStatus, Guid, TransferMode
from tests.simulation.plants import Patch, Plant, _commit_without, _nothing


def _no_timer(kind: TimerKind) -> Patch:
    """What is due of this kind is never done."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(timeouts, "_HANDLERS", {**timeouts._HANDLERS, kind: _nothing})

    return patch


def _everywhere(name: str, value: Callable[..., Any], *modules: Any) -> Patch:
    """A function is another one in every module that uses it."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        for module in modules:
            monkeypatch.setattr(module, name, value)

    return patch


def _two_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who handed a chat over goes on in it, as if it were still theirs."""
    original = Chat.has

    def has(self: Chat, agent: Guid) -> bool:
        return original(self, agent) or (
            self.status is ChatStatus.ANSWERED and agent in self.transcript.writers
        )

    monkeypatch.setattr(Chat, "has", has)


def _slot_kept_after_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    original = apply_agents.release

    def release(state: State, id: Guid, agent: Guid, work: Work = Work.CHAT) -> None:
        chat = state.chats.get(id)
        if chat is None or chat.status is not ChatStatus.ANSWERED or agent == chat.agent:
            original(state, id, agent, work)

    monkeypatch.setattr(apply_agents, "release", release)


def _refused_transfer_loses_the_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    original = reassignment.offer_over

    def offer_over(state: State, chat: Chat, stamp: Stamp, outcome: OfferOutcome) -> Decision:
        decision = original(state, chat, stamp, outcome)
        lost = chat.status is ChatStatus.ANSWERED and outcome in ("rejected", "missed")
        if lost and chat.invite is not None and chat.invite.project is None:
            decision.facts += endings.dissolve(state, evolve_chat(chat), stamp).facts
            decision.add(transitions.to_waiting(chat, stamp, ChatCause.REJECTED))
        return decision

    def evolve_chat(chat: Chat) -> Chat:
        """The chat without what was ended already."""
        return evolve(chat, offer=None, invite=None)

    monkeypatch.setattr(timeouts, "offer_over", offer_over)
    monkeypatch.setattr(requests, "offer_over", offer_over)


def _note_to_the_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    original = sentences._note_from_workplace

    def note(state: State, stamp: Stamp, session: Any, frame: Any, p: Any, chat: Chat) -> Any:
        outcome = original(state, stamp, session, frame, p, chat)
        if isinstance(outcome, Decision):
            for fact in outcome.facts:
                assert isinstance(fact, NoteStored)
                outcome.notices.append(SentenceToConnectors(chat.id, fact))
        return outcome

    monkeypatch.setattr(sentences, "_note_from_workplace", note)


def _read_by_who_let_it_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a chat has ended everybody who ever had it may read it."""
    original = Chat.is_read_by

    def is_read_by(self: Chat, agent: Guid) -> bool:
        return not self.is_open or original(self, agent)

    monkeypatch.setattr(Chat, "is_read_by", is_read_by)


def _one_slot_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent's page stands where the visitor's stood, as when both sides had one place."""

    def slots(chat: Chat, *, outbound: bool) -> Any:
        newest = sorted(chat.transcript.pinned.values(), key=lambda slot: slot.words.at)
        by_model = {slot.words.model: slot for slot in newest}
        return tuple(by_model.get(model) for model in structures.PINNED_MODELS)

    monkeypatch.setattr(structures, "_pinned", slots)


def _slot_confirmation_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told and never written."""
    monkeypatch.setitem(rows.RECORDS, PinnedConfirmed, lambda _fact: iter(()))


def _replaced_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old program that wakes up throws out whoever logged in meanwhile."""
    monkeypatch.setattr(sessions, "_was_replaced", lambda *_: False)


def _login_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart nobody knows who came after whom."""
    monkeypatch.setitem(rows.RECORDS, AgentSeated, lambda _fact: iter(()))


def _declined_with_the_transcript(monkeypatch: pytest.MonkeyPatch) -> None:
    original = participants.show_to

    def shown(*of: Any, full: bool) -> Any:
        return original(*of, full=True)

    monkeypatch.setattr(requests, "show_to", shown)


def _note_kept_from_colleagues(monkeypatch: pytest.MonkeyPatch) -> None:
    original = sentences._heard_inside

    def heard(state: State, chat: Chat, made: Any, *rest: Any) -> Decision:
        decision = original(state, chat, made, *rest)
        if isinstance(made, NoteStored):
            decision.notices.clear()
        return decision

    monkeypatch.setattr(sentences, "_heard_inside", heard)


def _parked_keeps_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    original = apply_agents.chat_parked

    def parked(state: State, f: Any) -> None:
        original(state, f)
        apply_agents.lease(state, f.chat, f.agent, ChatStatus.ANSWERED)

    monkeypatch.setitem(apply._TABLE, ChatParked, parked)


def _parked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    others = tuple(follow for follow in broker._FOLLOW_UPS if follow is not next_awake)
    monkeypatch.setattr(broker, "_FOLLOW_UPS", others)


def _wait_rule_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    original = wait_rules.apply_wait
    done: set[tuple[Guid, int]] = set()

    def apply_wait(state: State, chat: Chat, stamp: Stamp) -> Decision:
        decision = original(state, chat, stamp)
        for number, fact in enumerate(decision.facts):
            if isinstance(fact, ChatWidened) and (fact.chat, fact.level) not in done:
                done.add((fact.chat, fact.level))
                decision.facts[number] = evolve(fact, level=chat.routing.wait_level)
        return decision

    monkeypatch.setattr(timeouts, "apply_wait", apply_wait)


def _monitor_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def everybody(state: State, chat: Chat, _viewer: Guid) -> Any:
        return tuple(structures._party(state, agent, one) for agent, one in chat.parties.items())

    monkeypatch.setattr(structures, "_parties", everybody)


def _party_over_capacity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        participants, "ineligible_reason", lambda _state, one, _weight: eligibility.blocked(one)
    )
    monkeypatch.setattr(participants, "slots_left", lambda *_: 9)


def _return_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(apply._TABLE, AgentExcluded, lambda *_: None)


def _anybody_monitors(monkeypatch: pytest.MonkeyPatch) -> None:
    original = participants._let_in

    def let_in(state: State, stamp: Stamp, session: Any, frame: Any, p: Any) -> Any:
        chat, me = state.chats.get(p.chat_id), session.agent
        role = state.config.agents[me].role
        if p.mode is not TransferMode.MONITOR or role == "supervisor" or chat is None:
            return original(state, stamp, session, frame, p)
        if chat.status is not ChatStatus.ANSWERED or me in (*chat.parties, chat.agent):
            return original(state, stamp, session, frame, p)
        joined = PartyJoined(chat=chat.id, no=chat.no, agent=me, mode=p.mode, by=me, at=stamp.now)
        told = participants.show_to(chat.id, me, session, frame, full=True)
        return Decision([joined], answer=told)

    monkeypatch.setattr(participants, "_let_in", let_in)


def _anybody_supervises(monkeypatch: pytest.MonkeyPatch) -> None:
    def supervisor_at(state: State, session: Any, _peer: Any) -> Any:
        return state.distribution.presences[session.agent]

    monkeypatch.setattr(supervision, "supervisor_at", supervisor_at)


def _consult_writes_to_the_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    original = sentences.may_write

    def may_write(chat: Chat, agent: Guid) -> Any:
        return None if chat.is_open and agent in chat.parties else original(chat, agent)

    monkeypatch.setattr(sentences, "may_write", may_write)


def _unbound_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chat, "is_bound", True)


def _expelled_keeps_their_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "held", lambda _presence: [])


def _lost_party_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_lost(state: State, chat: Chat, agent: Guid, now: int) -> bool:
        return agent not in chat.parties and kept(state, chat, agent, now)

    kept = timeouts._is_lost
    monkeypatch.setattr(timeouts, "_is_lost", is_lost)
    monkeypatch.setattr(timeouts, "held", lambda _presence: [])


def _transfer_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor's side is not told who has the chat now."""
    original = participants.accept

    def taken(*of: Any) -> Decision:
        decision = original(*of)
        decision.notices = [
            told for told in decision.notices if not isinstance(told, ChatToConnectors)
        ]
        return decision

    monkeypatch.setattr(requests, "accept", taken)


def _deadlines_by_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets the system's clock ends everybody's time."""
    said, told = [0], Clock.__call__

    def call(self: Clock) -> int:
        said[0] = told(self)
        return said[0]

    def look(self: Attention) -> int:
        self.up = max(self.up, said[0])
        return self.up

    monkeypatch.setattr(Clock, "__call__", call)
    monkeypatch.setattr(Attention, "look", look)


def _frozen_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time in which nobody listened is other people's silence."""

    def look(self: Attention) -> int:
        now = self.steady()
        self.up, self._looked = self.up + now - self._looked, now
        return self.up

    monkeypatch.setattr(Attention, "look", look)


def _wrap_up_told_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrap-up that begins is in the next state that is told for some other reason."""
    original = transitions.wrap_up

    def wrap_up(chat: Chat, stamp: Stamp, agent: Guid, length: int) -> Decision:
        return Decision(original(chat, stamp, agent, length).facts)

    monkeypatch.setattr(endings, "wrap_up", wrap_up)


def _end_of_wrap_up_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    original = transitions.wrap_up_over

    def over(chat: Chat, stamp: Stamp, cause: WrapupEnd) -> Decision:
        return Decision(original(chat, stamp, cause).facts)

    for module in (timeouts, starting):
        monkeypatch.setattr(module, "wrap_up_over", over)


PLANTS = (
    Plant("a transfer leaves two owners", "I-8", _two_owners),
    Plant("who handed a chat over keeps its slot", "I-6", _slot_kept_after_transfer),
    # Nobody holds a slot too many before the run is over: that nobody has the chat is seen sooner.
    Plant("a refused transfer loses the chat", "I-16", _refused_transfer_loses_the_chat),
    Plant("a note is sent to the connector", "I-15", _note_to_the_connector),
    Plant("an ended chat is read by who let it go", "I-15", _read_by_who_let_it_go),
    Plant("a page for both directions", "I-9", _one_slot_for_both),
    Plant("a confirmed page is not written", "I-1", _slot_confirmation_kept_back),
    Plant("a replaced program comes back", "I-8", _replaced_comes_back, 40),
    Plant("a login is not written", "I-10", _login_not_written),
    Plant("a rejection is answered with the transcript", "I-15", _declined_with_the_transcript),
    Plant("a note is kept from colleagues", "I-9", _note_kept_from_colleagues),
    Plant("every third note is not written", "I-1", _commit_without(NoteStored, 3)),
    Plant("a parked chat keeps its slot", "I-6", _parked_keeps_its_slot),
    Plant("a parked chat never comes back", "I-7", _parked_for_ever),
    Plant("a parked chat is forgotten", "I-16", _no_timer(TimerKind.PARK)),
    Plant("a wrap-up is in no picture", "I-6", _everywhere("_wrap_ups", lambda *_: (), structures)),
    Plant("a wrap-up begins unseen", "I-9", _wrap_up_told_late),
    Plant("a wrap-up ends unseen", "I-9", _end_of_wrap_up_kept_back),
    Plant("a wait rule is applied twice", "I-16", _wait_rule_twice),
    Plant("a wait rule is not applied", "I-16", _no_timer(TimerKind.WAIT)),
    Plant("a monitor is seen by others", "I-6", _monitor_seen),
    Plant("a party over capacity", "I-6", _party_over_capacity),
    Plant("a silent bot keeps its chat", "I-16", _no_timer(TimerKind.BOT)),
    Plant("an unbound chat is not closed", "I-16", _no_timer(TimerKind.UNBOUND)),
    Plant("a transfer to a project never ends", "I-16", _no_timer(TimerKind.INVITE)),
    Plant("a returned chat comes back at once", "I-7", _return_forgotten, 40),
    Plant(
        "weights are ignored",
        "I-6",
        _everywhere("capacity_cost", lambda *_: 1, apply_agents, participants, admission),
    ),
    Plant(
        "the reserve for parked chats is ignored",
        "I-6",
        _everywhere("free_slots", capacity.slots_left, eligibility),
    ),
    Plant("anybody may monitor", "I-15", _anybody_monitors),
    Plant("anybody may supervise", "I-15", _anybody_supervises),
    Plant("a consulted agent writes to the visitor", "I-15", _consult_writes_to_the_visitor),
    Plant("an unbound chat is shown to connectors", "I-15", _unbound_is_bound),
    Plant("who is expelled keeps their chats", "I-16", _expelled_keeps_their_chats, 40),
    Plant("a lost party stays", "I-16", _lost_party_stays, 80),
    Plant("deadlines go by the wall clock", "I-20", _deadlines_by_the_wall),
    Plant("frozen time is other people's silence", "I-20", _frozen_time_counts, 40),
)
