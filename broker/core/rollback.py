"""The state as it was at the last commit, with everybody still there.

Theory of operation: when the database refuses a row nothing of its batch is stored, and the state
has gone ahead of the store by that batch and by what was stepped upon it. None of that was released,
so what everybody knows is what the store has. The state is therefore built from the store as after a
restart, and what the store does not keep is put back: who is connected, under which configuration,
and what was promised or remembered in this process only. Nobody notices, and the inputs are decided again.

What is put back comes from two places. Who is connected must be exact, so it is noted as batches
become durable (`Presence`). The rest only makes later decisions kinder (how long an agent is idle, what
a visitor was told), so it is taken from the state that went ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from attrs import Factory, define, evolve

from broker.config.model import Config
from broker.core.apply import apply
from broker.core.broker import restore
from broker.core.chats.needs import need_of
from broker.core.deadlines import arm_all, arm_exclusions
from broker.core.distribution.apply import arm_presences, requeue
from broker.core.distribution.eligibility import touch
from broker.core.distribution_state import Work
from broker.core.facts import ConfigReplaced, Fact, SessionJoined, SessionLeft
from broker.core.message_state import Conversation
from broker.core.messages.apply import arm_messages
from broker.core.messages.needs import need_of as asked_of
from broker.core.messages.restoring import remember_deliveries
from broker.core.state import AgentPresence, Chat, Recovered, State
from protocol.values import ChatStatus

OF_PRESENCE = frozenset({SessionJoined, SessionLeft, ConfigReplaced})
"""The facts that `Presence` is made of."""


@define
class Presence:
    """What was so at the last commit, and is in no row.

    Attributes:
        config: The configuration in force.
        sessions: Who is connected, in the order in which they came.
    """

    config: Config
    sessions: dict[int, SessionJoined] = Factory(dict)

    def note(self, facts: Iterable[Fact]) -> None:
        """Some facts are as good as durable: everything before them is."""
        for fact in facts:
            if isinstance(fact, SessionJoined):
                self.sessions[fact.session] = fact
            elif isinstance(fact, SessionLeft):
                self.sessions.pop(fact.session, None)
            elif isinstance(fact, ConfigReplaced):
                self.config = fact.config

    def copy(self) -> Presence:
        """The same, to be kept."""
        return evolve(self, sessions=dict(self.sessions))


def roll_back(ahead: State, presence: Presence, recovered: Recovered, now: int) -> State:
    """Build the state as it was at the last commit.

    Args:
        ahead: The state that went ahead of the store; it is left as it is.
        presence: Who was there at the last commit.
        recovered: What the store has.
        now: Microseconds since the Unix epoch.
    """
    known = ahead.distribution.presences
    state = restore(presence.config, recovered, now, ahead.up, also=known.keys())
    state.resumed, state.ahead = ahead.resumed, ahead.ahead
    state.listings.go_on_from(ahead.listings)
    for number, joined in presence.sessions.items():
        apply(state, joined)
        if number in ahead.sessions:
            session = ahead.sessions[number]
            state.sessions[number].registers = dict(session.registers)
            state.sessions[number].message_gateways = dict(session.message_gateways)
    for agent, one in state.distribution.presences.items():
        before = known.get(agent)
        if before is not None:
            _remember_presence(state, one, before)
    for chat in state.chats.values():
        was = ahead.chats.get(chat.id)
        if was is not None:
            # Not `past_pinned`: what it knows of inputs that are decided again would make retries of them.
            chat.waiting.estimate = was.waiting.estimate
            _remember_times(state, chat, was)
        _await_bot(state, chat, was)
    for conversation in state.messages.conversations.values():
        same = ahead.messages.conversations.get(conversation.id)
        if same is not None:
            _remember_conversation(state, conversation, same)
    remember_deliveries(state, ahead)
    arm_all(state)
    arm_messages(state)
    arm_presences(state)
    arm_exclusions(state)
    for no, entry in state.distribution.entries.items():
        queued = ahead.distribution.entries.get(no)
        entry.explained = queued is not None and queued.explained
    state.distribution.answered = {
        project: deque(moments, moments.maxlen)
        for project, moments in ahead.distribution.answered.items()
    }
    return state


def _remember_presence(state: State, presence: AgentPresence, before: AgentPresence) -> None:
    presence.idle_since = before.idle_since
    if presence.lost_at is not None and before.left_at is not None:
        # Not `lost_at`: where their time is over in the state that went ahead there is none any more.
        presence.lost_at = presence.left_at = before.left_at
    for work in Work:
        wrapups = presence.workload(work).wrapups
        for key, running in before.workload(work).wrapups.items():
            if key in wrapups:
                wrapups[key] = running
    touch(state, presence.agent)


def _remember_times(state: State, chat: Chat, was: Chat) -> None:
    """What the store has was read as after a restart: as old as the store can tell. Memory knows better."""
    chat.started_up = was.started_up
    if chat.waiting.enqueued_at == was.waiting.enqueued_at:
        chat.waiting.queued_up = was.waiting.queued_up
    if chat.activity.quiet_since == was.activity.quiet_since:
        chat.activity.quiet_up = was.activity.quiet_up
    if chat.ending.closed_at == was.ending.closed_at:
        chat.ending.closed_up = was.ending.closed_up
    if chat.parking is not None and was.parking is not None and chat.parking.at == was.parking.at:
        chat.parking.up = was.parking.up
    if chat.offer is not None and chat.offer == was.offer:
        chat.offer.term = was.offer.term
    if chat.invite is not None and chat.invite == was.invite:
        chat.invite.term = was.invite.term
    chat.exclusions = {
        agent: min(at, was.exclusions.get(agent, at)) for agent, at in chat.exclusions.items()
    }
    requeue(state, chat.id, need_of(chat))


def _remember_conversation(state: State, one: Conversation, was: Conversation) -> None:
    """The same of a conversation."""
    one.started_up = was.started_up
    if one.enqueued_at == was.enqueued_at:
        one.queued_up = was.queued_up
    if one.waiting_since == was.waiting_since:
        one.waiting_up = was.waiting_up
    if one.closed_at == was.closed_at:
        one.closed_up = was.closed_up
    if one.offer is not None and was.offer is not None and one.offer == was.offer:
        one.offer.term = was.offer.term
    if one.aside is not None and was.aside is not None and one.aside == was.aside:
        one.aside.term = was.aside.term
    one.exclusions = {
        agent: min(at, was.exclusions.get(agent, at)) for agent, at in one.exclusions.items()
    }
    requeue(state, one.id, asked_of(one))


def _await_bot(state: State, chat: Chat, was: Chat | None) -> None:
    """A bot's turn is in no row; one that it had already goes on, and does not begin anew."""
    if chat.status is ChatStatus.ICR and chat.agent is not None and chat.offer is None:
        presence = state.distribution.presences.get(chat.agent)
        spoken = [s.words.outbound for s in chat.transcript.sentences if not s.words.own][-1:]
        if presence is None or presence.session is None or spoken == [False]:
            given = was.bot.given if was is not None else None
            due = state.up + state.config.distribution.bot_timeout
            chat.bot.due = chat.bot.given = due if given is None else min(due, given)
