"""I-1, I-4, I-12, I-15, I-18 of messages that are sentences of chats (B-60).

What the two tables say of one text must be the same: what came in is said in the chat of its address,
what is said there goes out, and what becomes of that is known in the chat.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from broker.checker.dump import ChatRow, SentenceRow
from broker.checker.evidence import Story, in_force
from broker.checker.history import Kind
from broker.checker.i06_slots import SETTLE
from broker.checker.mail import PART, parts_of
from broker.checker.post import MessageRow
from broker.checker.setup import Setup
from broker.checker.violation import Violation
from protocol.chat import ChatStatusInfo
from protocol.message import CommandInfo, MessageContentInfo
from protocol.values import Guid

ROOMY: Final = 60_000
"""A chat with so many characters may have no room for more of its visitor's, nor for a note."""
EARLIER: Final = 10
"""How many lines of earlier chats are shown at most."""
EARLIER_BYTES: Final = 8_192
LINE_BYTES: Final = 400
"""What they may take in all, and each besides its text."""
CLOSED: Final = "Closed"
NOTE: Final = 2
"""The model of what is told to programs and shown as no words of anybody's."""
CONFIRMS: Final = {False: ("Sent", "Delivered", "Read"), True: ("Delivered", "Read")}
"""Where a message has come to when its sentence is confirmed, by whether the far side reports that."""


def said(story: Story) -> Iterator[Violation]:
    """I-18: a text is in the chat of its address, word for word, and nothing else is said for a visitor."""
    for letter in story.dump.messages:
        if letter.chat is None or letter.chat not in story.chats:
            continue
        wrong = _misplaced(story, letter)
        if wrong is None:
            wrong = _said_in(story, letter) if letter.inbound else _said_out(story, letter)
        if wrong is not None:
            yield Violation("I-18", f"message {letter.id} {wrong}", letter.at, chat=letter.chat)
    for (chat, counter, _), letters in story.mail.said.items():
        if len(letters) > 1:
            text = f"sentence {counter} is {len(letters)} messages"
            yield Violation("I-18", text, letters[1].at, chat=chat)


def _misplaced(story: Story, letter: MessageRow) -> str | None:
    """What is wrong with the chat that a message is in."""
    chat = story.chats[letter.chat or Guid("")]
    if chat.gateway not in _gateways_of(story, letter):
        return f"is in a chat of gateway {chat.gateway}"
    # These are e-mail addresses, in which capitals do not matter.
    if (letter.remote_address or "").casefold() != chat.tracking_id:
        return f"of {letter.remote_address} is in the chat of {chat.tracking_id}"
    if not letter.inbound:
        return None
    for other in story.tracked[chat.gateway, chat.tracking_id]:
        before = [move for move in story.moves[other] if move.at < letter.at]
        moved = any(move.at == letter.at for move in story.moves[other])
        if other != chat.id and before and before[-1].status != CLOSED and not moved:
            return f"is not in {other}, which was open"
    return None


def _gateways_of(story: Story, letter: MessageRow) -> set[Guid | None]:
    known = [s.data["message_gateways"].get(letter.gateway) for s in story.setups]
    return {gateway["as_chat"] for gateway in known if gateway is not None}


def _said_in(story: Story, letter: MessageRow) -> str | None:
    """What is wrong with the sentences of a message that came in."""
    rows, text = story.sentences[letter.chat or Guid("")], letter.body_text or ""
    parts = parts_of(letter)
    for number, counter in enumerate(parts):
        row, part = rows.get(counter), text[number * PART : (number + 1) * PART]
        if letter.counter == 1 and (number + 1) * PART > ROOMY:
            # A new chat may have no room for more; the message has it all.
            return None
        if row is None or row.outbound or row.text != part:
            return f"is {len(parts)} sentences from {letter.counter} on, {counter} is {row}"
        if not number and row.id != letter.id:
            return f"is told by the key {row.id}"
    return None


def _said_out(story: Story, letter: MessageRow) -> str | None:
    """What is wrong with the sentence of a message that goes out."""
    row = story.sentences[letter.chat or Guid("")].get(letter.counter)
    told = (row.outbound, row.text, row.agent) if row is not None else None
    if told != (True, letter.body_text or "", letter.agent):
        return f"is sentence {letter.counter}, which is {row}"
    return None


