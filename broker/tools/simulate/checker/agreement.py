"""I-5, I-9, I-10: connector, workplace, store and memory tell the same."""

from __future__ import annotations

from collections.abc import Iterator

from broker.tools.simulate.checker.fold import FoldedChat
from broker.tools.simulate.checker.story import Connection, Story
from broker.tools.simulate.checker.violation import Violation
from broker.tools.simulate.history import Kind
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
    if chat.status is not None and stored.status != chat.status.value:
        yield violation(f"it ends {chat.status} here, {stored.status} in the store")
    rows = story.sentences[guid]
    if sorted(chat.lines) != sorted(rows):
        yield violation(f"it ends with Counters {sorted(chat.lines)} here, {sorted(rows)} there")
        return
    outbound = connection.role is Role.WORKPLACE
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


def snapshot_is_fold(story: Story) -> Iterator[Violation]:
    """I-9: an old snapshot and the pushes since make a fresh snapshot."""
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-9")
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
            if chat.status == ChatStatus.CLOSED.value:
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
