"""I-6, I-8: conversations move as they may, are with one agent, and nobody has more than they may (B-57)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

from broker.checker.evidence import Story, in_force
from broker.checker.history import Kind
from broker.checker.i06_slots import SETTLE, alerted_twice, seats_of
from broker.checker.post import ConversationMoveRow, ConversationOfferRow
from broker.checker.violation import Violation
from protocol.agent import AgentStateInfo
from protocol.conversation import ConversationCommandInfo, ConversationInfo
from protocol.values import ChatStatus, CloseReason, Guid, Role

PILOT, WAITING, ALERTING, ANSWERED, CLOSED = "Pilot", "Waiting", "Alerting", "Answered", "Closed"
MOVES: dict[tuple[str, str], set[str]] = {
    (PILOT, WAITING): {"routed", "parked", "undelivered"},
    (PILOT, ANSWERED): {"opened"},
    (PILOT, CLOSED): {"rule", "closed"},
    (WAITING, ALERTING): {"offered"},
    (WAITING, ANSWERED): {"picked"},
    (WAITING, WAITING): {"transferred", "parked", "woken"},
    (WAITING, CLOSED): {"closed", "rule", "wait_rule"},
    (ALERTING, WAITING): {"rejected", "missed", "withdrawn", "forced", "restart"},
    (ALERTING, ANSWERED): {"answered"},
    (ALERTING, CLOSED): {"closed", "rule"},
    (ANSWERED, ANSWERED): {"transferred"},
    (ANSWERED, WAITING): {"returned", "parked", "transferred", "agent_lost", "forced"},
    (ANSWERED, CLOSED): {"closed", "rule"},
    (CLOSED, PILOT): {"reopened"},
    (CLOSED, ANSWERED): {"opened"},
}
"""Which status may follow which, and for which causes."""
OUTCOMES = frozenset({"answered", "rejected", "missed", "withdrawn", "lost", "forced", "restart"})


def legal(story: Story) -> Iterator[Violation]:
    """I-8: every change of a conversation is one of the state machine's."""
    for conversation, moves in story.mail.moves.items():
        if not moves or moves[0].status != PILOT:
            yield Violation("I-8", f"it began with {moves[:1]}", chat=conversation)
            continue
        for before, after in pairwise(moves):
            text = _illegal(before, after)
            if text:
                yield Violation("I-8", text, after.at, chat=conversation)
        stored, last = story.mail.conversations[conversation], moves[-1]
        if (stored.status, stored.agent) != (last.status, last.agent):
            text = f"it is {stored.status} with {stored.agent}, its last move was {last}"
            yield Violation("I-8", text, last.at, chat=conversation)
        if stored.parked_at is not None and stored.status != WAITING:
            text = f"it is put aside and {stored.status}"
            yield Violation("I-8", text, last.at, chat=conversation)
    for offer in story.dump.conversation_offers:
        if offer.outcome is not None and offer.outcome not in OUTCOMES:
            text = f"an offer ended as {offer.outcome}"
            yield Violation("I-8", text, offer.at, chat=offer.conversation)


def told_of_messages(story: Story) -> Iterator[Violation]:
    """I-8: a program whose hello did not say that it takes messages is told of none (B-57)."""
    for connection in story.connections.values():
        if connection.role is not Role.WORKPLACE or connection.takes_messages:
            continue
        for event in connection.events:
            frame = event.frame
            if event.kind is not Kind.GOT or frame is None or frame.re is not None:
                continue
            if frame.type.startswith(("SC_CONVERSATION_", "SC_MESSAGE_")):
                text = f"{frame.type} came to a program that takes no messages"
                yield Violation("I-8", text, event.at, connection.name)


