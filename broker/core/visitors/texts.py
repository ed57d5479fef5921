"""Messages that are sentences of a chat (B-60).

Theory of operation: on a gateway with `as_chat` what comes in is a sentence of the open chat of its address,
which begins, or opens again, as by a start at the chat gateway: what holds for chats holds for it. What is
said to the visitor of such a chat, whoever said it, is written as a message besides, which goes the way of
messages; what becomes of that comes back as the confirmation of the sentence, or as a note.

Both happen in the decision that stores the sentence, or right behind the one that moves the message
(`after`), so a sentence is never without its message.
"""

from __future__ import annotations

from typing import Final

from broker.config.message_gateways import MessageGateway
from broker.config.model import Gateway
from broker.core.agents.participants import wake
from broker.core.blob_state import owner_of
from broker.core.blobs.naming import attaching, named_by
from broker.core.chats.room import is_full, refuse_for_room, visitors_room, words_relieved
from broker.core.chats.transitions import heard_anew, internal_note
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import ChatToConnectors, SentenceToConnectors, SentenceToMembers
from broker.core.facts import Fact, MessageMoved, MessageStored, SentenceConfirmed, SentenceStored
from broker.core.facts.causes import AttemptOutcome
from broker.core.inputs import Stamp
from broker.core.limits import LONGEST_TEXT
from broker.core.message_state import Message, body_bytes
from broker.core.messages.naming import proposed_name
from broker.core.messages.receiving import MESSAGE_ID, known_message, received
from broker.core.sentence import Attachment, Words, described, sentence_bytes
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import find_tracked
from broker.core.views.recipients import listeners
from broker.core.visitors.sentences import confirmations_for_members
from broker.core.visitors.starting import begun, may_hold, may_open, reopen, reopens
from protocol.addresses import compared
from protocol.blob import AttachmentInfo
from protocol.chat import ChatServiceInfo
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.values import (
    Direction,
    Guid,
    MessageStatus,
    SentenceModel,
    from_micros,
    to_micros,
)

PART_ID: Final = 1 << 16
"""The Guids of an input's stamp that name the further sentences of a long message begin here."""
TEXT_ID: Final = 1 << 20
"""The Guids of an input's stamp that name messages made of sentences begin here."""
_SAID: Final = int(SentenceModel.SENTENCE)
_NOTE: Final = int(SentenceModel.TECH_NOTE)
_CONFIRMS: Final = {
    False: frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ}),
    True: frozenset({MessageStatus.DELIVERED, MessageStatus.READ}),
}
"""Where a message has come to when its sentence is confirmed, by `confirm_delivered`."""


def receive(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: MessageContentInfo,
    gateway: MessageGateway,
    chats: Gateway,
) -> Outcome:
    """ES_MESSAGE_RECEIVING on a gateway whose messages are sentences of `chats`."""
    known = known_message(state, gateway, p)
    if known is not None:
        return received(session, frame, stamp, p, known)
    owner = owner_of(peer=gateway.peer)
    named = named_by(state, owner, p.attachments or (), infected=True)
    if isinstance(named, Refusal):
        return named
    decision = _said(state, stamp, p, gateway, chats, named)
    if decision is None:
        return received(session, frame, stamp, p, None)
    if isinstance(decision, Refusal):
        return decision
    return decision.answering(received(session, frame, stamp, p, stamp.guid(MESSAGE_ID)).answer)


def _said(
    state: State,
    stamp: Stamp,
    p: MessageContentInfo,
    gateway: MessageGateway,
    chats: Gateway,
    named: tuple[Attachment, ...],
) -> Outcome | None:
    """The sentences in their chat; None when they never come into one."""
    said, tracking_id = _words(stamp, p, named), compared(p.remote_address or "")
    if len(tracking_id) > _NAME:
        return None
    chat = find_tracked(state, chats, tracking_id)
    full = chat if chat is not None and not _has_room(state, chat, said) else None
    if chat is not None and (full or not (chat.is_open or reopens(state, chats, chat))):
        chat = None
    if chat is not None and chat.is_open:
        return _into(state, stamp, p, gateway, chat, said, Decision())
    if chats.retired:
        return None
    refusal = _may_begin(state, chats, tracking_id, anew=chat is None)
    if refusal is not None:
        return refusal
    start = ChatServiceInfo(
        tracking_id=tracking_id,
        party_name=p.from_field,
        remote_address=p.remote_address or "",
        preferred_culture=p.culture,
        user_token=tracking_id,
    )
    if chat is not None:
        again = reopen(state, chat, stamp, start)
        return _into(state, stamp, p, gateway, chat, said, again)
    made = begun(state, stamp, chats, start, full)
    begins = (made.chat, made.no)
    decision = made.decision
    for counter, words in enumerate(_fitting(state, said, tracking_id), start=1):
        decision.facts.append(SentenceStored(*begins, counter, words))
    decision.facts += _stored_in(state, stamp, p, gateway, *begins, 1, named)
    decision.notices.append(ChatToConnectors(chat=made.chat, full=True))
    return decision


