"""I-5, I-9, I-10: connector, workplace, store and memory tell the same."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Connection, Story
from broker.checker.history import Kind
from broker.checker.i06_i09_picture import told
from broker.checker.involvement import MONITOR, TALKING
from broker.checker.naive_client import FoldedChat
from broker.checker.violation import Violation
from protocol.values import ChatStatus, Guid, Role


def both_sides_agree(story: Story) -> Iterator[Violation]:
    """I-5: after the last snapshots everybody has the store's transcript, confirmations included."""
    if story.probe_at is None:
        return
    for connection in story.live():
        for chat in connection.fold.chats.values():
            if chat.snapshot and chat.chat is not None and _is_theirs(story, connection, chat):
                yield from _differences(story, connection, chat, chat.chat)


def _is_theirs(story: Story, connection: Connection, chat: FoldedChat) -> bool:
    """Whether the connection is still told of the chat."""
    if connection.role is Role.CONNECTOR:
        return True
    return chat.status is ChatStatus.ANSWERED


def _differences(
    story: Story, connection: Connection, chat: FoldedChat, guid: Guid
) -> Iterator[Violation]:
    def violation(text: str) -> Violation:
        return Violation("I-5", text, story.end_at, connection.name, guid)

    stored = story.chats.get(guid)
    if stored is None:
        yield violation("the store does not have this chat")
        return
    outbound = connection.role is Role.WORKPLACE
    if outbound:
        for text in _inside(story, connection, chat, guid):
            yield violation(text)
    elif chat.status is not None and stored.status != chat.status.value:
        yield violation(f"it ends {chat.status} here, {stored.status} in the store")
    elif chat.shown is not None and chat.shown[1] != stored.scenario:
        yield violation(f"form {chat.shown[1]} is offered here, {stored.scenario} in the store")
    rows = story.sentences[guid]
    if sorted(chat.lines) != sorted(rows):
        yield violation(f"it ends with Counters {sorted(chat.lines)} here, {sorted(rows)} there")
        return
    for counter, line in chat.lines.items():
        row = rows[counter]
        if (row.id, row.outbound, row.model, row.text) != line.content:
            yield violation(f"sentence {counter} is {line} here, {row} in the store")
        elif row.confirmed_at != line.confirmed and (
            line.outbound is outbound or line.confirmed is not None
        ):
            text = (
                f"sentence {counter} is confirmed {line.confirmed} here, {row.confirmed_at} there"
            )
            yield violation(text)


def _inside(story: Story, connection: Connection, chat: FoldedChat, guid: Guid) -> Iterator[str]:
    """What only agents see: that they are in the chat, who else is, whether it is put aside, the notes."""
    agent = story.agent_of(connection)
    parts = [s.part for s in story.spans.between(guid, agent) if s.end is None]
    if not TALKING.intersection(parts):
        yield f"it ends {chat.status} here, in the store agent {agent} is {parts}"
    if chat.shown is not None:
        parked = any(p.chat == guid and p.ended_at is None for p in story.dump.parkings)
        mine = parked and "owner" in parts
        if chat.shown[0] is not mine:
            yield f"it ends with IsParked {chat.shown[0]} here, {mine} in the store"
        stored = _company(story, guid, agent)
        if chat.shown[2] != stored:
            yield f"it ends with parties {chat.shown[2]} here, {stored} in the store"
        filled = _filled(story, guid)
        if chat.shown[3] != filled:
            yield f"it ends with forms {chat.shown[3]} here, {filled} in the store"
        contact = (story.chats[guid].contact, story.chats[guid].contact_name)
        if chat.shown[4] != contact:
            yield f"it ends with contact {chat.shown[4]} here, {contact} in the store"
    notes = {counter: (row.id, row.text) for counter, row in story.notes[guid].items()}
    told = {counter: (line.id, line.text) for counter, line in chat.notes.items()}
    if told != notes:
        yield f"it ends with notes {sorted(told)} here, {sorted(notes)} in the store, or with others"


def _filled(story: Story, chat: Guid) -> tuple[object, ...]:
    """The forms of a chat: what was filled in, and the default one while it was not."""
    forms: list[tuple[str, str, str]] = [
        (row.result["ScenarioId"], row.result_id, row.result.get("Activity", ""))
        for row in story.dump.forms
        if row.chat == chat
    ]
    default = story.chats[chat].default_form
    if default is not None and default not in {form for form, _, _ in forms}:
        forms.append((default, "", ""))
    return tuple(sorted(forms))


def _company(story: Story, chat: Guid, viewer: Guid | None) -> tuple[object, ...]:
    """Who is in a chat at the end, or asked into it, as the viewer may know."""
    parties: list[tuple[str, ...]] = [
        ("Joined", row.mode, row.agent, "", row.by_agent)
        for row in story.dump.parties
        if row.chat == chat and row.left_at is None
        if row.mode != MONITOR or row.agent == viewer
    ]
    alerted = [o.agent for o in story.dump.offers if o.chat == chat and o.ended_at is None]
    for row in story.dump.invites:
        if row.chat == chat and row.ended_at is None:
            asked = row.agent or (alerted[0] if alerted else "")
            parties.append(("Asked", row.mode, asked, row.project or "", row.by_agent))
    return tuple(sorted(parties))


def snapshot_is_fold(story: Story) -> Iterator[Violation]:
    """I-9: an old snapshot and the pushes since make a fresh snapshot."""
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-9")
    yield from told(story)
    if story.probe_at is not None:
        yield from _last_lists(story)


def _last_lists(story: Story) -> Iterator[Violation]:
    """The lists that were asked for at the end have every open chat of their peer."""
    for connection in story.live():
        if connection.role is not Role.CONNECTOR:
            continue
        for chat in story.dump.chats:
            gateway = story.setup.data["gateways"].get(chat.gateway)
            if gateway is None or gateway["peer"] not in connection.fold.lists:
                continue
            if chat.status == ChatStatus.CLOSED.value or (chat.outbound and not chat.bound_at):
                continue
            ref = (gateway["peer"], gateway["port"], chat.tracking_id)
            told = connection.fold.chats.get(ref)
            if told is None or told.chat != chat.id:
                text = f"the store has it {chat.status}, this connector was never told"
                yield Violation("I-9", text, story.end_at, connection.name, chat.id)


def store_is_memory(story: Story) -> Iterator[Violation]:
    """I-10: what recovery reads equals what is in memory, whenever nothing is in flight."""
    for event in story.events:
        if event.kind is Kind.RESTORED and not event.data["same"]:
            yield Violation("I-10", str(event.data["difference"]), event.at)
