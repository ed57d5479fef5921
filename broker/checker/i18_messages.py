"""I-18: every message that was taken in is in exactly one place, once, as it was brought (B-50, B-56)."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.mail import CLOSED
from broker.checker.post import MessageRow
from broker.checker.violation import Violation
from protocol.errors import ErrorCode
from protocol.message import CommandInfo, MessageContentInfo
from protocol.session import SysError
from protocol.values import Guid

OF_THE_FAR_SIDE = "far-"
"""What names begin with that connectors give to messages that go out."""
BUSY = (ErrorCode.OVERLOADED, ErrorCode.RATE_LIMITED)
"""What refuses a message for a moment."""
Name = tuple[Guid, str]
"""A gateway, and the name that a message has on the connector's side."""


@define
class _Brought:
    """What connectors brought under one name, and what they were told.

    Attributes:
        taken: The names that were given to it by answers of `true`.
        asked_anew: The requests for it that were made when it was known to be taken.
        false_after: When one of these was refused.
    """

    contents: list[MessageContentInfo] = field(factory=list)
    asked_anew: set[tuple[str, int | str | None]] = field(factory=set)
    taken: dict[Guid | None, Event] = field(factory=dict)
    false_after: Event | None = None


def taken_once(story: Story) -> Iterator[Violation]:
    """I-18: what was answered `true` is stored, once, in one conversation or chat, with its content."""
    brought = _brought(story)
    for name, one in brought.items():
        yield from _kept(story, name, one)
    yield from _stored_once(story)
    told = any(event.kind is Kind.SENT for event in story.events)
    for row in story.dump.messages:
        yield from _placed(story, row)
        if told and row.inbound and (row.gateway, row.delivery_id) not in brought:
            yield Violation(
                "I-18", f"message {row.delivery_id} is stored, nobody brought it", row.at
            )
    for conversation, rows in story.mail.within.items():
        counters = sorted(row.counter for row in rows)
        if counters != list(range(1, len(rows) + 1)):
            yield Violation("I-3", f"the places of its messages are {counters}", chat=conversation)
        if not rows:
            yield Violation("I-18", "a conversation without a message", chat=conversation)


def _stored_once(story: Story) -> Iterator[Violation]:
    """What came in under one name is there once, whatever its gateway was called meanwhile (B-50)."""
    found: dict[tuple[object, str], MessageRow] = {}
    for (gateway, inbound, name), rows in story.mail.named.items():
        key = (story.ways.get(gateway, {}).get("peer", gateway), name)
        for row in rows if inbound else ():
            if found.setdefault(key, row) is not row:
                yield Violation("I-18", f"message {name} is stored twice", row.at)


def _brought(story: Story) -> dict[Name, _Brought]:
    found: dict[Name, _Brought] = {}
    for event, connection in _in_order(story):
        frame = event.frame
        if frame is None:
            continue
        p = frame.payload
        if event.kind is Kind.SENT and frame.type == "ES_MESSAGE_RECEIVING":
            if isinstance(p, MessageContentInfo) and p.gateway_id and p.delivery_system_id:
                one = found.setdefault((p.gateway_id, p.delivery_system_id), _Brought())
                one.contents.append(p)
                if one.taken:
                    one.asked_anew.add((event.conn, frame.id))
        elif event.kind is Kind.GOT and frame.re is not None:
            request = connection.request_of(frame)
            asked = request.payload if request is not None else None
            if request is None or request.type != "ES_MESSAGE_RECEIVING":
                continue
            if isinstance(asked, MessageContentInfo):
                key = (asked.gateway_id or Guid(""), asked.delivery_system_id or "")
                one = found.setdefault(key, _Brought())
                if isinstance(p, CommandInfo) and p.data == "true":
                    one.taken.setdefault(p.id, event)
                elif not _says_nothing(p):
                    # Whoever asked before that may hear of it later.
                    is_late = (event.conn, frame.re) not in one.asked_anew
                    one.false_after = one.false_after if is_late else event
    return found


def _says_nothing(p: object) -> bool:
    """Whether an answer leaves open what became of a message before: that nobody looked for."""
    if not isinstance(p, SysError):
        return False
    return p.code in BUSY or (p.text or "").startswith("BodyHtml: ")


def _in_order(story: Story) -> Iterator[tuple[Event, Connection]]:
    for event in story.events:
        if event.kind in (Kind.SENT, Kind.GOT) and event.conn in story.connections:
            yield event, story.connections[event.conn]


