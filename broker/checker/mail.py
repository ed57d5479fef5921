"""The rows of messages and conversations, indexed for the laws."""

from __future__ import annotations

from attrs import define, field

from broker.checker.dump import Dump
from broker.checker.post import (
    ConversationMoveRow,
    ConversationNoteRow,
    ConversationRow,
    DraftRow,
    MessageMoveRow,
    MessageRow,
)
from protocol.values import ChatStatus, Guid

CLOSED = ChatStatus.CLOSED.value
PART = 32_768
"""How long a sentence is at most: a message that is longer is several."""


def parts_of(letter: MessageRow) -> range:
    """The Counters of the sentences that a message of a chat is."""
    count = max(1, -(-len(letter.body_text or "") // PART)) if letter.inbound else 1
    return range(letter.counter, letter.counter + count)


@define
class Mail:
    """What the store holds of messages, to be looked up.

    Attributes:
        moves: The changes of each conversation, in order.
        within: The messages of each conversation, as stored.
        named: The messages of a gateway and a direction (inbound or not) under a name.
        said: The messages of a sentence, by chat, Counter, and whether they came in.
        said_in: The messages that are sentences of each chat.
        deliveries: The changes of each outbound message, in order.
        renamed: Names under which messages were handed over that have another one now.
    """

    conversations: dict[Guid, ConversationRow] = field(factory=dict)
    moves: dict[Guid, list[ConversationMoveRow]] = field(factory=dict)
    letters: dict[Guid, MessageRow] = field(factory=dict)
    within: dict[Guid, list[MessageRow]] = field(factory=dict)
    named: dict[tuple[Guid, bool, str], list[MessageRow]] = field(factory=dict)
    said: dict[tuple[Guid, int, bool], list[MessageRow]] = field(factory=dict)
    said_in: dict[Guid, list[MessageRow]] = field(factory=dict)
    deliveries: dict[Guid, list[MessageMoveRow]] = field(factory=dict)
    notes: dict[Guid, dict[int, ConversationNoteRow]] = field(factory=dict)
    drafts: dict[Guid, DraftRow] = field(factory=dict)
    renamed: set[str] = field(factory=set)

    @classmethod
    def read(cls, dump: Dump) -> Mail:
        """Index a dump."""
        mail = cls()
        for conversation in dump.conversations:
            mail.conversations[conversation.id] = conversation
            mail.moves[conversation.id] = []
            mail.within[conversation.id] = []
            mail.notes[conversation.id] = {}
        for move in dump.conversation_moves:
            mail.moves[move.conversation].append(move)
        for letter in dump.messages:
            mail.letters[letter.id] = letter
            if letter.conversation is not None:
                mail.within.setdefault(letter.conversation, []).append(letter)
            if letter.chat is not None:
                place = (letter.chat, letter.counter, letter.inbound)
                mail.said.setdefault(place, []).append(letter)
                mail.said_in.setdefault(letter.chat, []).append(letter)
            if letter.delivery_id is not None:
                key = (letter.gateway, letter.inbound, letter.delivery_id)
                mail.named.setdefault(key, []).append(letter)
            if not letter.inbound:
                mail.deliveries[letter.id] = []
        for delivery in dump.message_moves:
            mail.deliveries.setdefault(delivery.message, []).append(delivery)
        for note in dump.conversation_notes:
            mail.notes.setdefault(note.conversation, {})[note.counter] = note
        mail.drafts = {draft.conversation: draft for draft in dump.drafts}
        return mail

    def status_at(self, conversation: Guid, at: int) -> str | None:
        """What a conversation was before whatever happened to it at that moment."""
        before = [move.status for move in self.moves[conversation] if move.at < at]
        return before[-1] if before else None

    def owner_at(self, conversation: Guid, at: int) -> set[Guid | None]:
        """Who worked on a conversation at a moment; around a change there may be two."""
        found: set[Guid | None] = set()
        moves = self.moves.get(conversation, [])
        for move, after in zip(moves, [*moves[1:], None], strict=True):
            if move.at <= at and (after is None or at <= after.at):
                found.add(move.agent if move.status == ChatStatus.ANSWERED.value else None)
        return found