def _words(stamp: Stamp, p: MessageContentInfo, named: tuple[Attachment, ...]) -> list[Words]:
    """What a message says, in as many sentences as its length takes; the first has its name and files."""
    text = p.body_text or ""
    at = to_micros(p.received_sent_time) if p.received_sent_time is not None else stamp.now
    made: list[Words] = []
    for start in range(0, len(text) or 1, LONGEST_TEXT):
        name = stamp.guid(PART_ID + len(made) if made else MESSAGE_ID)
        part = text[start : start + LONGEST_TEXT]
        said = (name, p.from_field, part, at, False, _SAID, stamp.now, None)
        made.append(Words(*said, attachments=() if made else named))
    return made


def _has_room(state: State, chat: Chat, said: list[Words]) -> bool:
    """Whether a chat goes on with all of it; if not, another one begins."""
    if is_full(state, chat):
        return False
    more = sum(sentence_bytes(words, chat.visitor.tracking_id) for words in said)
    return chat.transcript.size + more <= visitors_room(state)


def _fitting(state: State, said: list[Words], tracking_id: str) -> list[Words]:
    """So many of the sentences as a new chat has room for; the message keeps the whole."""
    room = visitors_room(state)
    fitting = said[:1]
    room -= sentence_bytes(said[0], tracking_id)
    for words in said[1:]:
        room -= sentence_bytes(words, tracking_id)
        if room < 0:
            break
        fitting.append(words)
    return fitting


def _may_begin(state: State, chats: Gateway, address: str, *, anew: bool) -> Refusal | None:
    """Whether there is room for one more open chat (C-4, I-14).

    Of a gateway that no connector of chats serves nobody asks for the list: it may be as long as it is.
    """
    refusal = may_open(state, chats, address) if state.gateway_sessions.get(chats.id) else None
    return may_hold(state, chats) if refusal is None and anew else refusal


_NAME: Final = 128
"""The longest name that a chat goes by (its TrackingId)."""


def _into(
    state: State,
    stamp: Stamp,
    p: MessageContentInfo,
    gateway: MessageGateway,
    chat: Chat,
    said: list[Words],
    decision: Decision,
) -> Outcome:
    """More sentences of a chat, which may just have opened again."""
    refusal = refuse_for_room(state, chat, said[0], agent=False)
    if refusal is not None:
        return refusal
    again, was_closed = decision.notices, not chat.is_open
    counter = len(chat.transcript.sentences) + 1
    made = [SentenceStored(chat.id, chat.no, counter + n, words) for n, words in enumerate(said)]
    facts: list[Fact] = [*decision.facts, *words_relieved(state, chat, stamp.now), *made]
    facts += heard_anew(chat, stamp, made[0])
    files = said[0].attachments
    facts += _stored_in(state, stamp, p, gateway, chat.id, chat.no, counter, files)
    if chat.parking is not None:
        facts += wake(chat, stamp)
    told = Decision(facts, before=again)
    for one in made:
        told.notices.append(SentenceToConnectors(chat.id, one))
        told.notices.append(SentenceToMembers(chat.id, one, listeners(state, chat)))
    if was_closed:
        told.notices.append(ChatToConnectors(chat=chat.id))
    return told


def _stored_in(
    state: State,
    stamp: Stamp,
    p: MessageContentInfo,
    gateway: MessageGateway,
    chat: Guid,
    no: int,
    counter: int,
    named: tuple[Attachment, ...],
) -> list[Fact]:
    """The message of a sentence, and that what both name stays."""
    content = MessageContentInfo(
        delivery_system_id=p.delivery_system_id,
        message_id=stamp.guid(MESSAGE_ID),
        gateway_id=gateway.id,
        from_field=p.from_field,
        remote_address=p.remote_address,
        to_field=p.to_field,
        direction=Direction.I,
        extended_fields=p.extended_fields,
        received_sent_time=p.received_sent_time,
        subject_field=p.subject_field,
        body_html=p.body_html,
        body_text=p.body_text,
        culture=p.culture,
        counter=counter,
        attachments=_infos(named),
    )
    stored = MessageStored(
        message=stamp.guid(MESSAGE_ID),
        no=state.messages.next_message,
        at=stamp.now,
        gateway=gateway.id,
        content=content,
        size=body_bytes(content),
        inbound=True,
        chat=chat,
        chat_no=no,
        counter=counter,
    )
    return [stored, *attaching(named, chat, stamp.now)]


