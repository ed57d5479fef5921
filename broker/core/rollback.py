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
from broker.core.apply_desk import arm_grace
from broker.core.broker import restore
from broker.core.deadlines import arm_bot
from broker.core.facts import ConfigReplaced, Fact, SessionJoined, SessionLeft
from broker.core.standing import touch
from broker.core.state import Chat, Desk, Recovered, State
from broker.core.timers import TimerKind
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
    known = ahead.distribution.desks
    state = restore(presence.config, recovered, now, also=known.keys())
    for joined in presence.sessions.values():
        apply(state, joined)
    for desk in state.distribution.desks.values():
        before = known.get(desk.agent)
        if before is not None:
            _remember_desk(state, desk, before)
    for chat in state.chats.values():
        _arm(state, chat)
        was = ahead.chats.get(chat.id)
        if was is not None:
            # Not `past_slots`: what it knows of inputs that are decided again would make retries of them.
            chat.estimate = was.estimate
    for no, ticket in state.distribution.tickets.items():
        queued = ahead.distribution.tickets.get(no)
        ticket.explained = queued is not None and queued.explained
    state.distribution.answered = {
        project: deque(moments, moments.maxlen)
        for project, moments in ahead.distribution.answered.items()
    }
    return state


def _remember_desk(state: State, desk: Desk, before: Desk) -> None:
    desk.idle_since = before.idle_since
    if desk.lost_at is not None and before.lost_at is not None:
        desk.lost_at = before.lost_at
        arm_grace(state, desk, desk.lost_at)
    touch(state, desk.agent)


def _arm(state: State, chat: Chat) -> None:
    """Set the times that a restart has no use for, since it ends what they belong to."""
    if chat.offer_until is not None:
        state.timers.set(chat.offer_until, TimerKind.OFFER, chat.id)
    if chat.invite is not None and chat.invite.project is not None:
        state.timers.set(chat.invite.until, TimerKind.INVITE, chat.id)
    if chat.status is ChatStatus.ICR and chat.agent is not None and chat.offer is None:
        desk = state.distribution.desks.get(chat.agent)
        spoken = [s.outbound for s in chat.sentences if not s.own][-1:]
        if desk is None or desk.session is None or spoken == [False]:
            chat.bot_due = state.now + state.config.distribution.bot_timeout
            arm_bot(state, chat)