def goes_out(story: Story) -> Iterator[Violation]:
    """I-12: what is said in such a chat is a message, and confirmed or told to have failed as that is."""
    attached = {(a.chat, a.counter) for a in story.dump.attachments}
    for row in story.dump.sentences:
        letters = story.mail.said.get((row.chat, row.counter, False), [])
        if not row.outbound:
            continue
        wanted = {_goes(story, setup, row, attached) for setup in in_force(story, row.at, SETTLE)}
        if wanted == {True} and not letters:
            text = f"sentence {row.counter} ({row.id}) did not become a message"
            yield Violation("I-12", text, row.at, chat=row.chat)
        elif wanted == {False} and letters:
            text = f"sentence {row.counter} ({row.id}) became a message"
            yield Violation("I-12", text, row.at, chat=row.chat)
        for letter in letters[:1]:
            yield from _confirmed(story, row, letter)
    yield from _failed(story)


def _goes(
    story: Story, setup: Setup, row: SentenceRow, attached: set[tuple[Guid, int]]
) -> bool | None:
    """Whether a sentence goes out as a message under a configuration."""
    chat = story.chats[row.chat]
    ways = [
        gateway
        for gateway in setup.data["message_gateways"].values()
        if gateway["as_chat"] == chat.gateway and gateway["out"]
    ]
    if not ways or not (row.text or (row.chat, row.counter) in attached):
        return False
    return bool(ways[0]["notes"]) if row.own or row.model == NOTE else True


def _confirmed(story: Story, row: SentenceRow, letter: MessageRow) -> Iterator[Violation]:
    """A sentence is confirmed at the moment at which its message is sent, or delivered."""
    moves = story.mail.deliveries.get(letter.id, [])
    known = [setup.data["message_gateways"].get(letter.gateway) for setup in story.setups]
    ways = {bool(gateway["confirm_delivered"]) for gateway in known if gateway is not None}
    moments = {
        next((move.at for move in moves if move.status in CONFIRMS[way]), None) for way in ways
    }
    if any(at is not None and _was_closed(story, row.chat, at) for at in moments):
        moments.add(None)  # nobody has the chat in mind any more
    at = row.confirmed_at
    # It is kept as clients were told it, so on the broker's clock.
    if (story.timeline.moment(at) if at is not None else None) not in moments:
        told = [(move.status, move.at) for move in moves]
        text = f"sentence {row.counter} is confirmed at {at}, its message went {told}"
        yield Violation("I-12", text, row.at, chat=row.chat)


def _was_closed(story: Story, chat: Guid, at: int) -> bool:
    """Whether a chat was closed at a moment; it may have been closed, or opened again, just then."""
    before = [move.status for move in story.moves[chat] if move.at < at]
    return CLOSED in (*before[-1:], *(m.status for m in story.moves[chat] if m.at == at))


def _failed(story: Story) -> Iterator[Violation]:
    """A text that could not be sent is told by a note in its chat, once for each failure."""
    for letter in story.dump.messages:
        if letter.chat is None or letter.chat not in story.chats or letter.inbound:
            continue
        rows = story.notes[letter.chat].values()
        for move in story.mail.deliveries.get(letter.id, ()):
            if move.status != "Failed" or move.outcome == "late_refused":
                continue
            told = any(row.agent is None and row.at == move.at for row in rows)
            if not (told or _was_closed(story, letter.chat, move.at) or _is_long(story, letter)):
                text = f"message {letter.id} failed, and no note says so"
                yield Violation("I-12", text, move.at, chat=letter.chat)


def _is_long(story: Story, letter: MessageRow) -> bool:
    chat = letter.chat or Guid("")
    texts = [row.text for row in story.sentences[chat].values()]
    texts += [row.text for row in story.notes[chat].values()]
    return sum(300 + len(text) for text in texts) > ROOMY


