"""I-6: one owner, no slot too many, nobody in a chat who is not asked, nobody seen who only watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from broker.checker.dump import InviteRow
from broker.checker.evidence import Story, in_force
from broker.checker.history import Kind
from broker.checker.i06_i09_picture import explained
from broker.checker.i15_isolation import unseen
from broker.checker.involvement import CONFERENCE, CONSULT, MONITOR, OWNER, TALKING, WRAPUP, Span
from broker.checker.violation import Violation
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.values import ChatStatus, Guid, Role

SETTLE = 5_000_000
"""What is younger than this when the run ends may still be under way."""
ENDED, OFFERED, BEGUN = range(3)
"""What happened to an agent's slots, in the order that is assumed within one microsecond."""


def one_owner(story: Story) -> Iterator[Violation]:
    """I-6: a chat has one agent at most, an agent never more slots than they may have."""
    yield from _single_offers(story)
    yield from _single_alerts(story)
    yield from _capacities(story)
    yield from _company(story)
    yield from _reported_slots(story)
    yield from explained(story)
    yield from unseen(story)


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
    return alerted_twice(story, "SC_CHAT_ALERT", _chat_of, _ends_alert)


def alerted_twice(
    story: Story,
    alert: str,
    subject: Callable[[object], Guid],
    ends: Callable[[str, object], bool],
) -> Iterator[Violation]:
    """Alerts for what another agent was alerted for and still is.

    Args:
        story: The history.
        alert: The type of the frame.
        subject: What a payload is about; "": nothing of this kind.
        ends: Whether a frame of a type, with a payload, ends an alert.
    """
    alerted: dict[Guid, str] = {}
    for event in story.events:
        if event.kind is Kind.STARTED:
            alerted.clear()
        elif event.kind is Kind.LEFT:
            alerted = {key: conn for key, conn in alerted.items() if conn != event.conn}
        elif event.kind is Kind.GAVE and event.frame is not None:
            type_, p = event.frame.type, event.frame.payload
            key = subject(p)
            if type_ == alert and key:
                other = alerted.setdefault(key, event.conn)
                if other != event.conn:
                    text = f"it was alerted while {other} still was"
                    yield Violation("I-6", text, event.at, event.conn, key)
            elif ends(type_, p) and alerted.get(key) == event.conn:
                del alerted[key]


def _ends_alert(type_: str, payload: object) -> bool:
    ended = (ChatStatus.WAITING, ChatStatus.ANSWERED, ChatStatus.CLOSED)
    if type_ == "SC_CHAT_STATUS" and isinstance(payload, ChatStatusInfo):
        return payload.status in ended
    return type_ == "SC_CHAT_ALERT_END"


def _chat_of(payload: object) -> Guid:
    if isinstance(payload, ChatStatusInfo | ChatCommandInfo):
        return payload.chat_id or Guid("")
    return Guid("")


def seats_of(story: Story, agent: Guid) -> set[str]:
    """The workplaces at which an agent sat."""
    return {
        number
        for connection in story.connections.values()
        if connection.role is Role.WORKPLACE and story.agent_of(connection) == agent
        for number in connection.peers
    }


def _capacities(story: Story) -> Iterator[Violation]:
    """Whoever gets slots had them left, by the configuration of that time (B-22)."""
    offers = {(o.agent, o.chat, o.at) for o in story.dump.offers if o.mode != "bot"}
    for agent in story.spans.of_agent:
        seats = seats_of(story, agent)
        # An end frees its slots before a beginning of the same microsecond takes them, and what began
        # and ended in one held none. What is offered comes before what they begin themselves: only
        # the latter may take what is kept for chats put aside.
        spans = [span for span in story.spans.held(agent) if span.end != span.at]
        edges = sorted(
            [
                (span.at, OFFERED if (agent, span.chat, span.at) in offers else BEGUN, span.chat)
                for span in spans
            ]
            + [(span.end, ENDED, span.chat) for span in spans if span.end is not None]
        )
        held: set[Guid] = set()
        for at, kind, chat in edges:
            if kind == ENDED:
                held.discard(chat)
                continue
            held.add(chat)
            aside = _parked(story, agent, at) if kind == OFFERED else 0
            # Put aside and fetched in one microsecond: what was offered may have come in between.
            holds = held - _put_aside(story, agent, at) if kind == OFFERED else held
            text = _too_much(story, agent, seats, holds, at, aside)
            if text:
                yield Violation("I-6", text, at, chat=chat)
                break