def _illegal(before: ConversationMoveRow, after: ConversationMoveRow) -> str | None:
    text = f"{before.status} was followed by {after.status}: {after.cause}"
    if after.cause not in MOVES.get((before.status, after.status), set()):
        return text
    with_somebody = after.status in (ALERTING, ANSWERED)
    if with_somebody is not (after.agent is not None) and after.status != CLOSED:
        return f"{text}, with {after.agent}"
    same = before.agent == after.agent
    if (before.status, after.status) == (ALERTING, ANSWERED) and not same:
        return f"{text}: offered to {before.agent}, taken by {after.agent}"
    if (before.status, after.status) == (ANSWERED, ANSWERED) and same:
        return f"{text}, from {before.agent} to themselves"
    return None


@frozen
class Hold:
    """A slot or more that a conversation takes of an agent; without an end it does so still.

    Attributes:
        wraps: Whether it has ended, and is wrapped up: whoever goes keeps that until its time is over.
    """

    agent: Guid
    conversation: Guid
    at: int
    end: int | None
    wraps: bool = False


def holds(story: Story) -> Iterator[Hold]:
    """What each agent held and when: offered, worked on, to be taken over, or wrapped up."""
    for conversation, moves in story.mail.moves.items():
        begun: ConversationMoveRow | None = None
        for move in [*moves, None]:
            agent = move.agent if move is not None and move.status in (ALERTING, ANSWERED) else None
            if begun is not None and begun.agent is not None and agent != begun.agent:
                end = move.at if move is not None else None
                yield Hold(begun.agent, conversation, begun.at, end)
                begun = None
            if move is not None and agent is not None and begun is None:
                begun = move
    for offer in story.dump.conversation_offers:
        if offer.by_agent is not None:
            yield Hold(offer.agent, offer.conversation, offer.at, offer.ended_at)
    for wrapup in story.dump.conversation_wrapups:
        yield Hold(wrapup.agent, wrapup.chat, wrapup.at, wrapup.ended_at, wraps=True)


def one_owner(story: Story) -> Iterator[Violation]:
    """I-6: one offer at a time, to somebody who has room for it."""
    last: dict[Guid, ConversationOfferRow] = {}
    for offer in story.dump.conversation_offers:
        before = last.get(offer.conversation)
        if before is not None and (before.ended_at is None or before.ended_at > offer.at):
            text = f"offer {offer.offer} was made while offer {before.offer} was open"
            yield Violation("I-6", text, offer.at, chat=offer.conversation)
        last[offer.conversation] = offer
        owners = story.mail.owner_at(offer.conversation, offer.at)
        if offer.by_agent is not None and offer.by_agent not in owners:
            text = f"{offer.by_agent} wants to hand it over, it was with {owners}"
            yield Violation("I-6", text, offer.at, chat=offer.conversation)
    for letter in story.dump.messages:
        if letter.agent is None or letter.conversation not in story.mail.conversations:
            continue
        owners = story.mail.owner_at(letter.conversation or Guid(""), letter.at)
        if letter.agent not in owners:
            text = f"agent {letter.agent} wrote in it, it was with {owners}"
            yield Violation("I-6", text, letter.at, chat=letter.conversation or "")
    yield from _single_alerts(story)
    yield from _wrapped(story)
    yield from _unwrapped(story)
    yield from _reported_slots(story)
    yield from _capacities(story)


def _single_alerts(story: Story) -> Iterator[Violation]:
    """No agent is alerted for a conversation that another one was alerted for and still is."""
    return alerted_twice(story, "SC_CONVERSATION_ALERT", _conversation_of, _ends_alert)


def _conversation_of(payload: object) -> Guid:
    if isinstance(payload, ConversationInfo | ConversationCommandInfo):
        return payload.conversation_id or Guid("")
    return Guid("")


def _ends_alert(_type: str, payload: object) -> bool:
    return getattr(payload, "status", None) is not ChatStatus.ALERTING