def _kept(story: Story, name: Name, one: _Brought) -> Iterator[Violation]:
    """What was promised about a name is so."""
    gateway, delivery = name
    if len(one.taken) > 1:
        at = max(event.at for event in one.taken.values())
        yield Violation(
            "I-18", f"message {delivery} was taken as {sorted(map(str, one.taken))}", at
        )
    if one.false_after is not None and _serves(story, gateway):
        event = one.false_after
        yield Violation("I-18", f"message {delivery} was taken, then refused", event.at, event.conn)
    for id_, event in one.taken.items():
        row = story.mail.letters.get(id_) if id_ is not None else None
        # One that has another name since is the same gateway, to whoever brings something again.
        by_it = row is not None and row.gateway in {gateway, *_pair(story, gateway)}
        if row is None or not by_it or (row.delivery_id, row.inbound) != (delivery, True):
            text = f"message {delivery} was taken as {id_}, the store has {row}"
            yield Violation("I-18", text, event.at, event.conn)
        elif not any(_same(content, row) for content in one.contents):
            yield Violation(
                "I-18", f"message {delivery} was changed to {row}", event.at, event.conn
            )


def _serves(story: Story, gateway: Guid) -> bool:
    """Whether messages came in by a gateway under every configuration."""
    return all(s.data["message_gateways"].get(gateway, {}).get("in") for s in story.setups)


def _same(content: MessageContentInfo, row: MessageRow) -> bool:
    """Whether a row has what was brought; of HTML the text is enough, since it is cleaned."""
    if (content.remote_address, content.subject_field) != (row.remote_address, row.subject):
        return False
    if content.body_text is not None:
        return row.body_text == content.body_text
    words = (content.body_html or "").rpartition(">")[2].strip() or "</p>"
    return content.body_html is None or words in (row.body_text or "") or words == "</p>"


def _placed(story: Story, row: MessageRow) -> Iterator[Violation]:
    """A message is in one conversation or in one chat, and an inbound one in the right conversation."""
    if (row.conversation is None) == (row.chat is None):
        text = f"message {row.id} is in conversation {row.conversation} and in chat {row.chat}"
        yield Violation("I-18", text, row.at)
    elif row.chat is not None:
        if row.chat not in story.chats:
            yield Violation("I-18", f"message {row.id} is in no chat", row.at, chat=row.chat)
    elif row.conversation not in story.mail.conversations:
        yield Violation("I-18", f"message {row.id} is in no conversation", row.at)
    elif row.inbound:
        wrong = _misplaced(story, row)
        if wrong:
            yield Violation(
                "I-18", f"message {row.id} {wrong}", row.at, chat=row.conversation or ""
            )


def _misplaced(story: Story, row: MessageRow) -> str | None:
    """What is wrong with the conversation that an inbound message is in (B-56)."""
    mail = story.mail
    here = mail.conversations[row.conversation or Guid("")]
    referred = _referred(story, row, here.gateway)
    if not referred:
        return _by_address(story, row)
    for other in referred:
        if other == here.id or (row.counter == 1 and here.earlier == other):
            return None
        status = mail.status_at(other, row.at)
        if status != CLOSED and not _moved_at(story, other, row.at):
            return f"answers one of {other}, which was {status}"
    # All of them closed for long, or out of memory: it should know where it comes from.
    return f"goes on from {referred[0]}, which it does not say"


def _referred(story: Story, row: MessageRow, gateway: Guid) -> list[Guid]:
    """The conversations of the messages that a message names and that were there before it, the newest first.

    A name that a message got from its connector may have come later, and one that it had before is not
    stored any more: it may be any conversation.
    """
    names = [row.header.get("InReplyToId"), *reversed(row.header.get("References") or ())]
    referred: list[Guid] = []
    renamed = story.mail.renamed
    for name in filter(None, names):
        if name.startswith(OF_THE_FAR_SIDE) or name in renamed:
            return [*referred, row.conversation or Guid("")]
        for other, inbound in ((g, i) for g in _pair(story, gateway) for i in (True, False)):
            found = [
                one.conversation
                for one in story.mail.named.get((other, inbound, name), ())
                if one.no < row.no and one.conversation is not None
            ]
            referred += found
    return referred


def _pair(story: Story, gateway: Guid) -> list[Guid]:
    """The gateways of both directions, of one of them."""
    peer = story.ways.get(gateway, {}).get("peer")
    return [guid for guid, other in story.ways.items() if other["peer"] == peer]


def _by_address(story: Story, row: MessageRow) -> str | None:
    """Without a thread: in a new one, or the open one of its address where there are no threads."""
    mail, key = story.mail, row.conversation or Guid("")
    here = mail.conversations[key]
    if story.ways[here.gateway]["threads"]:
        return None if row.counter == 1 else "is in a conversation that it does not name"
    address = here.remote_address.casefold()
    if address != (row.remote_address or "").casefold():
        return f"is in a conversation with {here.remote_address}"
    for other in mail.conversations.values():
        if other.id == key or (other.pair, other.remote_address.casefold()) != (here.pair, address):
            continue
        status = mail.status_at(other.id, row.at)
        if status not in (None, CLOSED) and not _moved_at(story, other.id, row.at):
            return f"is not in {other.id}, which was open with that address"
    return None


def _moved_at(story: Story, conversation: Guid, at: int) -> bool:
    return any(move.at == at for move in story.mail.moves[conversation])
