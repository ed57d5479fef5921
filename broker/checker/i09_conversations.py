"""I-3, I-5, I-9: what a workplace is told of conversations fits together, and is what the store has."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Connection, Story
from broker.checker.naive_correspondent import FoldedConversation, differ
from broker.checker.violation import Violation
from protocol.values import Guid, Role


def folded(story: Story) -> Iterator[Violation]:
    """I-2, I-3, I-9: snapshots and lists are what the pushes say."""
    for connection in story.connections.values():
        yield from connection.letters.remarks


def agreed(story: Story) -> Iterator[Violation]:
    """I-5: after the last snapshots a workplace has what the store has, of everything that is its agent's."""
    if story.probe_at is None:
        return
    for connection in story.live():
        agent = story.agent_of(connection)
        if connection.role is not Role.WORKPLACE or not connection.letters.listed or agent is None:
            continue
        for key, text in _differences(story, connection, agent):
            yield Violation("I-5", text, story.end_at, connection.name, key)


def _differences(story: Story, connection: Connection, agent: Guid) -> Iterator[tuple[Guid, str]]:
    held = connection.letters.held
    for row in story.dump.conversations:
        known = held.get(row.id)
        theirs = (row.status in ("Alerting", "Answered") and row.agent == agent) or (
            row.status == "Waiting" and row.parked_by == agent
        )
        if row.status == "Answered" and any(
            offer.agent == agent and offer.ended_at is None
            for offer in story.dump.conversation_offers
            if offer.conversation == row.id
        ):
            theirs = True  # to be handed over to them
        told = known.status if known is not None else None
        if theirs != (known is not None):
            yield row.id, f"it ends {told} here, {row.status} in the store, with {row.agent}"
        elif known is not None and known.high is not None:
            for text in _contents(story, known):
                yield row.id, text


def _contents(story: Story, known: FoldedConversation) -> Iterator[str]:
    """What was told of messages, notes and the draft of a conversation, and is otherwise in the store."""
    rows = {letter.counter: letter for letter in story.mail.within.get(known.id, ())}
    if known.high != len(rows):
        yield f"it ends with {known.high} messages here, {len(rows)} in the store"
    for counter, told in known.messages.items():
        row = rows.get(counter)
        if row is None or told != (row.id, row.status):
            yield f"message {counter} ends as {told} here, {row} in the store"
    notes = {n: (note.id or None, note.text) for n, note in story.mail.notes[known.id].items()}
    if known.notes != notes:
        yield f"it ends with notes {sorted(known.notes)} here, {sorted(notes)} in the store"
    kept = story.mail.drafts.get(known.id)
    draft = (kept.content.get("BodyText") or "") if kept is not None and kept.content else None
    if differ(known.draft, draft):
        yield f"the draft ends as {known.draft!r} here, {draft!r} in the store"