def _reported_slots(story: Story) -> Iterator[Violation]:
    """What an agent's state reports at the end is the sum of what they hold (B-57)."""
    if story.probe_at is None:
        return
    loads: dict[Guid, int] = {}
    for hold in holds(story):
        if hold.end is None:
            known = story.setup.data["message_gateways"]
            gateway = known.get(story.mail.conversations[hold.conversation].gateway, {})
            loads[hold.agent] = loads.get(hold.agent, 0) + gateway.get("weight", 1)
    for connection in story.live():
        for event in connection.events:
            frame = event.frame
            if event.kind is not Kind.GOT or frame is None or event.at < story.probe_at:
                continue
            listed = frame.payload if frame.type == "SC_AGENT_LIST" else ()
            for one in listed if isinstance(listed, tuple) else ():
                if not isinstance(one, AgentStateInfo) or one.agent_id is None:
                    continue
                load = loads.get(one.agent_id, 0)
                if one.active_messages not in (None, load):
                    text = f"agent {one.agent_id} reports {one.active_messages} slots for messages"
                    yield Violation("I-6", f"{text}, holds {load}", event.at, connection.name)


def _wrapped(story: Story) -> Iterator[Violation]:
    """A wrap-up is of whoever worked on it when it was closed, and ends before it goes on (B-57)."""
    for wrapup in story.dump.conversation_wrapups:
        moves = story.mail.moves[wrapup.chat]
        ends = [
            (before.agent, after)
            for before, after in pairwise(moves)
            if before.status == ANSWERED and after.status == CLOSED and after.at == wrapup.at
        ]
        if wrapup.agent not in [agent for agent, _ in ends]:
            text = f"agent {wrapup.agent} wraps it up since {wrapup.at}, and did not work on it"
            yield Violation("I-6", text, wrapup.at, chat=wrapup.chat)
        later = [m.at for m in moves if m.at >= wrapup.at and m.cause == "reopened"]
        if later and (wrapup.ended_at is None or wrapup.ended_at > later[0]):
            text = f"it went on at {later[0]}, and was wrapped up until {wrapup.ended_at}"
            yield Violation("I-6", text, later[0], chat=wrapup.chat)


def _unwrapped(story: Story) -> Iterator[Violation]:
    """Who closes what they work on has the wrap-up of its project, if that has one (B-57)."""
    begun = {(one.chat, one.agent, one.at) for one in story.dump.conversation_wrapups}
    for key, moves in story.mail.moves.items():
        for before, after in pairwise(moves):
            if before.status != ANSWERED or after.close_reason != CloseReason.AGENT.value:
                continue
            known = [setup.data.get("wrapups", {}) for setup in in_force(story, after.at, SETTLE)]
            is_due = known and all(lengths.get(after.project) for lengths in known)
            if is_due and (key, before.agent, after.at) not in begun:
                text = f"agent {before.agent} closed it at {after.at}, and no wrap-up began"
                yield Violation("I-6", text, after.at, chat=key)


def _capacities(story: Story) -> Iterator[Violation]:
    of_agent: dict[Guid, list[Hold]] = {}
    for hold in holds(story):
        if hold.end != hold.at:
            of_agent.setdefault(hold.agent, []).append(hold)
    for agent, held in of_agent.items():
        seats = seats_of(story, agent)
        for one in held:
            if one.wraps:
                continue  # it takes no slot: it keeps those of a conversation that has ended
            others = [h for h in held if h.at <= one.at and (h.end is None or h.end > one.at)]
            # What begins in the same microsecond may come later: it is looked at by itself.
            now = {h.conversation for h in others if h.at < one.at} | {one.conversation}
            text = _too_much(story, agent, seats, now, one.at)
            if text:
                yield Violation("I-6", text, one.at, chat=one.conversation)


def _too_much(story: Story, agent: Guid, seats: set[str], held: set[Guid], at: int) -> str | None:
    worst = None
    for setup in in_force(story, at, SETTLE):
        about = setup.data["agents"].get(agent, {"max_messages": 0})
        places = [setup.data["message_places"].get(number, 0) for number in seats]
        allowed = min(about["max_messages"], max(places, default=0))
        known = setup.data["message_gateways"]
        load = sum(
            known.get(story.mail.conversations[key].gateway, {}).get("weight", 1) for key in held
        )
        if load <= allowed:
            return None
        worst = f"agent {agent} held {load} slots for messages, they may hold {allowed}"
    return worst
