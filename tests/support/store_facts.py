"""Facts for tests of the store, short to write."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatStarted,
    OfferEnded,
    OfferMade,
    SentenceConfirmed,
    SentenceStored,
)
from broker.core.facts.causes import AgentCause, ChatCause, OfferOutcome
from broker.core.sentence import Words
from protocol.values import AgentState, ChatStatus, CloseReason, Guid

GATEWAY = Guid("00000000-0000-4000-8000-0000000000aa")
AGENT = Guid("00000000-0000-4000-8000-0000000000bb")


def chat_id(no: int) -> Guid:
    """The Guid of a chat in these tests."""
    return Guid(f"00000000-0000-4000-9000-{no:012x}")


def started(no: int, tracking: str | None = None, at: int = 0) -> ChatStarted:
    """A chat begins."""
    return ChatStarted(
        chat=chat_id(no),
        no=no,
        at=at or no,
        gateway=GATEWAY,
        tracking_id=tracking or f"visitor-{no}",
        party_name=None,
        remote_address=None,
        culture=None,
        user_token=None,
        ext_response=None,
    )


def said(
    no: int, counter: int, key: str | None = None, *, outbound: bool = False, **others: Any
) -> SentenceStored:
    """A sentence is stored; `others` are members of its words."""
    name = key or f"key-{counter}"
    agent = AGENT if outbound else None
    at = counter
    words = Words(name, None, f"text {counter}", at, outbound, 0, at, agent)
    return SentenceStored(chat_id(no), no, counter, evolve(words, **others))


def confirmed(no: int, counter: int, at: int = 99) -> SentenceConfirmed:
    """A sentence is confirmed."""
    return SentenceConfirmed(chat_id(no), no, counter, at)


def moved(no: int, status: ChatStatus, at: int = 50) -> ChatMoved:
    """A chat changes its status."""
    closed = status is ChatStatus.CLOSED
    return ChatMoved(
        chat=chat_id(no),
        no=no,
        at=at,
        status=status,
        cause=ChatCause.ROUTED,
        agent=AGENT if status in (ChatStatus.ALERTING, ChatStatus.ANSWERED) else None,
        priority=0,
        enqueued_at=at,
        close_reason=CloseReason.EXTERNAL if closed else None,
    )


def ready(agent: Guid = AGENT, missed: int = 0, at: int = 1) -> AgentMoved:
    """An agent is ready."""
    return AgentMoved(
        agent=agent,
        at=at,
        since=at,
        state=AgentState.READY,
        reason=None,
        next_state=None,
        cause=AgentCause.ASKED,
        workplace="101",
        missed=missed,
    )


def offered(offer: int, no: int, at: int = 60) -> OfferMade:
    """A chat is offered."""
    return OfferMade(
        offer=offer, chat=chat_id(no), no=no, agent=AGENT, workplace="101", at=at, until=at + 30
    )


def offer_ended(offer: int, no: int, at: int = 70) -> OfferEnded:
    """An offer ends."""
    return OfferEnded(
        offer=offer,
        chat=chat_id(no),
        no=no,
        agent=AGENT,
        at=at,
        outcome=OfferOutcome.MISSED,
        missed=1,
        status=ChatStatus.ALERTING,
    )
