"""What is decided about one chat, fact by fact, for tests that write facts into it."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from broker.core.apply import apply
from broker.core.chat_state import Chat
from broker.core.facts import (
    ChatMoved,
    ChatParked,
    ChatRouted,
    ChatStarted,
    Fact,
    InviteMade,
    OfferEnded,
    OfferMade,
)
from broker.core.facts.causes import (
    ChatCause,
    OfferOutcome,
)
from broker.core.state import State
from protocol.values import ChatStatus, CloseReason, Guid, TransferMode
from tests.support.bare_core import CHAT, UP, agent_in, bare_state, gateway_in, project_in

STATE = bare_state()
WEB, IM = gateway_in(STATE.config), gateway_in(STATE.config, "im")
ALICE, BOB = agent_in(STATE.config, "alice"), agent_in(STATE.config, "bob")
SUPPORT, SALES = project_in(STATE.config, "Support"), project_in(STATE.config, "Sales")
OF_CHAT: dict[str, Any] = {"chat": CHAT, "no": 1}
THEN: dict[str, Any] = {**OF_CHAT, "at": UP}
NOBODY: dict[str, Any] = dict.fromkeys(
    ("party_name", "remote_address", "culture", "user_token", "ext_response")
)
START = ChatStarted(**THEN, gateway=WEB, tracking_id="t1", **NOBODY)
OUTBOUND = evolve(START, tracking_id=CHAT, outbound=True, open_key=Guid("key"))
ROUTED = ChatRouted(**THEN, project=SUPPORT, language=None, skill=10, priority=3, rule=None)
OFFER = OfferMade(**THEN, offer=7, agent=ALICE, workplace="101", until=UP + 30)
PARKED = ChatParked(**THEN, agent=ALICE)
INVITE = InviteMade(
    **THEN,
    by=ALICE,
    mode=TransferMode.TRANSFER,
    agent=None,
    project=SALES,
    note="Please",
    until=UP + 60,
)


def moved(
    status: ChatStatus, cause: ChatCause, agent: Guid | None = None, **more: Any
) -> ChatMoved:
    return ChatMoved(
        **THEN,
        status=status,
        cause=cause,
        agent=agent,
        priority=3,
        **{"enqueued_at": UP, **more},
    )


WAITS = moved(ChatStatus.WAITING, ChatCause.ROUTED)
ALERTS = moved(ChatStatus.ALERTING, ChatCause.OFFERED, ALICE)
ANSWERS = moved(ChatStatus.ANSWERED, ChatCause.ANSWERED, ALICE, before=ALICE)
CLOSES = moved(
    ChatStatus.CLOSED, ChatCause.CLOSED, ALICE, close_reason=CloseReason.AGENT, readers=(ALICE,)
)


def ended(outcome: OfferOutcome, offer: int = 7) -> OfferEnded:
    return OfferEnded(
        **THEN, offer=offer, agent=ALICE, outcome=outcome, missed=0, status=ChatStatus.ALERTING
    )


TALKING = (START, ROUTED, WAITS, OFFER, ALERTS, ended(OfferOutcome.ANSWERED), ANSWERS)


def after(*facts: Fact) -> tuple[State, Chat]:
    state = bare_state()
    for fact in facts:
        apply(state, fact)
    return state, state.chats[CHAT]
