"""I-7, I-16: no conversation is forgotten, and all that is queued moves (B-52, B-57)."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Connection, Story, in_force
from broker.checker.history import Event, Kind
from broker.checker.i06_slots import SETTLE
from broker.checker.i08_conversations import ALERTING, ANSWERED, PILOT, WAITING, holds
from broker.checker.i12_outbound import QUEUED, UNDER_WAY
from broker.checker.i16_i17_liveness import absences, agent_of_client
from broker.checker.post import ConversationRow, MessageRow
from broker.checker.violation import Violation
from protocol.values import AgentState, Guid, Role


def not_forgotten(story: Story) -> Iterator[Violation]:
    """I-7: who waits at the end has a reason in the log, and nobody is free for it."""
    if story.calm_at is None or story.end_at is None:
        return
    for conversation in story.dump.conversations:
        for text in _forgotten(story, conversation, story.end_at):
            yield Violation("I-7", text, story.end_at, chat=conversation.id)


def _forgotten(story: Story, one: ConversationRow, end: int) -> Iterator[str]:
    if one.status == PILOT:
        yield "it is still Pilot at the end"
    since, until = one.parked_at or 0, one.parked_until
    if until is not None and story.timeline.over(since, max(0, until - since)) < end - SETTLE:
        yield f"it is put aside until {until}, and nobody fetched it"
    aside = one.parked_at is not None
    for letter in story.mail.within[one.id]:
        awake = letter.inbound and _is_wanted(story, one, letter)
        # What no rule gives to anybody stays where a supervisor sees it.
        if aside and awake and one.project is not None and letter.at > since:
            yield f"it is put aside since {since}, and {letter.id} has come since"
    if one.status != WAITING or aside or story.mail.moves[one.id][-1].at > end - SETTLE:
        return
    if one.project is None:
        yield "it waits at the end, and no rule gives it to anybody"
        return
    decisions = story.dump.conversation_decisions
    if not any(d.conversation == one.id and d.kind == "waiting" for d in decisions):
        yield "it waits at the end and the decision log does not say why"
    for agent in _free(story, one, end):
        yield f"it waits at the end while agent {agent} is free for it"


def _is_wanted(story: Story, one: ConversationRow, letter: MessageRow) -> bool:
    """Whether a person wrote it whom nobody has called unwanted (B-58, B-59)."""
    if letter.header.get("IsAutomatic") or (letter.header.get("SpamLevel") or 0) >= 3:
        return False
    address = one.remote_address.casefold()
    return not any(
        other.is_spam and other.remote_address.casefold() == address
        for other in story.dump.conversations
    )


def _free(story: Story, one: ConversationRow, end: int) -> Iterator[Guid]:
    """Who could be offered it: as for chats, with the slots for messages."""
    setup = story.setup.data
    pause = setup["retry_after"]
    excluded = {
        row.agent
        for row in story.dump.conversation_exclusions
        if row.conversation == one.id and story.timeline.over(row.at, pause) > end - SETTLE
    }
    cost = setup["message_gateways"].get(one.gateway, {}).get("weight", 1)
    chatting = {
        span.agent
        for spans in story.spans.of_agent.values()
        for span in spans
        if span.end is None or span.end > end - SETTLE
    }
    for connection in story.live():
        agent = story.agent_of(connection)
        about = setup["agents"].get(agent)
        if connection.role is not Role.WORKPLACE or agent is None or about is None:
            continue
        if not connection.takes_messages:
            continue
        row = next((a for a in story.dump.agents if a.agent == agent), None)
        ready = row is not None and row.state == AgentState.READY.value and row.next_state is None
        if not ready or not about["works"] or agent in excluded:
            continue
        if not setup["while_chatting"] and agent in chatting:
            continue
        if one.language is not None and one.language not in about["languages"]:
            continue
        asked = (one.project, *one.further)
        if max(about["skills"].get(project, -1) for project in asked) < one.skill:
            continue
        held = [h for h in holds(story) if h.agent == agent and _lately(h.end, end)]
        known = setup["message_gateways"]
        load = sum(
            known.get(story.mail.conversations[h.conversation].gateway, {}).get("weight", 1)
            for h in held
        )
        place = setup["message_places"].get(connection.peers[0], 0)
        if min(about["max_messages"], place) - load >= cost:
            yield agent


def _lately(ended: int | None, end: int) -> bool:
    return ended is None or ended > end - SETTLE


def moves_on(story: Story) -> Iterator[Violation]:
    """I-16: after the faults messages are sent or given up, offers end, and views are the truth."""
    end = story.end_at
    if end is None or story.calm_at is None:
        return
    for letter in story.dump.messages:
        text = _stuck(story, letter, end)
        if text:
            yield Violation("I-16", text, end, chat=letter.conversation or "")
    for offer in story.dump.conversation_offers:
        over = story.timeline.over(offer.at, offer.until - offer.at)
        if offer.ended_at is None and over < end - SETTLE:
            text = f"offer {offer.offer} was to end at {over} and is open"
            yield Violation("I-16", text, end, chat=offer.conversation)
    for conversation in story.dump.conversations:
        if conversation.status == ALERTING and not any(
            o.conversation == conversation.id and o.ended_at is None
            for o in story.dump.conversation_offers
        ):
            yield Violation("I-16", "it alerts without an offer", end, chat=conversation.id)
    yield from _kept_too_long(story, end)
    for event in story.events:
        if event.kind is Kind.VIEW:
            yield from _views(story, event)


def _stuck(story: Story, letter: MessageRow, end: int) -> str | None:
    """Why a message should have gone on: a carrier is there, and its time is over; or none will be."""
    gateway = story.setup.data["message_gateways"].get(letter.gateway)
    if letter.status not in UNDER_WAY:
        return None
    if gateway is None or not gateway["out"]:
        # A reload may be undone: only what was gone at a start is gone for good.
        started = max(event.at for event in story.events if event.kind is Kind.STARTED)
        lost = story.setup.at < started < end - SETTLE and letter.at < started
        waits = letter.status == QUEUED and lost
        return f"message {letter.id} waits for a gateway that is gone" if waits else None
    carried = any(
        _serves(story, connection, letter.gateway, gateway["peer"]) for connection in story.live()
    )
    moved = letter.moved_at or letter.at
    longest = max((gateway["deadline"], *gateway["retries"]))
    if not carried or story.timeline.over(moved, longest + longest // 5) > end - 2 * SETTLE:
        return None
    return f"message {letter.id} is {letter.status} since {moved}, and a carrier is there"


def _serves(story: Story, connection: Connection, gateway: Guid, peer: str) -> bool:
    """Whether its hello was for a gateway: one that a reload brought later has another name to it (C-4)."""
    if connection.role is not Role.CONNECTOR or peer not in connection.peers:
        return False
    setups = in_force(story, connection.welcomed_at or connection.dialled_at, SETTLE)
    return all(gateway in setup.data["message_gateways"] for setup in setups)


def _kept_too_long(story: Story, end: int) -> Iterator[Violation]:
    """A conversation whose agent is gone waits again after the grace (B-11)."""
    known = 2 * int(story.setup.data["heartbeat"]) + SETTLE
    gone_for: dict[Guid, list[tuple[int, int]]] = {}
    for hold in holds(story):
        gateway = story.ways[story.mail.conversations[hold.conversation].gateway]
        if hold.wraps:
            continue
        if hold.agent not in gone_for:
            gone_for[hold.agent] = absences(story, hold.agent, end)
        until = hold.end if hold.end is not None else end
        for gone, back in gone_for[hold.agent]:
            begin = max(gone, hold.at)
            if min(until, back) > story.timeline.over(begin, gateway["grace"] + known):
                text = f"agent {hold.agent} was gone since {begin}, they still had it"
                yield Violation("I-16", text, min(until, back), chat=hold.conversation)


def _views(story: Story, event: Event) -> Iterator[Violation]:
    """What a workplace believes of its conversations is so."""
    agent = agent_of_client(story, event.conn)
    for name, view in event.data.get("conversations", {}).items():
        key = Guid(name)
        row = story.mail.conversations.get(key)
        if row is None or (row.status, row.agent) != (ANSWERED, agent):
            text = f"the client believes that {agent} has it, the store has {row}"
            yield Violation("I-16", text, event.at, event.conn, name)
            continue
        rows = sorted(story.mail.within[key], key=lambda one: one.counter)
        stored = [one.id for one in rows if one.counter >= view["first"]]
        if view["messages"] != stored:
            text = f"the client has messages {view['messages']}, the store {stored}"
            yield Violation("I-16", text, event.at, event.conn, name)
        notes = [note.id for _, note in sorted(story.mail.notes[key].items())]
        if view["notes"] != notes:
            text = f"the client has notes {view['notes']}, the store {notes}"
            yield Violation("I-16", text, event.at, event.conn, name)
