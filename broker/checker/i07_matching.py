"""I-7: no work is forgotten, and none comes back to who has just let it go."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

from broker.checker.dump import ChatRow
from broker.checker.evidence import Connection, Story
from broker.checker.history import Kind
from broker.checker.i06_slots import SETTLE
from broker.checker.i08_conversations import holds
from broker.checker.involvement import ALERTED, TALKING
from broker.checker.violation import Violation
from protocol.chat import ChatStatusInfo
from protocol.values import AgentState, ChatStatus, Guid, Role


@frozen
class Availability:
    """How an agent stands at the end.

    Attributes:
        left: Their slots that nothing holds.
        reserved: Those of them that are kept for chats that they put aside.
        ready: Whether they may be offered anything.
    """

    agent: Guid
    left: int
    reserved: int
    ready: bool


def no_forgotten_work(story: Story) -> Iterator[Violation]:
    """I-7: no chat waits while somebody is free for it; who waits has a reason in the log."""
    yield from _offered_in_silence(story)
    yield from _offered_again(story)
    if story.calm_at is None or story.end_at is None:
        return
    agents = [
        agent for agent in (_availability(story, c) for c in story.live()) if agent is not None
    ]
    for chat in story.dump.chats:
        yield from _forgotten(story, chat, story.end_at, agents)
    yield from _asked_in_vain(story, story.end_at, agents)
    yield from _left_aside(story, story.end_at, agents)


def _forgotten(
    story: Story, chat: ChatRow, end: int, agents: list[Availability]
) -> Iterator[Violation]:
    if chat.status == ChatStatus.PILOT.value and (chat.bound_at or not chat.outbound):
        yield Violation("I-7", "it is still Pilot at the end", end, chat=chat.id)
    answers_itself = chat.status == ChatStatus.ICR.value and chat.agent is None
    if answers_itself and chat.bot not in story.setup.data["bots"]:
        text = f"it is still with bot {chat.bot}, which there is not"
        yield Violation("I-7", text, end, chat=chat.id)
    if chat.status != ChatStatus.WAITING.value or story.moves[chat.id][-1].at > end - SETTLE:
        return
    if not any(d.chat == chat.id and d.kind == "waiting" for d in story.dump.decisions):
        text = "it waits at the end and the decision log does not say why"
        yield Violation("I-7", text, end, chat=chat.id)
    projects = (chat.project, *chat.further)
    for agent in _candidates(story, chat, projects, chat.skill, agents):
        text = f"it waits at the end while agent {agent} is free for it"
        yield Violation("I-7", text, end, chat=chat.id)


def _asked_in_vain(story: Story, end: int, agents: list[Availability]) -> Iterator[Violation]:
    """A project is asked for somebody, and they are there (B-29)."""
    for invite in story.dump.invites:
        if invite.ended_at is not None or invite.project is None or invite.at > end - SETTLE:
            continue
        if any(o.chat == invite.chat and o.ended_at is None for o in story.dump.offers):
            continue
        chat = story.chats[invite.chat]
        for agent in _candidates(story, chat, (invite.project,), 1, agents):
            text = f"project {invite.project} is asked while agent {agent} is free for it"
            yield Violation("I-7", text, end, chat=chat.id)


def _left_aside(story: Story, end: int, agents: list[Availability]) -> Iterator[Violation]:
    """A chat that is to come back does so as soon as its owner has room (B-22)."""
    for parking in story.dump.parkings:
        if parking.ended_at is not None or parking.woken_at is None:
            continue
        cost = story.setup.capacity_cost(story.chats[parking.chat].gateway)
        if parking.woken_at > end - SETTLE or not _settled(story, parking.agent, end):
            continue
        for agent in agents:
            if agent.agent == parking.agent and agent.left >= cost:
                text = f"it is to come back, and {agent.agent} has {agent.left} slots for it"
                yield Violation("I-7", text, end, chat=parking.chat)


def _settled(story: Story, agent: Guid, end: int) -> bool:
    """Whether nothing of an agent's ended just now."""
    return all(s.end is None or s.end < end - SETTLE for s in story.spans.held(agent))


