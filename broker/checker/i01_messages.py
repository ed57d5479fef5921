"""I-1, I-2, I-11: what agents were told of messages, notes and drafts is stored, once, and was before."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.violation import Violation
from protocol.conversation import ConversationInfo, ConversationNoteInfo
from protocol.frame import Frame
from protocol.message import CommandInfo, MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Guid


def kept(story: Story) -> Iterator[Violation]:
    """I-1, I-2: messages, notes, drafts and the outcome of attempts are there after every restart."""
    for connection in story.connections.values():
        for event in connection.events:
            if event.kind is Kind.GOT and event.frame is not None:
                for text in _lost(story, connection, event.frame):
                    yield Violation("I-1", text, event.at, connection.name)
    yield from _keys(story)
    yield from _drafts(story)


def _lost(story: Story, connection: Connection, frame: Frame) -> Iterator[str]:
    request = connection.request_of(frame)
    asked = request.payload if request is not None else None
    p = frame.payload
    for one in p if isinstance(p, tuple) else (p,):
        match one:
            case ConversationNoteInfo():
                yield from _lost_note(story, one)
            case ConversationInfo():
                yield from _lost_conversation(story, one)
            case MessageStatusInfo() if one.message_id is not None:
                yield from _lost_status(story, one, asked)
            case MessageContentInfo() if frame.type == "SC_MESSAGE_RECEIVED":
                yield from _lost_message(story, one)
            case _:
                pass
    if frame.type == "SYS_ACK" and request is not None and isinstance(asked, CommandInfo):
        is_sent = request.type == "ES_MESSAGE_SENT" and asked.data is None and asked.id is not None
        moves = story.mail.deliveries.get(asked.id or Guid(""), [])
        if is_sent and not any(move.status == "Sent" for move in moves):
            yield f"the sending of {asked.id} was acknowledged, the store lacks it"


def _lost_note(story: Story, note: ConversationNoteInfo) -> Iterator[str]:
    stored = story.mail.notes.get(note.conversation_id or Guid(""), {}).get(note.counter)
    if stored is None or (stored.id, stored.text) != (note.id, note.text):
        yield f"note {note.counter} ({note.id}) was told, the store has {stored}"


def _lost_conversation(story: Story, info: ConversationInfo) -> Iterator[str]:
    key = info.conversation_id or Guid("")
    if key not in story.mail.conversations:
        yield f"conversation {key} was told, the store lacks it"
        return
    told = info.status.value if info.status is not None else ""
    if told == ChatStatus.CLOSED.value and told not in {m.status for m in story.mail.moves[key]}:
        yield f"conversation {key} was told {told}, the store never had that"
    for message in info.messages or ():
        yield from _lost_message(story, message)
    for note in info.internal or ():
        if note.id is not None:
            yield from _lost_note(story, note)


def _lost_message(story: Story, message: MessageContentInfo) -> Iterator[str]:
    row = story.mail.letters.get(message.message_id or Guid(""))
    if row is None:
        yield f"message {message.message_id} was told, the store lacks it"
        return
    where = (row.conversation, row.counter)
    if (message.conversation_id, message.counter) != where:
        yield f"message {row.id} was told in {message.conversation_id}, the store has it at {where}"
    for told, stored in ((message.body_text, row.body_text), (message.body_html, row.body_html)):
        if told is not None and told != stored:
            yield f"message {row.id} was shown as {told!r}, the store has {stored!r}"


def _lost_status(story: Story, told: MessageStatusInfo, asked: object) -> Iterator[str]:
    row = story.mail.letters.get(told.message_id or Guid(""))
    if row is None:
        yield f"message {told.message_id} was told ({told.status}), the store lacks it"
        return
    moves = story.mail.deliveries.get(row.id, [])
    if told.status is not None and told.status.value not in {m.status for m in moves}:
        yield f"message {row.id} was told {told.status}, the store never had that"
    if isinstance(asked, MessageContentInfo) and asked.request_id is not None:
        if row.key != asked.request_id:
            yield f"key {asked.request_id} became message {row.id}, which has key {row.key}"
        text = asked.body_text
        if text is not None and row.body_text != text:
            yield f"message {row.id} is {row.body_text!r}, it was written as {text!r}"


def _keys(story: Story) -> Iterator[Violation]:
    """I-2: what an agent handed over under one key is one message, and a key of a note is one note."""
    seen: dict[tuple[Guid, str], Guid] = {}
    for letter in story.dump.messages:
        if letter.agent is not None and letter.key is not None:
            other = seen.setdefault((letter.agent, letter.key), letter.id)
            if other != letter.id:
                text = f"key {letter.key} of {letter.agent} is {other} and {letter.id}"
                yield Violation("I-2", text, letter.at)
    for conversation, notes in story.mail.notes.items():
        ids = [note.id for note in notes.values()]
        if len(set(ids)) != len(ids):
            yield Violation("I-2", "a key of a note is stored twice", chat=conversation)
        if sorted(notes) != list(range(1, len(notes) + 1)):
            text = f"the Counters of its notes are {sorted(notes)}"
            yield Violation("I-3", text, chat=conversation)


def _drafts(story: Story) -> Iterator[Violation]:
    """I-1: the latest draft that was acknowledged is there, unless something was sent, or it is closed."""
    for key, (event, draft) in _acknowledged_drafts(story).items():
        row = story.mail.drafts.get(key)
        text = None
        if row is None:
            text = f"the draft {draft.body_text!r} was acknowledged, the store lacks it"
        elif not row.content and not _dropped(story, key, row.at):
            text = f"the draft {draft.body_text!r} is gone, and nothing was sent or closed"
        elif row.content and draft.body_text not in (None, row.content.get("BodyText")):
            text = f"the draft is {row.content.get('BodyText')!r}, not {draft.body_text!r}"
        if text:
            yield Violation("I-1", text, event.at, event.conn, key)


def _acknowledged_drafts(story: Story) -> dict[Guid, tuple[Event, MessageContentInfo]]:
    """The last draft of each conversation; one that was never answered leaves nothing to be said."""
    latest: dict[Guid, tuple[Event, MessageContentInfo]] = {}
    unsure: dict[tuple[str, int | str | None], Guid] = {}
    for event in story.events:
        connection, frame = story.connections.get(event.conn), event.frame
        if connection is None or frame is None:
            continue
        asked = frame if event.kind is Kind.SENT else None
        if event.kind is Kind.GOT:
            asked = connection.request_of(frame)
        draft = asked.payload if asked is not None else None
        if asked is None or asked.type != "CS_MESSAGE_DRAFT":
            continue
        if not isinstance(draft, MessageContentInfo) or draft.conversation_id is None:
            continue
        if event.kind is Kind.SENT:
            unsure[event.conn, frame.id] = draft.conversation_id
        else:
            unsure.pop((event.conn, frame.re), None)
            if frame.type == "SYS_ACK":
                latest[draft.conversation_id] = (event, draft)
    return {key: found for key, found in latest.items() if key not in unsure.values()}


def _dropped(story: Story, conversation: Guid, at: int) -> bool:
    """Whether something happened then that ends a draft."""
    sent = any(m.at == at and not m.inbound for m in story.mail.within.get(conversation, ()))
    closed = any(m.at == at and m.status == "Closed" for m in story.mail.moves[conversation])
    return sent or closed


def before_visible(story: Story) -> Iterator[Violation]:
    """I-11: no frame about a message left before what it says was committed."""
    durable: set[str] = set()
    for event in story.events:
        if event.kind is Kind.COMMITTED:
            durable.update("/".join(fact) for fact in event.data["facts"] if fact[0] in _FACTS)
        elif event.kind is Kind.GAVE and event.frame is not None:
            for fact in _reported(event.frame):
                if fact not in durable:
                    text = f"{event.frame.type} left before {fact} was committed"
                    yield Violation("I-11", text, event.at, event.conn)


_FACTS = frozenset({"message", "message-status", "conversation-note", "conversation-offer"})


def _reported(frame: Frame) -> Iterator[str]:
    match frame.payload:
        case CommandInfo() as p if frame.type == "SE_MESSAGE_RECEIVED" and p.data == "true":
            yield f"message/{p.id}"
        case MessageContentInfo() as p if frame.type == "SE_MESSAGE_SENDING":
            yield f"message-status/{p.message_id}/Sending"
        case MessageContentInfo() as p if frame.type == "SC_MESSAGE_RECEIVED":
            yield f"message/{p.message_id}"
        case MessageStatusInfo() as p if p.status is not None:
            yield f"message-status/{p.message_id}/{p.status.value}"
        case ConversationNoteInfo() as p:
            yield f"conversation-note/{p.conversation_id}/{p.counter}"
        case ConversationInfo() as p if frame.type == "SC_CONVERSATION_ALERT":
            yield f"conversation-offer/{p.conversation_id}"
        case ConversationInfo() as p:
            for message in p.messages or ():
                yield f"message/{message.message_id}"
        case _:
            pass
