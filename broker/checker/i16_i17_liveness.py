"""I-16, I-17: once faults end everything moves to its place; and the same again gives the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broker.checker import i16_patience
from broker.checker.dump import ChatRow, ParkingRow
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.i06_slots import SETTLE
from broker.checker.involvement import BOT, MONITOR, OWNER, TALKING
from broker.checker.violation import Violation
from protocol.values import AgentState, ChatStatus, Guid, Role


def liveness(story: Story) -> Iterator[Violation]:
    """I-16: after the faults nothing is stuck, and every client knows the truth."""
    if story.end_at is None or story.calm_at is None:
        return
    for event in story.events:
        if event.kind is Kind.VIEW:
            yield from _view(story, event)
    yield from _offers(story, story.end_at)
    yield from _kept_too_long(story, story.end_at)
    yield from _left_behind(story)
    yield from i16_patience.bots_silent(story, story.end_at)
    yield from i16_patience.wait_rules(story, story.end_at)
    for parking in story.dump.parkings:
        yield from _forgotten(story, parking, story.end_at)
    for chat in story.dump.chats:
        yield from _stuck(story, chat, story.end_at)


def _view(story: Story, event: Event) -> Iterator[Violation]:
    data = event.data
    if not data["ready"]:
        yield Violation(
            "I-16", f"the client is not ready: {data['ready_text']}", event.at, event.conn
        )
    if data["waiting"]:
        text = f"{data['waiting']} of its frames are not answered"
        yield Violation("I-16", text, event.at, event.conn)
    for chat_id, view in data["chats"].items():
        chat, rows = story.chats.get(Guid(chat_id)), story.sentences.get(Guid(chat_id), {})
        if chat is None:
            yield Violation(
                "I-16", "the store does not have this chat", event.at, event.conn, chat_id
            )
            continue
        for text in _believes(story, event.conn, view, chat):
            yield Violation("I-16", text, event.at, event.conn, chat_id)
        stored = [row.id for _, row in sorted(rows.items())]
        closed = view["status"] == chat.status == ChatStatus.CLOSED.value
        if closed and _is_shared(story, event.conn, chat):
            # A list has open chats only: one that another program reopened, and that was closed again
            # while this one was away, is not in it, and this one has no cause to ask for it.
            stored = stored[: len(view["ids"])]
        if view["ids"] != stored:
            text = f"the client has sentences {view['ids']}, the store {stored}"
            yield Violation("I-16", text, event.at, event.conn, chat_id)


def _believes(story: Story, client: str, view: Mapping[str, Any], chat: ChatRow) -> Iterator[str]:
    """What a client has wrong besides the transcript."""
    agent = agent_of_client(story, client)
    if agent is None:
        if view["status"] != chat.status:
            yield f"the client believes {view['status']}, it is {chat.status}"
        return
    parts = {s.part for s in story.spans.between(chat.id, agent) if s.end is None}
    if not parts & TALKING:
        yield f"the client believes {view['status']}, in the store it is {parts or 'nothing'}"
        return
    notes = [row.id for _, row in sorted(story.notes[chat.id].items())]
    if view["notes"] != notes:
        yield f"the client has notes {view['notes']}, the store {notes}"
    parked = OWNER in parts and any(
        p.chat == chat.id and p.ended_at is None for p in story.dump.parkings
    )
    if view["is_parked"] is not parked:
        yield f"the client has IsParked {view['is_parked']}, the store {parked}"


def agent_of_client(story: Story, client: str) -> Guid | None:
    """The agent of a workplace program; None for a connector."""
    for connection in story.connections.values():
        if connection.client == client and connection.role is Role.WORKPLACE:
            return story.agent_of(connection)
    return None


def _is_shared(story: Story, client: str, chat: ChatRow) -> bool:
    """Whether another program too may have opened the chat, by a start or by a sentence."""
    return any(
        event.kind is Kind.SENT
        and event.frame is not None
        and event.frame.type in ("ES_CHAT_START", "ES_CHAT_SENTENCE")
        and getattr(event.frame.payload, "tracking_id", None) == chat.tracking_id
        for connection in story.connections.values()
        if connection.client != client
        for event in connection.events
    )


def _offers(story: Story, end: int) -> Iterator[Violation]:
    for offer in story.dump.offers:
        if offer.ended_at is not None:
            continue
        chat = story.chats[offer.chat]
        if story.timeline.over(offer.at, offer.until - offer.at) < end - SETTLE:
            text = f"offer {offer.offer} should have timed out at {offer.until}"
            yield Violation("I-16", text, end, chat=offer.chat)
        asked = any(i.chat == chat.id and i.ended_at is None for i in story.dump.invites)
        expected = "ICR" if offer.mode == "bot" else "Answered" if asked else "Alerting"
        if chat.status != expected or (not asked and chat.agent != offer.agent):
            text = f"offer {offer.offer} is open, the chat is {chat.status} at {chat.agent}"
            yield Violation("I-16", text, end, chat=offer.chat)
        if _connected(story, offer.agent) is None:
            text = f"it is offered to {offer.agent}, who is not there"
            yield Violation("I-16", text, end, chat=offer.chat)
    for invite in story.dump.invites:
        over = story.timeline.over(invite.at, invite.until - invite.at)
        if invite.ended_at is None and over < end - SETTLE:
            text = f"the invitation of {invite.by_agent} should have ended at {invite.until}"
            yield Violation("I-16", text, end, chat=invite.chat)
    for wrapup in story.dump.every_wrapup:
        over = story.timeline.over(wrapup.at, wrapup.until - wrapup.at)
        if wrapup.ended_at is None and over < end - SETTLE:
            text = f"its wrap-up should have ended at {wrapup.until}"
            yield Violation("I-16", text, end, chat=wrapup.chat)


def _connected(story: Story, agent: Guid | None) -> str | None:
    for connection in story.live():
        if connection.role is Role.WORKPLACE and story.agent_of(connection) == agent:
            return connection.name
    return None


def absences(story: Story, agent: Guid, end: int) -> list[tuple[int, int]]:
    """When an agent had no connection, as far as clients know; a restart begins it anew."""
    seats = sorted(
        (c.welcomed_at, c.gone_at or end)
        for c in story.connections.values()
        if c.role is Role.WORKPLACE and c.welcomed_at is not None and story.agent_of(c) == agent
    )
    starts = [event.at for event in story.events if event.kind is Kind.STARTED]
    gaps: list[tuple[int, int]] = []
    gone = 0
    for begin, stop in [*seats, (end, end)]:
        if gone and begin > gone:
            gaps.append((max([gone, *(at for at in starts if gone <= at < begin)]), begin))
        gone = max(gone, stop)
    return gaps


def _kept_too_long(story: Story, end: int) -> Iterator[Violation]:
    """An answered chat whose agent is gone goes back to the queue after the grace (B-11)."""
    known = 2 * int(story.setup.data["heartbeat"]) + SETTLE
    for agent, spans in story.spans.of_agent.items():
        away = absences(story, agent, end)
        for span in spans:
            gateway = story.setup.data["gateways"].get(story.chats[span.chat].gateway)
            if span.part not in TALKING or gateway is None:
                continue
            grace = 0 if span.part == MONITOR else gateway["grace"]
            if span.part == BOT:
                grace = max(s.data["bot_timeout"] for s in story.setups)
            until = span.end if span.end is not None else end
            for gone, back in away:
                begin = max(gone, span.at)
                if min(until, back) > story.timeline.over(begin, grace + known):
                    text = f"agent {agent} was gone since {begin}, they were still its {span.part}"
                    yield Violation("I-16", text, min(until, back), chat=span.chat)


def _left_behind(story: Story) -> Iterator[Violation]:
    """Whoever is logged off, by force or by themselves, has nothing any more (B-28)."""
    for move in story.dump.agent_moves:
        if move.state != AgentState.LOG_OFF.value or move.cause == "lost":
            continue
        for span in story.spans.of_agent.get(move.agent, ()):
            if span.is_inside(move.at) or (span.end is None and span.at < move.at):
                text = (
                    f"agent {move.agent} was logged off ({move.cause}), they were its {span.part}"
                )
                yield Violation("I-16", text, move.at, chat=span.chat)


def _forgotten(story: Story, parking: ParkingRow, end: int) -> Iterator[Violation]:
    """A parked chat comes back by itself, or is to, when nobody asks for it (B-29)."""
    until = story.timeline.over(parking.at, int(story.setup.data["park_timeout"]))
    stop = next((at for at in (parking.woken_at, parking.ended_at) if at is not None), end)
    if stop > until + SETTLE:
        text = f"it was parked at {parking.at}, should have been back by {until}"
        yield Violation("I-16", text, stop, chat=parking.chat)


def _stuck(story: Story, chat: ChatRow, end: int) -> Iterator[Violation]:
    gateway = story.setup.data["gateways"].get(chat.gateway)
    if chat.status == ChatStatus.CLOSED.value or gateway is None:
        return
    bound_by = story.timeline.over(chat.started_at, gateway["outbound_timeout"])
    if chat.outbound and chat.bound_at is None and bound_by < end - SETTLE:
        yield Violation("I-16", "no connector has it, it should be closed", end, chat=chat.id)
    if chat.status == ChatStatus.ALERTING.value and not any(
        o.chat == chat.id and o.ended_at is None for o in story.dump.offers
    ):
        yield Violation("I-16", "it alerts without an offer", end, chat=chat.id)
    if gateway["inactivity"] is not None:
        spoken = [r.at for r in story.sentences[chat.id].values() if not r.own]
        opened = [m.at for m in story.moves[chat.id] if m.status == ChatStatus.PILOT.value]
        aside = [p.ended_at for p in story.dump.parkings if p.chat == chat.id]
        last = max([*spoken, *opened, *(at for at in aside if at is not None), chat.started_at])
        if None not in aside and story.timeline.over(last, gateway["inactivity"]) < end - SETTLE:
            text = f"nobody wrote since {last}, it should have been closed"
            yield Violation("I-16", text, end, chat=chat.id)


def determinism(story: Story) -> Iterator[Violation]:
    """I-17: the same inputs stepped again gave the same facts and the same effects."""
    for event in story.events:
        if event.kind is Kind.REPLAYED and not event.data["same"]:
            yield Violation("I-17", str(event.data["difference"]), event.at)