def _infos(named: tuple[Attachment, ...]) -> tuple[AttachmentInfo, ...] | None:
    return tuple([described(one, {}) for one in named]) or None


def outgoing(state: State, stamp: Stamp, decision: Decision) -> list[Fact]:
    """The messages that a decision's sentences to visitors become, to be applied with it.

    Asked for every decision, but only where some gateway has `as_chat`.
    """
    made: list[Fact] = []
    no = state.messages.next_message
    for fact in decision.facts:
        if type(fact) is SentenceStored and fact.words.outbound:
            message = _outgoing(state, stamp, fact, no)
            if message is not None:
                no += 1
                made.append(message)
                made += attaching(fact.words.attachments, message.message, stamp.now)
    return made


def _outgoing(state: State, stamp: Stamp, f: SentenceStored, no: int) -> MessageStored | None:
    chat = state.chats[f.chat]
    gateway = next((g for g in state.config.as_chats.get(chat.gateway, ()) if g.sends), None)
    if gateway is None or not (f.words.text or f.words.attachments):
        return None
    is_note = f.words.own or f.words.model == _NOTE
    if is_note and not gateway.notes_as_messages:
        return None
    message = stamp.guid(TEXT_ID + (f.no << 24) + f.counter)
    address = chat.visitor.remote_address or chat.visitor.tracking_id
    content = MessageContentInfo(
        delivery_system_id=proposed_name(state.config, gateway, message),
        message_id=message,
        gateway_id=gateway.id,
        from_field=f.words.party_name,
        remote_address=address,
        to_field=address,
        direction=Direction.O,
        received_sent_time=from_micros(stamp.now),
        body_text=f.words.text,
        culture=chat.visitor.culture,
        counter=f.counter,
        agent_id=f.words.agent,
        attachments=_infos(f.words.attachments),
        is_automatic=True if f.words.own else None,
    )
    return MessageStored(
        message=message,
        no=no,
        at=stamp.now,
        gateway=gateway.id,
        content=content,
        size=body_bytes(content),
        inbound=False,
        chat=chat.id,
        chat_no=chat.no,
        counter=f.counter,
        agent=f.words.agent,
        status=MessageStatus.QUEUED,
    )


def after(state: State, stamp: Stamp, decision: Decision) -> Decision | None:
    """What follows from messages that moved in a decision, once that is applied.

    A sentence is confirmed when its message is sent, or delivered: once, though one report may tell both.
    One that has failed is told to the agents; a late error of an earlier attempt is only written down.
    """
    follows = Decision()
    for fact in decision.facts:
        if type(fact) is MessageMoved and fact.chat_no is not None:
            message = state.messages.messages.get(fact.message)
            chat = state.chats.get(message.chat) if message is not None and message.chat else None
            if message is not None and chat is not None:
                told = _told(state, stamp, fact, message, chat)
                if not any(one in follows.facts for one in told.facts):
                    follows.add(told)
    return follows if follows.facts or follows.notices else None


def _told(state: State, stamp: Stamp, f: MessageMoved, message: Message, chat: Chat) -> Decision:
    gateway = state.config.message_gateways.get(message.gateway)
    if f.status is MessageStatus.FAILED:
        if not chat.is_open or f.outcome is AttemptOutcome.LATE_REFUSED:
            return Decision()
        text = state.config.notes.message_failed.replace("{error}", f.error or "?")
        return internal_note(state, chat, stamp, text.replace("{counter}", str(message.counter)))
    if gateway is None or f.status not in _CONFIRMS[gateway.confirm_delivered]:
        return Decision()
    sentence = chat.transcript.sentences[message.counter - 1]
    if sentence.confirmed_at is not None:
        return Decision()
    confirmed = SentenceConfirmed(chat.id, chat.no, sentence.counter, stamp.now)
    return Decision(
        [confirmed], [*confirmations_for_members(state, chat, sentence.words.id, stamp.now)]
    )