def _offered_in_silence(story: Story) -> Iterator[Violation]:
    """An offer that ran out was told to its agent."""
    told: dict[tuple[Guid, Guid], list[int]] = {}
    for event in story.events:
        if event.kind is not Kind.GAVE or event.frame is None:
            continue
        p = event.frame.payload
        if event.frame.type == "SC_CHAT_ALERT" and isinstance(p, ChatStatusInfo):
            agent = story.agent_of(story.connections[event.conn])
            told.setdefault((p.chat_id or Guid(""), agent or Guid("")), []).append(event.at)
    if not told and not any(e.kind is Kind.GAVE for e in story.events):
        return  # this history does not tell what the broker gave
    for offer in story.dump.offers:
        moments = told.get((offer.chat, offer.agent), [])
        if offer.outcome == "missed" and not any(m >= offer.at for m in moments):
            text = f"offer {offer.offer} ran out, agent {offer.agent} was never alerted"
            yield Violation("I-7", text, offer.at, chat=offer.chat)


def _offered_again(story: Story) -> Iterator[Violation]:
    """A chat is not offered to who let it go, for a short pause at least (B-24)."""
    pause = min(min(s.data["retry_alone"], s.data["retry_after"]) for s in story.setups)
    let_go = [
        (offer.chat, offer.agent, offer.ended_at, offer.offer)
        for offer in story.dump.offers
        if offer.outcome in ("rejected", "missed") and offer.ended_at is not None
    ]
    for chat, moves in story.moves.items():
        for before, after in pairwise(moves):
            if after.cause == "returned" and before.agent is not None:
                let_go.append((chat, before.agent, after.at, 0))
    for chat, agent, at, number in let_go:
        for offer in story.dump.offers:
            if (offer.chat, offer.agent) != (chat, agent) or offer.offer == number:
                continue
            by_queue = offer.mode == "queue" or _by_project(story, chat, offer.at)
            anew = any(m.status == "Pilot" and m.at >= at for m in story.moves[chat])
            if by_queue and not anew and at <= offer.at < at + pause and offer.offer > number:
                text = f"offer {offer.offer} to {agent}, who let it go at {at}"
                yield Violation("I-7", text, offer.at, chat=chat)


def _by_project(story: Story, chat: Guid, at: int) -> bool:
    return any(
        invite.chat == chat
        and invite.project is not None
        and invite.at <= at
        and (invite.ended_at is None or at <= invite.ended_at)
        for invite in story.dump.invites
    )


def _availability(story: Story, connection: Connection) -> Availability | None:
    """How the agent at a connection stands, by the rows."""
    agent = story.agent_of(connection)
    about = story.setup.data["agents"].get(agent)
    if connection.role is not Role.WORKPLACE or agent is None or about is None:
        return None
    place = story.setup.data["workplaces"].get(connection.peers[0], 0)
    held = [span for span in story.spans.held(agent) if span.end is None]
    load = sum(story.setup.capacity_cost(story.chats[span.chat].gateway) for span in held)
    parked = sum(p.agent == agent and p.ended_at is None for p in story.dump.parkings)
    row = next((a for a in story.dump.agents if a.agent == agent), None)
    then = row.next_state if row is not None else None
    busy = held or parked or any(h.agent == agent and h.end is None for h in holds(story))
    logs_off = then == AgentState.LOG_OFF.value or (then is not None and bool(busy))
    ready = row is not None and row.state == AgentState.READY.value and not logs_off
    left = min(about["max_chats"], place) - load
    reserved = min(story.setup.data["park_reserve"], parked)
    return Availability(agent, left, reserved, ready and about["works"])


def _candidates(
    story: Story,
    chat: ChatRow,
    projects: tuple[Guid | None, ...],
    skill: int,
    agents: list[Availability],
) -> Iterator[Guid]:
    end = story.end_at or 0
    pause = story.setup.data["retry_after"]
    excluded = {
        row.agent
        for row in story.dump.exclusions
        if row.chat == chat.id and story.timeline.over(row.at, pause) > end - SETTLE
    }
    inside = {
        span.agent
        for span in story.spans.of_chat.get(chat.id, ())
        if span.end is None and (span.part in TALKING or span.part == ALERTED)
    }
    cost = story.setup.capacity_cost(chat.gateway)
    for agent in agents:
        if agent.agent in excluded or agent.agent in inside or not agent.ready:
            continue
        about = story.setup.data["agents"][agent.agent]
        if chat.language is not None and chat.language not in about["languages"]:
            continue
        if not any(about["skills"].get(project, -1) >= skill for project in projects):
            continue
        if agent.left - agent.reserved >= cost:
            yield agent.agent
