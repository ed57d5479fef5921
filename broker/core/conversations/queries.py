"""Questions about conversations that change nothing: resync, status, what waits (W-25, B-57)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge

from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution_state import Work
from broker.core.effects import Answer, ConversationToAgent, Reply
from broker.core.inputs import Stamp
from broker.core.limits import LISTED_BYTES, OVERVIEW_ITEMS
from broker.core.message_state import Conversation
from broker.core.serving import answered, serves
from broker.core.state import AgentPresence, Session, State
from broker.core.views.addressing import presence_at
from broker.core.views.conversation_addressing import (
    NO_CONVERSATION,
    conversation_at,
    is_supervisor,
    may_read,
)
from broker.core.views.conversation_structures import (
    conversation_info,
    overview_info,
    structure_bytes,
)
from protocol.conversation import ConversationCommandInfo, ConversationInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid

_TOO_MANY = Refusal(
    ErrorCode.OVERLOADED,
    "Peer: so many are listed in pieces only, and the hello did not say TakesPieces",
)


@serves(ConversationCommandInfo)
def resync(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_RESYNC: those offered to the agent, with them, or put aside by them.

    The place of one in the list is its number, which it keeps: a list in pieces ends as one would have.
    """
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    if p.after is not None and not session.takes_pieces:
        return Refusal(ErrorCode.BAD_PAYLOAD, "After: the hello did not say TakesPieces")
    if p.after is not None and p.after < 1:
        return Refusal(ErrorCode.BAD_PAYLOAD, "After: no place of a list")
    after, number = p.after or 0, session.workplace or ""
    listed = [one for one in _of_agent(state, presence) if one.no > after]
    shown = (conversation_info(state, c, presence.agent, number, stamp.now) for c in listed)
    most = state.config.limits.list_chats if session.takes_pieces else len(listed)
    piece = _that_fit(state, shown, most)
    if len(piece) == len(listed):
        return answered(session, frame, Reply("SC_CONVERSATION_LIST", piece))
    if not session.takes_pieces:
        return _TOO_MANY
    last = listed[max(0, len(piece) - 1)].no
    return answered(session, frame, Reply("SC_CONVERSATION_LIST", piece, more=last))


def _of_agent(state: State, presence: AgentPresence) -> list[Conversation]:
    """What an agent has before them, by number; what is over and written up is told with their state."""
    kept = state.messages
    keys = (*presence.conversations.leases, *kept.aside.get(presence.agent, ()))
    found = (kept.conversations[key] for key in keys)
    return sorted((one for one in found if one.is_open), key=lambda one: one.no)


def _that_fit(
    state: State, shown: Iterable[ConversationInfo], most: int
) -> tuple[ConversationInfo, ...]:
    """As many as one answer has room for."""
    room = state.config.limits.frame_bytes - LISTED_BYTES  # of the frame around them
    fitting: list[ConversationInfo] = []
    for one in shown:
        room -= structure_bytes(one)
        if room < 0 or len(fitting) == most:
            break
        fitting.append(one)
    return tuple(fitting)


@serves(ConversationCommandInfo)
def status(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_STATUS: one with its latest messages, or with those before a place."""
    found = conversation_at(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, one = found
    if p.before is not None and p.before < 1:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Before: no place of a message")
    if p.limit is not None and p.limit < 1:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Limit: must be at least 1")
    full = may_read(state, one, presence.agent)
    if not full and one.offered_to != presence.agent:
        return NO_CONVERSATION
    told = ConversationToAgent(
        conversation=one.id, agent=presence.agent, full=full, before=p.before, limit=p.limit
    )
    return Decision(answer=Answer(session.number, frame.id, told))


@serves(ConversationCommandInfo)
def overview(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationCommandInfo
) -> Outcome:
    """CS_CONVERSATION_OVERVIEW: those that wait and that the agent may take; for a supervisor, all.

    A supervisor sees the open ones, those in front that wait or are put aside, and then what the rules
    closed as unwanted (B-59).
    """
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    number = session.workplace or ""
    supervises = is_supervisor(state, presence.agent)
    found = _all(state) if supervises else _waiting_for(state, presence.agent)
    shown = (overview_info(state, one, number, stamp.now) for one in found)
    return answered(
        session, frame, Reply("SC_CONVERSATION_OVERVIEW", _that_fit(state, shown, OVERVIEW_ITEMS))
    )


def _waiting_for(state: State, agent: Guid) -> Iterator[Conversation]:
    """What waits and asks for nothing that the agent lacks, in the order of the queue."""
    d = state.distribution
    queues = (
        queue.entries
        for demand, queue in d.queues.items()
        if demand.work is Work.CONVERSATION and agent in queue.agents
    )
    for order in merge(*queues):
        yield state.messages.conversations[order[-1]]


def _all(state: State) -> Iterator[Conversation]:
    kept = state.messages.conversations
    opened = (kept[key] for key in state.messages.opened)
    yield from sorted(opened, key=lambda one: (one.status is not ChatStatus.WAITING, one.no))
    yield from (kept[key] for key in reversed(state.messages.unwanted))
