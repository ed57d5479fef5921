"""What is written into a conversation and goes to nobody outside: notes, and a draft (B-57, B-62)."""

from __future__ import annotations

from attrs import evolve

from broker.core.blob_state import owner_of
from broker.core.blobs.naming import drafted, named_by
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Answer, ConversationNoteToAgent
from broker.core.facts.messages import ConversationNoted, DraftDropped, DraftKept
from broker.core.inputs import Stamp
from broker.core.limits import NOTES_SHARE
from broker.core.message_state import Conversation, Note
from broker.core.sentence import described
from broker.core.serving import acknowledgement, serves
from broker.core.state import Session, State
from broker.core.views.conversation_addressing import (
    CLOSED,
    NO_CONVERSATION,
    NOT_THEIRS,
    conversation_at,
    find_conversation,
    is_known_to,
    may_read,
)
from broker.core.views.conversation_structures import note_info, structure_bytes
from protocol.conversation import ConversationNoteInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, Guid

_GIVEN_BY_THE_BROKER = (
    "message_id",
    "delivery_system_id",
    "direction",
    "received_sent_time",
    "draft_time",
    "status",
    "agent_id",
    "agent_name",
)
"""What a draft does not say of itself."""


@serves(ConversationNoteInfo)
def note(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationNoteInfo
) -> Outcome:
    """CS_CONVERSATION_NOTE: a note for colleagues, once for each ID (W-21)."""
    found = conversation_at(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, one = found
    me, key, text = presence.agent, p.id or "", p.text or ""
    known = next((each for each in one.notes if each.id == key), None)
    if known is not None:
        if (known.text, known.agent) != (text, me):
            return Refusal(ErrorCode.KEY_REUSED, "ID: another note has it")
        return Decision(answer=_shown(one, me, session, frame, known.counter))
    if not may_read(state, one, me):
        return NOT_THEIRS
    if not one.is_open:
        return CLOSED
    noted = noted_by(state, one, stamp, me, key, text)
    if isinstance(noted, Refusal):
        return noted
    decision = Decision([noted], answer=_shown(one, me, session, frame, noted.counter))
    if one.status is ChatStatus.ANSWERED and one.agent is not None:
        told = ConversationNoteToAgent(conversation=one.id, agent=one.agent, counter=noted.counter)
        decision.notices.append(told)
    return decision


def noted_by(
    state: State, one: Conversation, stamp: Stamp, me: Guid, key: str, text: str
) -> ConversationNoted | Refusal:
    """The fact of a note, if there is room for it: all of them come with the conversation (I-14)."""
    noted = ConversationNoted(
        conversation=one.id,
        no=one.no,
        counter=len(one.notes) + 1,
        id=key,
        text=text,
        agent=me,
        at=stamp.now,
    )
    fresh = Note(counter=noted.counter, id=key, text=text, agent=me, at=stamp.now)
    size = sum(structure_bytes(note_info(state, "", one, each)) for each in (*one.notes, fresh))
    if size > _room(state):
        return Refusal(ErrorCode.OVERLOADED, "ConversationId: too much is noted")
    return noted


def _shown(one: Conversation, me: Guid, session: Session, frame: Frame, counter: int) -> Answer:
    shows = ConversationNoteToAgent(conversation=one.id, agent=me, counter=counter)
    return Answer(session.number, frame.id, shows)


def _room(state: State) -> int:
    """How much of a frame the notes of a conversation may take; its draft may twice as much."""
    return state.config.limits.frame_bytes // NOTES_SHARE


@serves(MessageContentInfo)
def draft(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageContentInfo
) -> Outcome:
    """CS_MESSAGE_DRAFT: keep what is not finished, the latest of a conversation; nothing is none."""
    me, one = session.agent, find_conversation(state, p.conversation_id)
    if me is None:
        return Refusal(ErrorCode.NOT_ALLOWED, "not the session of an agent")
    if one is None or not is_known_to(state, one, me):
        return NO_CONVERSATION
    if not one.is_with(me):
        return NOT_THEIRS if one.is_open else CLOSED
    # What is infected may stand there, shown as what it is: it cannot be sent.
    owner, named = owner_of(agent=me), drafted(one)
    attached = named_by(state, owner, p.attachments or (), also=named, infected=True)
    if isinstance(attached, Refusal):
        return attached
    told = acknowledgement(session, frame)
    infos = tuple(described(each, {}) for each in attached) or None
    content = evolve(p, counter=0, attachments=infos, **dict.fromkeys(_GIVEN_BY_THE_BROKER))
    if content == MessageContentInfo(conversation_id=p.conversation_id):
        if one.draft is None:
            return Decision(answer=told)
        return Decision([DraftDropped(conversation=one.id, no=one.no, at=stamp.now)], answer=told)
    if structure_bytes(content) > 2 * _room(state):
        return Refusal(ErrorCode.OVERLOADED, "BodyHtml: too long for a draft")
    others = [key for key in state.messages.drafts.get(me, ()) if key != one.id]
    if len(others) >= state.config.limits.drafts:
        return Refusal(ErrorCode.OVERLOADED, "ConversationId: too many drafts")
    kept = DraftKept(conversation=one.id, no=one.no, agent=me, at=stamp.now, content=content)
    return Decision([kept], answer=told)