def _reported_slots(story: Story) -> Iterator[Violation]:
    """What an agent's state reports at the end is the sum of their leases (B-22)."""
    if story.probe_at is None:
        return
    for connection in story.live():
        for event in connection.events:
            if event.kind is not Kind.GOT or event.frame is None or event.at < story.probe_at:
                continue
            listed = event.frame.payload if event.frame.type == "SC_AGENT_LIST" else ()
            for one in listed if isinstance(listed, tuple) else ():
                if not isinstance(one, AgentStateInfo) or one.agent_id is None:
                    continue
                held = [span for span in story.spans.held(one.agent_id) if span.end is None]
                load = sum(story.setup.capacity_cost(story.chats[s.chat].gateway) for s in held)
                if one.active_chats != load:
                    text = f"agent {one.agent_id} reports {one.active_chats} slots, holds {load}"
                    yield Violation("I-6", text, event.at, connection.name)


def _parked(story: Story, agent: Guid, at: int) -> int:
    """How many chats an agent had put aside for all of a moment."""
    return sum(
        start < at and (end is None or at < end)
        for (_chat, owner), times in story.spans.parked.items()
        if owner == agent
        for start, end in times
    )


def _put_aside(story: Story, agent: Guid, at: int) -> set[Guid]:
    """The chats that an agent put aside at that moment."""
    return {p.chat for p in story.dump.parkings if p.agent == agent and p.at == at}


def _too_much(
    story: Story, agent: Guid, seats: set[str], held: set[Guid], at: int, aside: int
) -> str | None:
    worst = None
    for setup in in_force(story, at, SETTLE):
        about = setup.data["agents"].get(agent, {"max_chats": 0})
        places = [setup.data["workplaces"].get(number, 0) for number in seats]
        allowed = min(about["max_chats"], max(places, default=0))
        load = sum(setup.capacity_cost(story.chats[chat].gateway) for chat in held)
        kept = min(setup.data["park_reserve"], aside)
        if load + kept <= allowed:
            return None
        worst = f"agent {agent} held {load} slots and kept {kept}, they may hold {allowed}"
    return worst


def _company(story: Story) -> Iterator[Violation]:
    """Nobody is asked into a chat in which they are, and only a conversation has company."""
    for chat, spans in story.spans.of_chat.items():
        talks = _conversations(story, chat)
        for number, one in enumerate(spans):
            for other in spans[number + 1 :]:
                if (
                    one.agent == other.agent
                    and _clash({one.part, other.part})
                    and _meet(one, other)
                ):
                    text = f"agent {one.agent} was {one.part} and {other.part} at once"
                    yield Violation("I-6", text, max(one.at, other.at), chat=chat)
            company = one.part in (CONSULT, CONFERENCE, MONITOR)
            if company and not any(_within(one.at, one.end, talk) for talk in talks):
                text = f"agent {one.agent} was in it ({one.part}) when nobody answered it"
                yield Violation("I-6", text, one.at, chat=chat)
    last: dict[Guid, InviteRow] = {}
    for invite in story.dump.invites:
        before = last.get(invite.chat)
        if before is not None and (before.ended_at is None or before.ended_at > invite.at):
            yield Violation("I-6", "two invitations were open at once", invite.at, chat=invite.chat)
        last[invite.chat] = invite
        if invite.outcome in ("rejected", "missed"):
            # Refused or timed out: the chat is still with whoever asked (B-29).
            at = invite.ended_at
            owned = story.spans.between(invite.chat, invite.by_agent)
            if any(s.part == OWNER and s.end == at for s in owned):
                text = f"{invite.by_agent} lost it when what they asked for was {invite.outcome}"
                yield Violation("I-6", text, at, chat=invite.chat)
        if not any(
            _within(invite.at, invite.ended_at, t) for t in _conversations(story, invite.chat)
        ):
            text = "somebody was asked into it when nobody answered it"
            yield Violation("I-6", text, invite.at, chat=invite.chat)


def _conversations(story: Story, chat: Guid) -> list[tuple[int, int | None]]:
    """The times for which a chat was answered, by whomever."""
    times: list[tuple[int, int | None]] = []
    rows = story.moves[chat]
    for move, after in zip(rows, [*rows[1:], None], strict=True):
        if move.status == ChatStatus.ANSWERED.value:
            end = after.at if after is not None else None
            if times and times[-1][1] == move.at:
                times[-1] = (times[-1][0], end)
            else:
                times.append((move.at, end))
    return times


def _clash(parts: set[str]) -> bool:
    """Whether somebody cannot be both at once."""
    return bool(parts & TALKING) and WRAPUP not in parts


def _meet(one: Span, other: Span) -> bool:
    start = max(one.at, other.at)
    ends = [span.end for span in (one, other) if span.end is not None]
    return not ends or start < min(ends)


def _within(start: int, end: int | None, outer: tuple[int, int | None]) -> bool:
    return outer[0] <= start and (outer[1] is None or (end is not None and end <= outer[1]))