def in_order(story: Story) -> Iterator[Violation]:
    """I-4: the texts of one address that one connection brought are said in the order of bringing."""
    brought: dict[tuple[Guid, str], list[str]] = {}
    for event, p in _receiving(story):
        brought.setdefault((p.gateway_id or Guid(""), p.delivery_system_id or ""), []).append(event)
    last: dict[tuple[str, str | None], MessageRow] = {}
    for conn, p in _receiving(story):
        name = (p.gateway_id or Guid(""), p.delivery_system_id or "")
        rows = story.mail.named.get((name[0], True, name[1]), [])
        if len(brought[name]) > 1 or not rows or rows[0].chat is None:
            continue
        row, key = rows[0], (conn, (p.remote_address or "").casefold())
        before = last.setdefault(key, row)
        if row.no < before.no or (row.chat == before.chat and row.counter < before.counter):
            text = f"message {row.delivery_id} came after {before.delivery_id}, and is before it"
            yield Violation("I-4", text, row.at, conn, row.chat or "")
        last[key] = row


def _receiving(story: Story) -> Iterator[tuple[str, MessageContentInfo]]:
    """What connectors brought, and on which connections."""
    for event in story.events:
        p = event.frame.payload if event.frame is not None else None
        is_brought = event.frame is not None and event.frame.type == "ES_MESSAGE_RECEIVING"
        if event.kind is Kind.SENT and is_brought and isinstance(p, MessageContentInfo):
            yield event.conn, p


def acknowledged(story: Story) -> Iterator[Violation]:
    """I-1: a text that was answered `true` is said."""
    for connection in story.connections.values():
        for event in connection.events:
            frame = event.frame
            if event.kind is not Kind.GOT or frame is None:
                continue
            p = frame.payload
            if isinstance(p, CommandInfo) and frame.type == "SE_MESSAGE_RECEIVED":
                letter = story.mail.letters.get(p.id or Guid("")) if p.data == "true" else None
                chat = letter.chat if letter is not None else None
                if chat and letter and letter.counter not in story.sentences.get(chat, {}):
                    text = f"message {letter.id} was taken, and is said nowhere"
                    yield Violation("I-1", text, event.at, connection.name, chat)


def earlier(story: Story) -> Iterator[Violation]:
    """I-9, I-15: of earlier chats what was said last with the address is shown, and nothing else."""
    for event in story.events:
        frame = event.frame
        if event.kind is not Kind.GAVE or frame is None or frame.type != "SC_CHAT_STATUS":
            continue
        p = frame.payload
        chat = story.chats.get(p.chat_id or Guid("")) if isinstance(p, ChatStatusInfo) else None
        if chat is not None and isinstance(p, ChatStatusInfo):
            found = _shown_wrongly(story, p, _before(story, chat), event.at)
            if found is not None:
                yield Violation(*found, event.at, event.conn, chat.id)


def _shown_wrongly(
    story: Story, p: ChatStatusInfo, known: list[MessageRow], at: int
) -> tuple[str, str] | None:
    """Which law is broken by what is shown of earlier chats, of which `known` was said, and how."""
    lines, numbers = p.history or (), {letter.id: number for number, letter in enumerate(known)}
    for line in lines:
        letter = story.mail.letters.get(Guid(line.id or ""))
        if letter is None or letter.id not in numbers:
            return "I-15", f"line {line.id} was said in no earlier chat with that address"
        if (letter.body_text or "", not letter.inbound) != (line.text, line.is_outbound):
            return "I-9", f"line {line.id} of an earlier chat is shown as {line.text!r}"
    if p.sentences is None:
        return ("I-15", "earlier chats are shown without the chat itself") if lines else None
    shown = [numbers[Guid(line.id or "")] for line in lines]
    first = shown[0] if shown else sum(letter.at < at for letter in known)
    if shown != [*range(first, first + len(shown))] or len(shown) > EARLIER:
        return "I-9", f"lines {shown} of {len(known)} of earlier chats are shown"
    later = known[first + len(shown) :]
    if later and later[0].at < at - SETTLE:
        return "I-9", f"line {later[0].id} of an earlier chat is newer than what is shown"
    more = sum(len((letter.body_text or "").encode()) + LINE_BYTES for letter in known[first - 1 :])
    if first and len(shown) < EARLIER and more < EARLIER_BYTES:
        return "I-9", f"line {known[first - 1].id} of an earlier chat is not shown"
    return None


def _before(story: Story, chat: ChatRow) -> list[MessageRow]:
    """What was said by messages in earlier chats with the address of a chat, in order."""
    chats = story.tracked[chat.gateway, chat.tracking_id]
    earlier = chats[: chats.index(chat.id)]
    letters = [letter for one in earlier for letter in story.mail.said_in.get(one, ())]
    return sorted(letters, key=lambda letter: letter.no)
