"""I-6, I-7: one owner, no slot too many, no work forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from broker.tools.simulate.checker.story import Story
from broker.tools.simulate.checker.violation import Violation
from broker.tools.simulate.dump import ChatRow
from broker.tools.simulate.history import Kind
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.values import AgentState, ChatStatus, Guid, Role

SETTLE = 5_000_000
"""What is younger than this when the run ends may still be under way."""


def one_owner(story: Story) -> Iterator[Violation]:
    """I-6: a chat has one agent at most, an agent never more slots than he may have."""
    yield from _single_offers(story)
    yield from _single_alerts(story)
    yield from _capacities(story)


def _single_offers(story: Story) -> Iterator[Violation]:
    last: dict[Guid, tuple[int, int | None]] = {}
    for offer in story.dump.offers:
        before = last.get(offer.chat)
        if before is not None and (before[1] is None or before[1] > offer.at):
            text = f"offer {offer.offer} to {offer.agent} was made while offer {before[0]} was open"
            yield Violation("I-6", text, offer.at, chat=offer.chat)
        last[offer.chat] = (offer.offer, offer.ended_at)


def _single_alerts(story: Story) -> Iterator[Violation]:
    """No agent is alerted for a chat that another one was alerted for and still is."""
    alerted: dict[Guid, str] = {}
    for event in story.events:
        if event.kind is Kind.STARTED:
            alerted.clear()
        elif event.kind is Kind.LEFT:
            alerted = {chat: conn for chat, conn in alerted.items() if conn != event.conn}
        elif event.kind is Kind.GAVE and event.frame is not None:
            type_, p = event.frame.type, event.frame.payload
            if type_ == "SC_CHAT_ALERT" and isinstance(p, ChatStatusInfo) and p.chat_id:
                other = alerted.setdefault(p.chat_id, event.conn)
                if other != event.conn:
                    text = f"it was alerted while {other} still was"
                    yield Violation("I-6", text, event.at, event.conn, p.chat_id)
            elif _ends_alert(type_, p) and alerted.get(_chat_of(p)) == event.conn:
                del alerted[_chat_of(p)]


def _ends_alert(type_: str, payload: object) -> bool:
    ended = (ChatStatus.WAITING, ChatStatus.CLOSED)
    if type_ == "SC_CHAT_STATUS" and isinstance(payload, ChatStatusInfo):
        return payload.status in ended
    return type_ == "SC_CHAT_ALERT_END"


def _chat_of(payload: object) -> Guid:
    if isinstance(payload, ChatStatusInfo | ChatCommandInfo):
        return payload.chat_id or Guid("")
    return Guid("")


def leases(story: Story) -> dict[Guid, list[tuple[int, int | None, Guid]]]:
    """When each agent held a slot, and for which chat."""
    held: dict[Guid, list[tuple[int, int | None, Guid]]] = {}
    for chat, moves in story.moves.items():
        for move, after in zip(moves, [*moves[1:], None], strict=True):
            if move.status in ("Alerting", "Answered") and move.agent is not None:
                end = after.at if after is not None else None
                held.setdefault(move.agent, []).append((move.at, end, chat))
    for wrapup in story.dump.wrapups:
        span = (wrapup.at, wrapup.ended_at, wrapup.chat)
        held.setdefault(wrapup.agent, []).append(span)
    return held


def _capacities(story: Story) -> Iterator[Violation]:
    for agent, spans in leases(story).items():
        allowed = max(
            min(a["max_chats"], max(s.data["workplaces"].values(), default=0))
            for s in story.setups
            for a in [s.data["agents"].get(agent, {"max_chats": 0})]
        )
        # An end frees its slot before a beginning of the same microsecond takes it.
        edges = sorted(
            [(start, 1) for start, _, _ in spans]
            + [(end, 0) for _, end, _ in spans if end is not None]
        )
        held = 0
        for at, begins in edges:
            held += 1 if begins else -1
            if held > allowed:
                text = f"agent {agent} held {held} slots, he may hold {allowed}"
                yield Violation("I-6", text, at)
                break


def no_forgotten_work(story: Story) -> Iterator[Violation]:
    """I-7: no chat waits while somebody is free for it; who waits has a reason in the log."""
    yield from _offered_in_silence(story)
    if story.calm_at is None or story.end_at is None:
        return
    explained = {d.chat for d in story.dump.decisions if d.kind == "waiting"}
    held = leases(story)
    for chat in story.dump.chats:
        if chat.status in (ChatStatus.PILOT.value, ChatStatus.ICR.value):
            text = f"it is still {chat.status} at the end"
            yield Violation("I-7", text, story.end_at, chat=chat.id)
        if chat.status != ChatStatus.WAITING.value:
            continue
        if story.moves[chat.id][-1].at > story.end_at - SETTLE:
            continue
        if chat.id not in explained:
            text = "it waits at the end and the decision log does not say why"
            yield Violation("I-7", text, story.end_at, chat=chat.id)
        for agent in _candidates(story, chat, held):
            text = f"it waits at the end while agent {agent} is free for it"
            yield Violation("I-7", text, story.end_at, chat=chat.id)


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


def _candidates(
    story: Story, chat: ChatRow, held: dict[Guid, list[tuple[int, int | None, Guid]]]
) -> Iterator[Guid]:
    end = story.end_at or 0
    ready = {a.agent for a in story.dump.agents if a.state == AgentState.READY and not a.next_state}
    excluded = {
        o.agent
        for o in story.dump.offers
        if o.chat == chat.id
        and o.outcome in ("rejected", "missed")
        and o.ended_at is not None
        and o.ended_at + story.setup.data["retry_after"] > end - SETTLE
    }
    for connection in story.live():
        agent = story.agent_of(connection)
        if connection.role is not Role.WORKPLACE or agent is None or agent in excluded:
            continue
        about = story.setup.data["agents"].get(agent)
        place = story.setup.data["workplaces"].get(connection.peers[0], 0)
        if about is None or not about["works"] or agent not in ready:
            continue
        if about["skills"].get(chat.project, -1) < chat.skill:
            continue
        if chat.language is not None and chat.language not in about["languages"]:
            continue
        now = sum(1 for _, until, _ in held.get(agent, []) if until is None)
        if now < min(about["max_chats"], place):
            yield agent
