"""State to structures: a conversation, a message and a note as a workplace sees them (B-57).

A workplace sees a conversation as it stands for *its agent*, as it sees a chat. The bodies of messages are
not in memory: what shows them is `WholeConversation`, which is filled from the store before it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import AttrsInstance, evolve, fields, has

from broker.config.model import SECOND, SIGNAL_DURATION, Project
from broker.core.effects import ConversationToAgent, Deferred, StoredKey
from broker.core.limits import MESSAGES_SHOWN, RESERVE, written
from broker.core.message_state import Conversation, Message, Note
from broker.core.moments import utc
from broker.core.state import State
from broker.core.views.letters import with_scans
from broker.core.views.structures import agent_name
from protocol.conversation import (
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
)
from protocol.message import MessageContentInfo
from protocol.value import value
from protocol.values import ChatStatus, Direction, Guid

_HELD: Final = (ChatStatus.ALERTING, ChatStatus.ANSWERED)
_SCALAR: Final = 48
"""What a number, a moment or a Guid takes besides its name."""
Bodies = tuple[str | None, str | None]
"""What a message says, as HTML and as text."""


def seen_by(conversation: Conversation, agent: Guid) -> ChatStatus:
    """The status of a conversation as it stands for one agent."""
    if not conversation.is_open:
        return ChatStatus.CLOSED
    if conversation.offered_to == agent:
        return ChatStatus.ALERTING
    return ChatStatus.ANSWERED if conversation.is_with(agent) else ChatStatus.WAITING


def conversation_for(
    state: State, told: ConversationToAgent, number: str, now: int
) -> ConversationInfo | ConversationCommandInfo | WholeConversation:
    """What a frame about a conversation shows to an agent."""
    if told.type == "SC_CONVERSATION_ALERT_END":
        return alert_end(number, told.conversation, told.agent, now)
    conversation = state.messages.conversations[told.conversation]
    shown = conversation_info(state, conversation, told.agent, number, now)
    if told.full:
        return _whole(state, conversation, shown, told)
    return shown


def alert_end(
    number: str, conversation: Guid | None, agent: Guid, now: int
) -> ConversationCommandInfo:
    """An alert is withdrawn, or there is none."""
    return ConversationCommandInfo(
        peer=number, conversation_id=conversation, agent_id=agent, time_stamp=utc(now)
    )


def conversation_info(
    state: State, conversation: Conversation, viewer: Guid, number: str, now: int
) -> ConversationInfo:
    """A conversation as it stands for an agent, without its messages.

    Whoever is alerted to take it over sees the note that says why, and no other.
    """
    status = seen_by(conversation, viewer)
    agent = {ChatStatus.ALERTING: viewer, ChatStatus.WAITING: None}.get(status, conversation.agent)
    shown = _listed(state, conversation, status, agent, number, now)
    offer = conversation.offer
    if offer is None or offer.agent != viewer or offer.note is None:
        return shown
    note = Note(counter=0, id="", text=offer.note, agent=offer.by, at=now)
    return evolve(shown, internal=(note_info(state, number, conversation, note),))


def overview_info(
    state: State, conversation: Conversation, number: str, now: int
) -> ConversationInfo:
    """A conversation in a list, as it stands and for nobody in particular."""
    status = conversation.status
    agent = conversation.agent if status is not ChatStatus.WAITING else None
    return _listed(state, conversation, status, agent, number, now)


def _listed(
    state: State,
    conversation: Conversation,
    status: ChatStatus,
    agent: Guid | None,
    number: str,
    now: int,
) -> ConversationInfo:
    config, asked, aside = state.config, conversation.demanded, conversation.aside
    gateway = config.way_of(conversation.gateway, conversation.pair)
    project = config.projects.get(asked.project) if asked.project is not None else None
    language = config.languages.get(asked.language) if asked.language is not None else None
    unanswered = conversation.unanswered
    queued = conversation.enqueued_at
    contact = state.contacts.at_address(config.gateways, conversation.remote_address)
    return ConversationInfo(
        peer=number,
        conversation_id=conversation.id,
        status=status,
        channel=gateway.channel if gateway is not None else None,
        gateway_id=conversation.gateway,
        gateway_name=gateway.name if gateway is not None else None,
        remote_address=conversation.remote_address,
        remote_name=conversation.remote_name,
        subject=conversation.subject,
        project_id=asked.project,
        project_name=project.name if project is not None else None,
        language_id=asked.language,
        language_name=language.name if language is not None else None,
        agent_id=agent,
        agent_name=agent_name(state, agent),
        unanswered=len(unanswered),
        received_utc=utc(unanswered[0].at) if unanswered else None,
        due_utc=utc(conversation.due_at) if conversation.due_at is not None else None,
        enqueueing_time_utc=utc(queued) if queued is not None else None,
        waiting_time=conversation.time_waited(now) // SECOND,
        max_signal_duration=-(-signal_duration(project) // SECOND),
        is_parked=aside is not None,
        parked_until_utc=utc(aside.until)
        if aside is not None and aside.until is not None
        else None,
        close_reason=conversation.close_reason,
        code=conversation.code,
        earlier_id=conversation.earlier,
        is_spam=conversation.is_spam,
        message_count=len(conversation.messages),
        contact_id=contact.id if contact is not None else None,
        contact_name=contact.name if contact is not None else None,
    )


def signal_duration(project: Project | None) -> int:
    """How long an agent is alerted (B-24)."""
    return project.signal_duration if project is not None else SIGNAL_DURATION


def note_info(
    state: State, number: str, conversation: Conversation, note: Note
) -> ConversationNoteInfo:
    """A note for colleagues."""
    return ConversationNoteInfo(
        peer=number,
        conversation_id=conversation.id,
        id=note.id or None,  # that of a handing over has no key
        text=note.text,
        counter=note.counter,
        agent_id=note.agent,
        agent_name=agent_name(state, note.agent),
        time_stamp=utc(note.at),
    )


def message_info(state: State, message: Message) -> MessageContentInfo:
    """A message without its bodies."""
    delivery = message.delivery
    return evolve(
        with_scans(state, message.content),
        message_id=message.id,
        request_id=message.key,
        gateway_id=message.gateway,
        direction=Direction.I if message.inbound else Direction.O,
        conversation_id=message.conversation,
        counter=message.counter,
        status=delivery.status if delivery is not None else None,
        agent_id=message.agent,
        agent_name=agent_name(state, message.agent),
    )


# -- with its messages


@value(kw_only=True)
class WholeConversation(Deferred):
    """A conversation with its messages, of which the latest go that fit.

    Attributes:
        info: Its messages without their bodies, the oldest first, and the draft without its own.
        numbers: The number of each of these messages in the store.
        draft: The conversation's number, under which its draft is stored; None: there is none.
        room: How many bytes all may take.
        size: How many their bodies take, about.
    """

    info: ConversationInfo
    numbers: tuple[int, ...]
    draft: int | None
    room: int
    size: int

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        """The bodies of the messages and of the draft."""
        keys: list[StoredKey] = [("message", number) for number in self.numbers]
        if self.draft is not None:
            keys.append(("draft", self.draft))
        return tuple(keys)

    def filled(self, found: Mapping[StoredKey, object]) -> ConversationInfo:
        """Put the bodies in; what does not fit any more is left out, the oldest messages first."""
        draft, room = self.info.draft, self.room
        if draft is not None and self.draft is not None:
            draft = _with(draft, found.get(("draft", self.draft)))
            room -= structure_bytes(draft)
        shown: list[MessageContentInfo] = []
        without = self.info.messages or ()
        for number, message in zip(reversed(self.numbers), reversed(without), strict=True):
            one = _fitting(message, found.get(("message", number)), room, is_first=not shown)
            if one is None:
                break
            room -= structure_bytes(one)
            shown.append(one)
        shown.reverse()
        return evolve(self.info, messages=tuple(shown), draft=draft)


def _with(message: MessageContentInfo, found: object) -> MessageContentInfo:
    if not isinstance(found, tuple):
        return message
    html, text = found
    return evolve(message, body_html=html, body_text=text)


def _fitting(
    message: MessageContentInfo, found: object, room: int, *, is_first: bool
) -> MessageContentInfo | None:
    """As much of a message as there is room for; of the latest one at least that it is there."""
    whole = _with(message, found)
    if is_first:
        return cut_to_fit(whole, room)
    return whole if structure_bytes(whole) <= room else None


def cut_to_fit(message: MessageContentInfo, room: int) -> MessageContentInfo | None:
    """A message with its bodies, with its text alone, or without; None when not even that has room."""
    text = evolve(message, body_html=None)
    tries = (message, text, evolve(text, body_text=None))
    return next((one for one in tries if structure_bytes(one) <= room), None)


def message_pushed(state: State, content: MessageContentInfo) -> MessageContentInfo:
    """A message that has just come: what one frame does not hold is asked for afterwards (W-3)."""
    room = state.config.limits.frame_bytes - RESERVE
    shown = with_scans(state, content)
    return cut_to_fit(shown, room) or evolve(shown, body_html=None, body_text=None)


def structure_bytes(structure: AttrsInstance) -> int:
    """A bound on the bytes that a structure takes."""
    size = 0
    for member in fields(type(structure)):
        size += _member_bytes(member.name, getattr(structure, member.name))
    return size


def _member_bytes(name: str, held: Any) -> int:
    if held is None:
        return 0
    size = len(name) + _SCALAR
    if isinstance(held, str):
        return size + written(held)
    if isinstance(held, tuple):
        return size + sum(_member_bytes("", one) for one in held)
    return size + (structure_bytes(held) if has(type(held)) else 0)


def _whole(
    state: State, conversation: Conversation, shown: ConversationInfo, told: ConversationToAgent
) -> WholeConversation:
    """With its latest messages, notes and draft; or, of those before a place, the messages alone."""
    messages, draft = conversation.messages, None
    if told.before is not None:
        messages = messages[: max(0, told.before - 1)]
    else:
        number = shown.peer or ""
        notes = tuple(note_info(state, number, conversation, note) for note in conversation.notes)
        draft = conversation.draft
        shown = evolve(
            shown,
            internal=notes or None,
            draft=draft_info(state, conversation) if draft is not None else None,
        )
    room = state.config.limits.frame_bytes - RESERVE - structure_bytes(shown)
    latest = _latest(messages, min(told.limit or MESSAGES_SHOWN, MESSAGES_SHOWN), room)
    return WholeConversation(
        info=evolve(shown, messages=tuple(message_info(state, one) for one in latest)),
        numbers=tuple(one.no for one in latest),
        draft=conversation.no if shown.draft is not None else None,
        room=room + (structure_bytes(shown.draft) if shown.draft is not None else 0),
        size=sum(one.size for one in latest) + (draft.size if draft is not None else 0),
    )


def _latest(messages: list[Message], most: int, room: int) -> list[Message]:
    """The latest messages whose bodies might fit, the oldest first."""
    taken: list[Message] = []
    for message in reversed(messages):
        room -= message.size
        if taken and (len(taken) == most or room < 0):
            break
        taken.append(message)
    taken.reverse()
    return taken


def draft_info(state: State, conversation: Conversation) -> MessageContentInfo | None:
    """What is written and not sent yet, without its bodies."""
    draft = conversation.draft
    if draft is None:
        return None
    return evolve(
        with_scans(state, draft.content),
        conversation_id=conversation.id,
        draft_time=utc(draft.at),
        agent_id=draft.agent,
        agent_name=agent_name(state, draft.agent),
    )
