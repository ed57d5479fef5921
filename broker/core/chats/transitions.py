"""The moves of a chat: each gives the facts of one change and tells both sides (B-6)."""

from __future__ import annotations

from broker.core.decision import Decision
from broker.core.effects import (
    AgentToWorkplace,
    ChatToConnectors,
    SentenceToConnectors,
    SentenceToMembers,
)
from broker.core.facts import (
    BotAwaited,
    ChatMoved,
    ChatUnparked,
    ChatWarned,
    DecisionLogged,
    NoteStored,
    SentencePinned,
    SentenceStored,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import (
    ChatCause,
    DecisionKind,
    ParkingEnd,
    WrapupEnd,
)
from broker.core.facts.details import Detail
from broker.core.inputs import Stamp
from broker.core.limits import NOTE_RESERVE, RESERVE
from broker.core.sentence import Words, sentence_bytes
from broker.core.state import Chat, State
from broker.core.views.recipients import listeners, members_of
from protocol.values import ChatStatus, CloseReason, Guid, SentenceModel

CHAT_ID, FORM_ID, NOTE_ID, SESSION_ID, INTERNAL_ID = range(5)
"""Which Guid of an input's stamp is for what."""
BOT_FORM_ID, BOT_ID = 99, 100
"""Those of a bot's form and of what a bot says."""


def moved(
    chat: Chat,
    stamp: Stamp,
    status: ChatStatus,
    cause: ChatCause,
    agent: Guid | None,
    *,
    boost: int = 0,
    enqueued_at: int | None = None,
    reason: CloseReason | None = None,
    project: Guid | None = None,
) -> ChatMoved:
    """The fact that a chat's status or owner changed; its age is kept.

    `project` is given where the same decision changes it.
    """
    waited, waiting_since = _wait_in(chat, status, stamp.now)
    return ChatMoved(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        status=status,
        cause=cause,
        agent=agent,
        priority=chat.routing.priority + boost,
        enqueued_at=chat.waiting.enqueued_at
        if chat.waiting.enqueued_at is not None
        else enqueued_at,
        close_reason=reason,
        project=project or chat.routing.project,
        readers=members_of(chat) if status is ChatStatus.CLOSED else (),
        waited=waited,
        waiting_since=waiting_since,
        before=chat.agent,
    )


def _wait_in(chat: Chat, status: ChatStatus, now: int) -> tuple[int, int | None]:
    """What `waited` and `waiting_since` are when the chat goes to a status now."""
    if status in (ChatStatus.WAITING, ChatStatus.ALERTING):
        return chat.waiting.waited, chat.waiting.since if chat.waiting.since is not None else now
    return chat.waiting.time_waited(now), None


def to_waiting(
    chat: Chat,
    stamp: Stamp,
    cause: ChatCause,
    *,
    boost: int = 0,
    project: Guid | None = None,
) -> Decision:
    """Put a chat (back) into the queue, its age kept."""
    fact = moved(
        chat,
        stamp,
        ChatStatus.WAITING,
        cause,
        None,
        boost=boost,
        enqueued_at=stamp.now,
        project=project,
    )
    return Decision([fact], [ChatToConnectors(chat=chat.id)])


def unparked(chat: Chat, stamp: Stamp, cause: ParkingEnd) -> list[ChatUnparked | ChatWarned]:
    """The facts of a chat that is not parked any more, if it was."""
    if chat.parking is None or chat.agent is None:
        return []
    back = ChatUnparked(chat=chat.id, no=chat.no, agent=chat.agent, at=stamp.now, cause=cause)
    return [back, *unwarned(chat, stamp)]


def unwarned(chat: Chat, stamp: Stamp) -> list[ChatWarned]:
    """Somebody wrote, or may again: the warning for inactivity is to come once more (B-8).

    Whatever is later than what the warning was for says so by itself. It is not later where a clock was
    set back meanwhile.
    """
    if not chat.activity.is_warned or stamp.now > chat.activity.quiet_since:
        return []
    return [ChatWarned(chat=chat.id, no=chat.no, activity=0)]


def heard_anew(chat: Chat, stamp: Stamp, made: SentenceStored | SentencePinned) -> list[ChatWarned]:
    """What else a sentence of a person changes; what is pinned is none."""
    return unwarned(chat, stamp) if isinstance(made, SentenceStored) else []


def wrap_up(chat: Chat, stamp: Stamp, agent: Guid, length: int) -> Decision:
    """Hold the slots of whoever owned a chat for the work after it; it is in their picture (B-28, W-25)."""
    started = WrapupStarted(
        chat=chat.id, no=chat.no, agent=agent, at=stamp.now, until=stamp.now + length
    )
    return Decision([started], [AgentToWorkplace(agent=agent)])


def wrap_up_over(chat: Chat, stamp: Stamp, cause: WrapupEnd) -> Decision:
    """End the wrap-up of a closed chat, if one runs, and tell its agent."""
    decision = Decision()
    for agent in chat.ending.wrapping:
        decision.facts.append(
            WrapupEnded(chat=chat.id, no=chat.no, agent=agent, at=stamp.now, cause=cause)
        )
        decision.notices.append(AgentToWorkplace(agent=agent))
    return decision


def system_message(
    state: State, chat: Chat, stamp: Stamp, text: str, *, outside_only: bool = False
) -> Decision:
    """A TechNote of the broker's own to the visitor, as the next sentence of the transcript."""
    name, model = state.config.notes.party_name, SentenceModel.TECH_NOTE
    return speak(state, chat, stamp, text, name, model, NOTE_ID, outside_only=outside_only)


def speak(
    state: State,
    chat: Chat,
    stamp: Stamp,
    text: str,
    name: str,
    model: SentenceModel,
    index: int,
    counter: int | None = None,
    more: int = 0,
    *,
    outside_only: bool = False,
) -> Decision:
    """A sentence of the broker's own to the visitor; nothing when the transcript is full.

    Args:
        state: The state before.
        chat: The chat.
        stamp: Now.
        text: What is said.
        name: Who says it.
        model: How it is to be read.
        index: Which Guids of the stamp are for what is said so.
        counter: Its place, when others before it are decided together with it.
        more: The size of those.
        outside_only: Whether the agents are out of the conversation by the same decision.
    """
    now = stamp.now
    place = counter if counter is not None else len(chat.transcript.sentences) + 1
    key = _key(stamp, index, place)
    words = Words(key, name, text, now, True, int(model), now, None, own=True)
    size = sentence_bytes(words, chat.visitor.tracking_id) + more
    if chat.transcript.size + size > state.config.limits.frame_bytes - RESERVE + NOTE_RESERVE:
        return Decision()
    stored = SentenceStored(chat.id, chat.no, place, words)
    decision = Decision([stored], [SentenceToConnectors(chat.id, stored)])
    if not outside_only:
        # The agents' transcripts have it too, so their copies must not miss a counter (I-9).
        decision.notices.append(SentenceToMembers(chat.id, stored, listeners(state, chat)))
    return decision


def _key(stamp: Stamp, index: int, counter: int) -> Guid:
    """The ID of a sentence of the broker's own: one input may write several, one after the other (I-10)."""
    return stamp.guid(index + (counter << 24))


def internal_note(state: State, chat: Chat, stamp: Stamp, text: str) -> Decision:
    """A note of the broker's own to the agents who are in the chat; it may be the last that fits."""
    name = state.config.notes.party_name
    now, model = stamp.now, int(SentenceModel.INTERNAL)
    counter = len(chat.transcript.internal) + 1
    words = Words(_key(stamp, INTERNAL_ID, counter), name, text, now, True, model, now, None)
    size = sentence_bytes(words, chat.visitor.tracking_id)
    if chat.transcript.size + size > state.config.limits.frame_bytes - RESERVE + NOTE_RESERVE:
        return Decision()
    stored = NoteStored(chat.id, chat.no, counter, words)
    return Decision([stored], [SentenceToMembers(chat.id, stored, listeners(state, chat))])


def bot_awaited(state: State, chat: Chat, stamp: Stamp) -> BotAwaited:
    """The fact that it is a bot's turn from now on (B-40)."""
    return BotAwaited(chat.id, stamp.up + state.config.distribution.bot_timeout)


def logged(
    chat: Chat,
    stamp: Stamp,
    kind: DecisionKind,
    detail: Detail,
    agent: Guid | None = None,
) -> DecisionLogged:
    """A line of the decision log (B-30)."""
    return DecisionLogged(
        chat=chat.id, no=chat.no, at=stamp.now, kind=kind, agent=agent, detail=detail.plain()
    )
