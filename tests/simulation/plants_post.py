"""Planted bugs of messages and conversations: what comes in, what goes out, what agents do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from broker.core import broker, capacity
from broker.core.agents import letters
from broker.core.decision import Decision
from broker.core.distribution import conversations as slots
from broker.core.distribution.apply import hold_for_wrapup
from broker.core.distribution.eligibility import touch
from broker.core.distribution_state import DistributionState, Work
from broker.core.effects import MessageToAgent, MessageToConnector, Send
from broker.core.facts import Fact, SessionJoined
from broker.core.facts.causes import AttemptOutcome, WrapupEnd
from broker.core.facts.messages import (
    ConversationNoted,
    ConversationWidened,
    DraftKept,
    MessageHandedOver,
    MessageStored,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation, Message
from broker.core.messages import (
    attempts,
    conversing,
    deliveries,
    outcomes,
    receiving,
    restoring,
    sending,
)
from broker.core.presence import queries, sessions, timeouts
from broker.core.routing import conversations, wait_rules
from broker.core.state import Session, State
from broker.core.timers import TimerKind
from broker.core.views import structures
from broker.shell.engine import Engine
from broker.simulation.post import has_post
from broker.store import message_recovery
from protocol.agent import AgentStateInfo
from protocol.message import MessageContentInfo
from protocol.values import Guid, MessageStatus
from tests.simulation.plants import Patch, Plant, _commit_without, _render_without
from tests.simulation.plants_floor import _no_timer


def _instead(module: Any, name: str, value: Callable[..., Any]) -> Patch:
    """A function of a module is another one."""
    return lambda monkeypatch: monkeypatch.setattr(module, name, value)


def _anything_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables of moves, which would stop a bug at once, stop nothing."""
    for module in (deliveries, outcomes):
        monkeypatch.setattr(module, "may_deliver", lambda *_: True)


def _answered_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Engine._turn

    def is_receipt(effect: object) -> bool:
        return isinstance(effect, Send) and effect.type == "SE_MESSAGE_RECEIVED"

    def turn(self: Engine) -> bool:
        self._gather()
        early = [effect for effect in self._pending.effects if is_receipt(effect)]
        self._pending.effects[:] = [e for e in self._pending.effects if not is_receipt(e)]
        self._outlet.deliver(early)
        return original(self)

    monkeypatch.setattr(Engine, "_turn", turn)


def _handed_over_again_when_a_carrier_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second attempt begins while the first one is open."""
    original = sending._handed_over
    _anything_goes(monkeypatch)

    def handed_over(state: State, stamp: Stamp, key: Guid) -> Decision | None:
        kept, gateway = state.messages, state.config.message_gateways.get(key)
        for one in kept.sending.get(key, ()):
            message = kept.messages[one]
            session = message.delivery.session if message.delivery is not None else None
            other = sending._carrier(state, gateway, message) if gateway is not None else None
            if gateway is not None and session not in state.sessions and other is not None:
                return Decision(
                    [attempts.begun(message, stamp, gateway), MessageHandedOver(one, other)],
                    [MessageToConnector(message=one, session=other)],
                )
        return original(state, stamp, key)

    monkeypatch.setattr(sending, "_handed_over", handed_over)


def _an_error_counts_after_success(monkeypatch: pytest.MonkeyPatch) -> None:
    _anything_goes(monkeypatch)

    def refused(
        state: State, message: Message, stamp: Stamp, _session: Session, error: str
    ) -> list[Fact]:
        return [attempts.failed(state, message, stamp, attempts.outcome_of(error), error)]

    monkeypatch.setattr(outcomes, "_refused", refused)


def _what_is_queued_is_lost_at_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    original = restoring.restore_messages

    def restore_messages(state: State, *rest: Any) -> None:
        original(state, *rest)
        state.messages.queued.clear()

    monkeypatch.setattr(broker, "restore_messages", restore_messages)


def _a_throttled_attempt_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "THROTTLED", "slow down:")


def _a_report_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    _anything_goes(monkeypatch)

    def reached(
        message: Message, stamp: Stamp, status: MessageStatus, outcome: AttemptOutcome, _text: str
    ) -> list[Fact]:
        return [attempts.moved(message, stamp, status, outcome)]

    monkeypatch.setattr(outcomes, "_reached", reached)


def _one_slot_more(monkeypatch: pytest.MonkeyPatch) -> None:
    original = capacity.capacity

    def more(state: DistributionState, agent: Guid, work: Work = Work.CHAT) -> int:
        return original(state, agent, work) + (work is Work.CONVERSATION)

    monkeypatch.setattr(capacity, "capacity", more)


def _put_aside_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was put aside stays there though the other party writes."""
    original = receiving._Coming._into

    def into(self: Any, conversation: Conversation) -> Decision:
        decision = original(self, conversation)
        decision.facts[:] = [
            f for f in decision.facts if type(f).__name__ != "ConversationUnparked"
        ]
        return decision

    monkeypatch.setattr(receiving._Coming, "_into", into)


def _slots_told_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    original = structures.agent_state

    def told(state: State, agent: Guid) -> AgentStateInfo:
        shown = original(state, agent)
        held = shown.active_messages
        return evolve(shown, active_messages=held + 1 if held is not None else None)

    for module in (queries, structures):
        monkeypatch.setattr(module, "agent_state", told)


def _offered_to_any_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(**members: Any) -> SessionJoined:
        return SessionJoined(**(members | {"takes_messages": True}))

    monkeypatch.setattr(sessions, "SessionJoined", joined)


