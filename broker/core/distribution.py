"""Who gets the chat (B-20..B-25, B-30).

Theory of operation: between two inputs no waiting chat has a candidate (B-23), so after an input
only what it touched can match: chats that began to wait, agents that got a free slot, became
ready or lost an exclusion. `next_offer` takes the earliest of these chats, in the order of B-21,
that has a candidate, and offers it to the best one; the broker's step applies that and asks
again until nothing matches. What was looked at in vain is settled and not looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence

from broker.core.announce import ChatToAgent, ChatToConnectors, capacity
from broker.core.decision import Decision
from broker.core.facts import AgentSettled, ChatMoved, ChatSettled, DecisionLogged, OfferMade
from broker.core.inputs import Stamp
from broker.core.state import Chat, Desk, State, Ticket
from protocol.values import AgentState, ChatStatus, Guid

_ORDER = ("answered it before", "skill", "free slots", "longest idle", "agent id")
LOGGED_AGENTS = 20
"""How many passed-over agents a logged decision names; the rest are counted by reason."""


def next_offer(state: State, stamp: Stamp) -> Decision | None:
    """The next offer to make, or the next thing to settle, or None when all is settled."""
    d = state.distribution
    best: Ticket | None = None
    for agent in d.fresh_agents:
        found = best_ticket(state, agent, stamp.now)
        if found is None:
            return Decision([AgentSettled(agent)])
        if best is None or found.order < best.order:
            best = found
    if d.fresh_chats:
        order = d.fresh_chats[0]
        ticket = d.tickets.get(order[2])
        if ticket is None or ticket.order != order:
            return Decision([ChatSettled(order[2])])
        if best is None or ticket.order <= best.order:
            return offer(state, ticket, stamp) or _unserved(state, ticket, stamp)
    return offer(state, best, stamp) if best is not None else None


def best_ticket(state: State, agent: Guid, now: int) -> Ticket | None:
    """The first waiting chat that the agent could be offered."""
    d = state.distribution
    desk = d.desks.get(agent)
    if desk is None or why_not(state, desk) is not None:
        return None
    best: Ticket | None = None
    for queue in d.queues.values():
        if agent not in queue.agents:
            continue
        for order in queue.tickets:
            if best is not None and order > best.order:
                break
            ticket = d.tickets[order[2]]
            if not (ticket.exclusions and excluded(state, ticket, agent, now)):
                best = ticket
                break
    return best


def why_not(state: State, desk: Desk | None) -> str | None:
    """Why an agent can be offered nothing at all now, or None when he can (B-20)."""
    if desk is None or desk.session is None:
        return "away"
    if desk.state is not AgentState.READY:
        return f"state {desk.state.value}"
    if desk.next_state is not None:
        return "leaving"
    if len(desk.leases) >= capacity(state, desk.agent):
        return "no free slot"
    return None


def excluded(state: State, ticket: Ticket, agent: Guid, now: int) -> bool:
    """Whether the agent let this chat go too short a time ago (B-24).

    The full pause holds as long as somebody else is left who could take the chat sooner or
    later; when nobody is, a short one does.
    """
    since = ticket.exclusions.get(agent)
    if since is None:
        return False
    numbers = state.config.distribution
    if now >= since + numbers.retry_after:
        return False
    if now < since + min(numbers.retry_alone, numbers.retry_after):
        return True
    return _others_left(state, ticket, now)


def _others_left(state: State, ticket: Ticket, now: int) -> bool:
    pause = state.config.distribution.retry_after
    for agent in state.distribution.queues[ticket.demand].agents:
        since = ticket.exclusions.get(agent)
        if since is not None and now < since + pause:
            continue
        desk = state.distribution.desks.get(agent)
        if why_not(state, desk) in (None, "no free slot"):
            return True
    return False


def offer(state: State, ticket: Ticket, stamp: Stamp) -> Decision | None:
    """Offer a chat to the best candidate; None when there is no candidate (B-21)."""
    queue = state.distribution.queues[ticket.demand]
    project = state.config.projects.get(ticket.demand[0])
    best_skill = project is not None and project.best_skill
    passed: dict[Guid, str] = {}
    ranked: list[tuple[bool, int, int, int, Guid]] = []
    for agent, skill in queue.agents.items():
        desk = state.distribution.desks.get(agent)
        reason = why_not(state, desk)
        if reason is None and ticket.exclusions and excluded(state, ticket, agent, stamp.now):
            reason = "excluded"
        if reason is not None or desk is None:
            passed[agent] = reason or "away"
            continue
        free = capacity(state, agent) - len(desk.leases)
        ranked.append(
            (
                agent != ticket.preferred,
                -skill if best_skill else 0,
                -free,
                desk.idle_since,
                agent,
            )
        )
    if not ranked:
        return None
    ranked.sort()
    chosen = ranked[0][4]
    chat = state.chats[ticket.chat]
    duration = project.signal_duration if project is not None else 0
    detail = explain(state, ticket, passed, stamp.now)
    detail["candidates"] = [agent for *_, agent in ranked[:LOGGED_AGENTS]]
    detail["by"] = _deciding(ranked)
    return _offered(state, chat, chosen, stamp, duration, detail)


def _deciding(ranked: Sequence[tuple[object, ...]]) -> str:
    """Which rule of B-21 put the first candidate before the second."""
    if len(ranked) == 1:
        return "only candidate"
    first, second = ranked[0], ranked[1]
    return next(
        word for word, one, other in zip(_ORDER, first, second, strict=True) if one != other
    )


def _offered(
    state: State,
    chat: Chat,
    agent: Guid,
    stamp: Stamp,
    duration: int,
    detail: dict[str, object],
) -> Decision:
    desk = state.distribution.desks[agent]
    return Decision(
        [
            DecisionLogged(
                chat=chat.id,
                no=chat.no,
                at=stamp.now,
                kind="offered",
                agent=agent,
                detail=detail,
            ),
            OfferMade(
                offer=state.next_offer,
                chat=chat.id,
                no=chat.no,
                agent=agent,
                workplace=desk.workplace or "",
                at=stamp.now,
                until=stamp.now + duration,
            ),
            ChatMoved(
                chat=chat.id,
                no=chat.no,
                at=stamp.now,
                status=ChatStatus.ALERTING,
                cause="offered",
                agent=agent,
                priority=chat.priority,
                enqueued_at=chat.enqueued_at,
            ),
        ],
        [
            ChatToAgent(chat=chat.id, agent=agent, type="SC_CHAT_ALERT"),
            ChatToConnectors(chat=chat.id),
        ],
    )


def explain(state: State, ticket: Ticket, passed: dict[Guid, str], now: int) -> dict[str, object]:
    """Why the passed-over agents were passed over, in plain values (B-30)."""
    counts: dict[str, object] = {}
    for reason in passed.values():
        before = counts.get(reason, 0)
        counts[reason] = (before if isinstance(before, int) else 0) + 1
    named: list[object] = [
        {"agent": agent, "reason": reason} for agent, reason in list(passed.items())[:LOGGED_AGENTS]
    ]
    return {
        "waited": max(0, now - ticket.order[1]),
        "waiting": len(state.distribution.tickets),
        "passed_over": named,
        "reasons": counts,
        "not_qualified": len(state.config.agents)
        - len(state.distribution.queues[ticket.demand].agents),
    }


def _unserved(state: State, ticket: Ticket, stamp: Stamp) -> Decision:
    """Nobody for this chat now: settle it, and log why when it has just begun to wait."""
    settled = ChatSettled(ticket.chat)
    if ticket.explained:
        return Decision([settled])
    passed: dict[Guid, str] = {}
    for agent in state.distribution.queues[ticket.demand].agents:
        reason = why_not(state, state.distribution.desks.get(agent))
        passed[agent] = reason or "excluded"
    chat = state.chats[ticket.chat]
    logged = DecisionLogged(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        kind="waiting",
        agent=None,
        detail=explain(state, ticket, passed, stamp.now),
    )
    return Decision([logged, settled])
