"""Questions that change nothing: resync and status (W-25)."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge

from attrs import evolve

from broker.config.model import Gateway
from broker.core.decision import Outcome, Refusal
from broker.core.effects import ChatToAgent, ChatToConnectors, Reply
from broker.core.inputs import Stamp
from broker.core.limits import (
    OVERVIEW_BYTES,
    OVERVIEW_ITEMS,
    PARTIES_BYTES,
    chat_bytes,
    items_that_fit,
)
from broker.core.serving import answered, serves
from broker.core.state import Session, State
from broker.core.views.addressing import (
    NO_CHAT,
    chat_at_workplace,
    gateways_of,
    presence_at,
    tracked_chat,
)
from broker.core.views.structures import agent_state, chat_for_connector, chat_for_workplace
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid

_TOO_MANY = Refusal(
    ErrorCode.OVERLOADED,
    "Peer: so many chats are listed in pieces only, and the hello did not say TakesPieces",
)
_TOO_MANY_PORTS = Refusal(
    ErrorCode.OVERLOADED,
    "Port: so many chats are listed in pieces, or port by port, only, and the hello did not say "
    "TakesPieces",
)


@serves(ChatCommandInfo)
def resync_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """ES_CHAT_RESYNC: the open chats of a gateway, or of all ports of a peer, perhaps in pieces."""
    gateways = gateways_of(state, session, p)
    if isinstance(gateways, Refusal):
        return gateways
    if session.takes_pieces:
        if p.after is not None and p.after < 1:
            return Refusal(ErrorCode.BAD_PAYLOAD, "After: no place of a list")
        return answered(session, frame, _piece(state, gateways, p.after or 0))
    if p.after is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "After: the hello did not say TakesPieces")
    if sum(state.list_bytes.get(one.id, 0) for one in gateways) > state.config.limits.frame_bytes:
        return _TOO_MANY if len(gateways) == 1 else _TOO_MANY_PORTS
    listed = [chat for one in gateways for chat in state.listings.of(one.id)]
    return answered(session, frame, Reply("SE_CHAT_LIST", _listed(state, listed)))


def _piece(state: State, gateways: tuple[Gateway, ...], after: int) -> Reply:
    """As many chats behind a place as one piece takes, and whether there are more."""
    limits = state.config.limits
    behind = merge(*(state.listings.of(gateway.id).behind(after) for gateway in gateways))
    chats: list[Guid] = []
    size, last = 0, after
    for place, chat in behind:
        size += chat_bytes(state.chats[chat].visitor.tracking_id)
        if chats and (len(chats) == limits.list_chats or size > limits.frame_bytes):
            return Reply("SE_CHAT_LIST", _listed(state, chats), more=last)
        chats.append(chat)
        last = place
    return Reply("SE_CHAT_LIST", _listed(state, chats))


def _listed(state: State, chats: Iterable[Guid]) -> tuple[ChatStatusInfo, ...]:
    return tuple(
        chat_for_connector(state, state.chats[chat], full=False, pinned=False) for chat in chats
    )


@serves(ChatCommandInfo)
def resync_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_RESYNC: the chats offered to and answered by the agent."""
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    if p.after is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "After: the list of a workplace is one frame")
    number = session.workplace or ""
    working = [chat for chat, holder in presence.leases.items() if holder is not ChatStatus.CLOSED]
    listed = (*working, *presence.parked, *presence.watching)
    shown = tuple(
        chat_for_workplace(
            state, state.chats[chat], presence.agent, number, stamp.now, info=False, full=False
        )
        for chat in listed
    )
    if len(listed) > items_that_fit(state.config.limits.frame_bytes, PARTIES_BYTES, len(listed)):
        # So many might not fit; each chat's own status has them (W-25).
        shown = tuple(evolve(one, parties=None) for one in shown)
    return answered(session, frame, Reply("SC_CHAT_LIST", shown))


@serves(ChatCommandInfo)
def status_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """ES_CHAT_STATUS: one whole chat."""
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal):
        return chat
    told = ChatToConnectors(chat=chat.id, full=True)
    return answered(session, frame, told)


@serves(ChatCommandInfo)
def status_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_STATUS: one whole chat of the agent's; of an offered one, no sentences (B-7)."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    may_read = chat.is_read_by(presence.agent)
    if not may_read and chat.offered_to != presence.agent:
        return NO_CHAT
    told = ChatToAgent(chat=chat.id, agent=presence.agent, full=may_read)
    return answered(session, frame, told)


@serves(ChatCommandInfo)
def agents(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_AGENT_LIST: who is logged in, so that a chat can be handed to them (B-29)."""
    presence = presence_at(state, session, p)
    if isinstance(presence, Refusal):
        return presence
    there = [
        one.agent
        for one in state.distribution.presences.values()
        if one.state is not AgentState.LOG_OFF and one.agent in state.config.agents
    ]
    most = items_that_fit(state.config.limits.frame_bytes, OVERVIEW_BYTES, OVERVIEW_ITEMS)
    shown = tuple(agent_state(state, agent) for agent in there[:most])
    return answered(session, frame, Reply("SC_AGENT_LIST", shown))