def _of_old(*_of: object) -> int:
    return 1 << 60


def _whoever_had_it_writes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two agents work on one conversation: the one who has it, and the one who had it last."""
    original = letters._meant

    def meant(state: State, agent: Guid, p: MessageContentInfo) -> Any:
        found = state.messages.conversations.get(p.conversation_id or Guid(""))
        if found is not None and found.is_open and agent == found.last_agent:
            return found
        return original(state, agent, p)

    monkeypatch.setattr(letters, "_meant", meant)


def _two_are_alerted(monkeypatch: pytest.MonkeyPatch) -> None:
    original = conversations.offered

    def offered(state: State, one: Conversation, agent: Guid, *rest: Any, **how: Any) -> Decision:
        decision = original(state, one, agent, *rest, **how)
        decision.notices += [
            conversations._alert(one, other, "SC_CONVERSATION_ALERT")
            for other, presence in state.distribution.presences.items()
            if other != agent and presence.session is not None
        ]
        return decision

    monkeypatch.setattr(conversations, "offered", offered)


def _wrapped_up_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrap-up of a conversation is shown, and its slot is given to another one."""
    original = hold_for_wrapup

    def hold(
        state: DistributionState, id: Guid, agent: Guid, at: int, until: int, work: Work
    ) -> None:
        original(state, id, agent, at, until, work)
        workload = state.distribution.presences[agent].workload(work)
        workload.load -= workload.costs[id]
        workload.costs[id] = 0
        touch(state, agent)

    monkeypatch.setattr(slots, "hold_for_wrapup", hold)


def _end_of_wrap_up_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    original = conversing.wrap_up_over

    def over(conversation: Conversation, stamp: Stamp, cause: WrapupEnd, **said: Any) -> Decision:
        return Decision(original(conversation, stamp, cause, **said).facts)

    monkeypatch.setattr(conversing, "wrap_up_over", over)


def _wait_rules_of_messages_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    original = wait_rules.apply_conversation_wait
    done: set[tuple[Guid, int]] = set()

    def apply(state: State, one: Conversation, stamp: Stamp) -> Decision:
        decision = original(state, one, stamp)
        for number, fact in enumerate(decision.facts):
            if isinstance(fact, ConversationWidened) and (one.id, fact.level) not in done:
                done.add((one.id, fact.level))
                decision.facts[number] = evolve(fact, level=one.wait_level)
        return decision

    monkeypatch.setattr(timeouts, "apply_conversation_wait", apply)


_BUGS = (
    Plant(
        "a message is taken twice", "I-18", _instead(receiving, "known_message", lambda *_: None)
    ),
    Plant("a message is answered before its commit", "I-11", _answered_before_the_commit),
    Plant("a message is answered and not stored", "I-18", _commit_without(MessageStored, 5)),
    Plant("threads are torn", "I-18", _instead(receiving, "find_thread", lambda *_: (None, None))),
    Plant("an attempt begins beside an open one", "I-12", _handed_over_again_when_a_carrier_goes),
    Plant("what is sent is sent again", "I-12", _an_error_counts_after_success),
    Plant("what is queued is lost at a start", "I-16", _what_is_queued_is_lost_at_a_start),
    Plant("a throttled attempt counts", "I-12", _a_throttled_attempt_counts),
    Plant("it is tried again at once", "I-12", _instead(attempts, "_jittered", lambda *_: 0)),
    Plant("an attempt has no end", "I-16", _no_timer(TimerKind.MESSAGE)),
    Plant("a report goes back", "I-12", _a_report_goes_back),
    Plant("an agent has a slot too many for messages", "I-6", _one_slot_more),
    Plant("a conversation is wrapped up for nothing", "I-6", _wrapped_up_for_nothing, 20),
    Plant(
        "a conversation is not wrapped up",
        "I-6",
        _instead(conversations, "wrap_up", lambda *_: Decision()),
        20,
    ),
    Plant("a wrap-up of a conversation ends unseen", "I-9", _end_of_wrap_up_kept_back),
    Plant("slots for messages are told wrong", "I-6", _slots_told_wrong),
    Plant("any program is offered conversations", "I-8", _offered_to_any_program),
    Plant("wait rules of messages come again", "I-16", _wait_rules_of_messages_come_again, 40),
    Plant("wait rules of messages never come", "I-16", _no_timer(TimerKind.CONVERSATION_WAIT), 40),
    Plant(
        "what comes back comes back to nobody",
        "I-7",
        _instead(outcomes, "undelivered", lambda *_: Decision()),
        40,
    ),
    Plant("nobody fetches what was put aside", "I-7", _no_timer(TimerKind.ASIDE)),
    Plant("what is put aside sleeps when somebody writes", "I-7", _put_aside_for_good, 20),
    Plant("a conversation stays with who is gone", "I-16", _no_timer(TimerKind.CONVERSATION_GRACE)),
    Plant("two agents work on one conversation", "I-6", _whoever_had_it_writes_on),
    Plant("two agents are alerted for one conversation", "I-6", _two_are_alerted),
    Plant(
        "nobody hears what comes into their conversation",
        "I-9",
        _render_without(lambda a: isinstance(a, MessageToAgent)),
    ),
    Plant("a start forgets what just closed", "I-10", _instead(message_recovery, "age", _of_old)),
    Plant("a draft is lost", "I-1", _commit_without(DraftKept, 2)),
    Plant("a note for colleagues is lost", "I-1", _commit_without(ConversationNoted, 3)),
)


PLANTS = tuple(evolve(bug, needs=has_post) for bug in _BUGS)
