"""The way of a sentence, its key, its confirmation; typing (W-20..W-23, B-7, B-9, B-10).

Theory of operation: a key is looked up before anything else, so that a retry gets its echo
whatever became of the chat meanwhile. A new sentence gets the next counter and goes out twice:
as the echo to its own side and, when the chat is answered, to the other. Both leave only after
the fact is durable. A confirmation and typing are made of the frame that brought them, and what
answers a retry of what is stored: there is nothing that applying could change.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from broker.core.agents.participants import wake
from broker.core.blob_state import owner_of
from broker.core.blobs.naming import attaching, named_in
from broker.core.chats.room import refuse_for_room, words_relieved
from broker.core.chats.transitions import bot_awaited, heard_anew
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import (
    Answer,
    ChatToConnectors,
    Notice,
    Reply,
    Said,
    Send,
    SentenceToConnectors,
    SentenceToMembers,
)
from broker.core.facts import (
    BotAwaited,
    Fact,
    NoteStored,
    PinnedConfirmed,
    SentenceConfirmed,
    SentencePinned,
    SentenceStored,
)
from broker.core.inputs import Stamp
from broker.core.limits import pinned_digest
from broker.core.moments import utc
from broker.core.sentence import Words, heard
from broker.core.serving import acknowledgement, answered, serves
from broker.core.state import Chat, PinnedSentence, Sentence, Session, State
from broker.core.views.addressing import chat_at_workplace, find_tracked, gateway_of, tracked_chat
from broker.core.views.recipients import connectors_of, listeners, readers
from broker.core.views.structures import (
    PINNED_MODELS,
    sentence_for_connector,
    sentence_for_workplace,
)
from broker.core.visitors.starting import may_open, reopen, reopens
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, SentenceModel, TransferMode

_REUSED = Refusal(ErrorCode.KEY_REUSED, "ID: used before for another sentence")
NUMBERED = frozenset({int(SentenceModel.SENTENCE), int(SentenceModel.TECH_NOTE)})
PINNED = frozenset(map(int, PINNED_MODELS))
INTERNAL = int(SentenceModel.INTERNAL)


def trace_of(frame: Frame) -> str | None:
    """The `traceparent` of a frame (W-2)."""
    headers = frame.headers
    if headers is None:
        return None
    trace = headers.get("traceparent")
    return trace if isinstance(trace, str) else None


@serves(ChatSentenceInfo)
def from_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatSentenceInfo
) -> Outcome:
    """ES_CHAT_SENTENCE: a visitor says something."""
    gateway = gateway_of(state, session, p)
    if isinstance(gateway, Refusal):
        return gateway
    chat = find_tracked(state, gateway, p.tracking_id)
    if chat is None:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "TrackingId: no such chat")
    known = known_key(chat, p, False)
    if isinstance(known, Refusal):
        return known
    if known is not None:

        def shown(said: Said) -> Reply:
            return Reply("SE_CHAT_SENTENCE", sentence_for_connector(gateway, chat, said))

        others = SentenceToMembers(chat.id, known, listeners(state, chat))
        return _again(chat, known, session, frame, shown, others)
    before = _said_before(state, chat, p)
    if before is not None:
        echo = evolve(sentence_for_connector(gateway, *before), chat_id=chat.earlier)
        return answered(session, frame, Reply("SE_CHAT_SENTENCE", echo))
    facts: list[Fact] = []
    again: list[Notice] = []
    if not chat.is_open:
        if not (gateway.reactivate and p.model == 0 and reopens(state, gateway, chat)):
            return Refusal(ErrorCode.CHAT_CLOSED, "TrackingId: the chat is closed")
        refusal = may_open(state, gateway, chat.visitor.tracking_id)
        if refusal is not None:
            return refusal
        reopened = reopen(state, chat, stamp)
        facts = reopened.facts
        again = [ChatToConnectors(chat=chat.id), *reopened.notices]
    words = _words(state, chat, p, stamp.now, None)
    if isinstance(words, Refusal):
        return words
    facts += words_relieved(state, chat, stamp.now)
    made = _placed(chat, words)
    facts.append(made)
    facts += attaching(words.attachments, chat.id, stamp.now)
    facts += heard_anew(chat, stamp, made)
    if chat.parking is not None and p.model == 0:
        facts += wake(chat, stamp)
    trace = trace_of(frame)
    answer = Answer(session.number, frame.id, SentenceToConnectors(chat.id, made, trace))
    told = SentenceToMembers(chat.id, made, listeners(state, chat), trace)
    return Decision(facts, [told], answer, before=again)


def _words(
    state: State, chat: Chat, p: ChatSentenceInfo, now: int, agent: Guid | None
) -> Words | Refusal:
    """What a visitor, or an agent, says, with what they name, if there is room for it."""
    if agent is None:
        owner = owner_of(peer=state.config.gateways[chat.gateway].peer)
        name = p.party_name or chat.visitor.party_name
    else:
        owner, name = owner_of(agent=agent), state.config.agents[agent].public_name
    named = named_in(state, owner, p)
    if isinstance(named, Refusal):
        return named
    words = heard(p, name, now, agent, outbound=agent is not None, attachments=named)
    return refuse_for_room(state, chat, words, agent=agent is not None) or words


@serves(ChatSentenceInfo)
def from_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatSentenceInfo
) -> Outcome:
    """CS_CHAT_SENTENCE: an agent says something."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    if p.model == INTERNAL:
        return _note_from_workplace(state, stamp, session, frame, p, chat)
    known = known_key(chat, p, True)
    if isinstance(known, Refusal):
        return known
    may_read = chat.is_read_by(presence.agent)
    if known is not None and (may_read or known.words.agent in (None, presence.agent)):

        def shown(said: Said) -> Reply:
            number = session.workplace or ""
            return Reply("SC_CHAT_SENTENCE", sentence_for_workplace(number, chat, said))

        others = SentenceToConnectors(chat.id, known)
        return _again(chat, known, session, frame, shown, others, may_read=may_read)
    refusal = may_write(chat, presence.agent)
    if refusal is not None:
        return refusal
    words = _words(state, chat, p, stamp.now, presence.agent)
    if isinstance(words, Refusal):
        return words
    made = _placed(chat, words)
    facts: list[Fact] = [*words_relieved(state, chat, stamp.now), made]
    facts += attaching(words.attachments, chat.id, stamp.now)
    decision = _heard_inside(state, chat, made, session, frame)
    decision.facts += [*facts, *heard_anew(chat, stamp, made)]
    decision.notices.append(SentenceToConnectors(chat.id, made, trace_of(frame)))
    return decision


def _heard_inside(state: State, chat: Chat, made: Said, session: Session, frame: Frame) -> Decision:
    """The echo to who wrote, and the same to everybody else who is in the chat (B-29)."""
    others = listeners(state, chat) if chat.parties else ()  # an owner alone has the echo
    told = SentenceToMembers(chat.id, made, others, trace_of(frame))
    return Decision([], [told], Answer(session.number, frame.id, told))


def may_write(chat: Chat, agent: Guid) -> Refusal | None:
    """Whether an agent may write to the visitor now (B-29)."""
    if not chat.is_open:
        return Refusal(ErrorCode.CHAT_CLOSED, "ChatId: the chat is closed")
    if not chat.has(agent):
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by this agent")
    party = chat.parties.get(agent)
    if party is not None and party.mode is not TransferMode.CONFERENCE:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: in it without the visitor's knowledge")
    if chat.parking is not None and party is None:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: is parked")
    return None


def _note_from_workplace(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: ChatSentenceInfo,
    chat: Chat,
) -> Outcome:
    """A note for the agents who are in the chat: numbered by itself, never a connector's."""
    agent = session.agent
    assert agent is not None
    if p.attachments:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Attachments: only what is said has any")
    known = chat.transcript.internal_keys.get(p.id or "")
    if known is not None and (known.words.agent == agent or chat.is_read_by(agent)):
        if known.words.text != (p.text or ""):
            return _REUSED
        echo = sentence_for_workplace(session.workplace or "", chat, known)
        return answered(session, frame, Reply("SC_CHAT_SENTENCE", echo))
    if not chat.is_open:
        return Refusal(ErrorCode.CHAT_CLOSED, "ChatId: the chat is closed")
    if not chat.has(agent):
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not in the chat")
    name = state.config.agents[agent].public_name
    words = heard(p, name, stamp.now, agent, outbound=True)
    refusal = refuse_for_room(state, chat, words, agent=True)
    if refusal is not None:
        return refusal
    made = NoteStored(chat.id, chat.no, len(chat.transcript.internal) + 1, words)
    decision = _heard_inside(state, chat, made, session, frame)
    decision.facts += [*words_relieved(state, chat, stamp.now), made]
    return decision


def known_key(
    chat: Chat, p: ChatSentenceInfo, outbound: bool
) -> Sentence | PinnedSentence | Refusal | None:
    """The sentence that already has this key, if it says the same (W-21)."""
    if p.model not in NUMBERED and p.model not in PINNED:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Model: not a known model")
    transcript = chat.transcript
    known: Sentence | PinnedSentence | None = transcript.keys[outbound].get(p.id or "")
    if known is None and transcript.pinned:
        known = pinned_by_key(chat, p.id, outbound)
        if known is None:
            return _past_pinned(chat, p, outbound)
    if known is not None and (known.words.text != p.text or known.words.model != p.model):
        return _REUSED
    if (
        known is not None
        and (known.words.attachments or p.attachments)
        and not _names_same(known, p)
    ):
        return _REUSED
    return known


def _names_same(known: Said, p: ChatSentenceInfo) -> bool:
    named = [one.blob for one in known.words.attachments]
    return named == [one.blob_id for one in p.attachments or ()]


def _said_before(state: State, chat: Chat, p: ChatSentenceInfo) -> tuple[Chat, Sentence] | None:
    """The retry of what the visitor said in the full chat that this one goes on from (W-21)."""
    earlier = state.chats.get(chat.earlier) if chat.earlier is not None else None
    known = earlier.transcript.keys[False].get(p.id or "") if earlier is not None else None
    if (
        earlier is None
        or known is None
        or (known.words.text, known.words.model) != (p.text, p.model)
    ):
        return None
    return earlier, known


def _past_pinned(
    chat: Chat, p: ChatSentenceInfo, outbound: bool
) -> PinnedSentence | Refusal | None:
    """The retry of a pinned sentence that was replaced: it must not come back."""
    digest = chat.transcript.past_pinned.get((outbound, p.id or ""))
    if digest is None:
        return None
    text = p.text or ""
    if digest != pinned_digest(p.model, text):
        return _REUSED
    last = chat.activity.last
    return PinnedSentence(heard(p, p.party_name, last, None, outbound=outbound))


def pinned_by_key(chat: Chat, key: str | None, outbound: bool) -> PinnedSentence | None:
    """The pinned sentence with this key."""
    for pinned in chat.transcript.pinned.values():
        if pinned.words.id == key and pinned.words.outbound is outbound:
            return pinned
    return None


def _placed(chat: Chat, words: Words) -> SentenceStored | SentencePinned:
    """The fact of a new sentence: it is numbered, or pinned."""
    if words.model in NUMBERED:
        return SentenceStored(chat.id, chat.no, len(chat.transcript.sentences) + 1, words)
    return SentencePinned(chat.id, chat.no, words)


def _overwriting(chat: Chat, known: Sentence | PinnedSentence) -> PinnedSentence | None:
    """What is pinned in place of a sentence that was replaced.

    It follows the echo of the retry, so that what the sender folds ends with the newest (I-9).
    """
    if known.counter:
        return None
    newest = chat.transcript.pinned.get((known.words.outbound, known.words.model))
    return newest if newest is not known else None


def _again(
    chat: Chat,
    known: Sentence | PinnedSentence,
    session: Session,
    frame: Frame,
    shown: Callable[[Said], Reply],
    others: SentenceToConnectors | SentenceToMembers,
    *,
    may_read: bool = True,
) -> Decision:
    """A retry: the same echo, and the sentence to the other side if nobody confirmed it (W-21).

    What took its place meanwhile is only for an asker who may read the chat.
    """
    me = session.number
    decision = Decision(answer=Answer(me, frame.id, shown(known)))
    newest = _overwriting(chat, known)
    if newest is not None and may_read:
        now = shown(newest)
        decision.notices.append(Send((me,), now.type, now.payload))
    if newest is None and known.confirmed_at is None:
        decision.notices.append(others)
    return decision


@serves(ChatCommandInfo)
def confirm_from_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """ES_CHAT_CONFIRM: the visitor's side has an agent's sentence."""
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal):
        return chat
    pushes = confirmations_for_members(state, chat, p.id, stamp.now)
    return _confirmed(chat, p, True, stamp, session, frame, pushes)


def confirmations_for_members(state: State, chat: Chat, id: str | None, now: int) -> list[Send]:
    """`SC_CHAT_CONFIRM` of an agents' sentence."""
    at = utc(now)
    return [
        Send(
            (listener,),
            "SC_CHAT_CONFIRM",
            ChatCommandInfo(peer=number, chat_id=chat.id, id=id, time_stamp=at),
        )
        for listener, number in readers(state, chat)
    ]


@serves(ChatCommandInfo)
def confirm_from_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_CONFIRM: the agent has a visitor's sentence."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    party = chat.parties.get(presence.agent)
    if party is not None and party.mode is TransferMode.MONITOR:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: who only watches receives nothing")
    if chat.last_agent != presence.agent and not chat.has(presence.agent):
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by this agent")
    pushes = confirmation_for_connector(state, chat, p.id, stamp.now)
    return _confirmed(chat, p, False, stamp, session, frame, pushes)


def confirmation_for_connector(state: State, chat: Chat, id: str | None, now: int) -> list[Send]:
    """`SE_CHAT_CONFIRM` of a visitor's sentence, if anybody is there who gets it."""
    sessions = connectors_of(state, chat)
    if not sessions:
        return []
    gateway = state.config.gateways[chat.gateway]
    latest = find_tracked(state, gateway, chat.visitor.tracking_id)
    told = ChatCommandInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.visitor.tracking_id,
        chat_id=None if latest is chat else chat.id,  # the name may be another's by now
        id=id,
        time_stamp=utc(now),
    )
    return [Send(sessions, "SE_CHAT_CONFIRM", told)]


def _confirmed(
    chat: Chat,
    p: ChatCommandInfo,
    outbound: bool,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    pushes: list[Send],
) -> Outcome:
    known = chat.transcript.keys[outbound].get(p.id or "") or pinned_by_key(chat, p.id, outbound)
    decision = Decision()
    if known is None:
        if (outbound, p.id or "") not in chat.transcript.past_pinned:
            return Refusal(ErrorCode.UNKNOWN_MESSAGE, "ID: no such sentence to confirm")
    elif known.confirmed_at is None and isinstance(known, Sentence):
        decision.facts.append(SentenceConfirmed(chat.id, chat.no, known.counter, stamp.now))
        decision.notices += pushes
    elif known.confirmed_at is None:
        model, at = known.words.model, stamp.now
        decision.facts.append(
            PinnedConfirmed(chat=chat.id, no=chat.no, model=model, outbound=outbound, at=at)
        )
        decision.notices += [_of_pinned(push, model) for push in pushes]
    return decision.answering(acknowledgement(session, frame))


def _of_pinned(push: Send, model: int) -> Send:
    """A confirmation that says of which model it is, for the transcript does not have the sentence."""
    assert isinstance(push.payload, ChatCommandInfo)
    return evolve(push, payload=evolve(push.payload, model=model))


@serves(ChatCommandInfo)
def typing_from_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """ES_CHAT_TYPING: passed on to the agent, remembered by nobody (W-23)."""
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal):
        return chat
    decision = Decision()
    for listener, number in listeners(state, chat):
        told = ChatCommandInfo(
            peer=number,
            chat_id=chat.id,
            agent_id=chat.agent,
            is_typing=p.is_typing is not False,
            time_stamp=utc(stamp.now),
        )
        decision.notices.append(Send((listener,), "SC_CHAT_TYPING", told))
    return decision


@serves(ChatCommandInfo)
def typing_from_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_TYPING: passed on to the connectors."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    if may_write(chat, presence.agent) is not None:
        return Decision()
    decision = Decision()
    if chat.status is ChatStatus.ICR and chat.bot.due is not None:
        # A bot that types is not silent, and one that ceases to has nothing to say (B-40).
        due = None if p.is_typing is False else bot_awaited(state, chat, stamp).due
        decision.facts.append(BotAwaited(chat.id, due))
    sessions = connectors_of(state, chat)
    if not sessions:
        return decision
    gateway = state.config.gateways[chat.gateway]
    told = ChatCommandInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.visitor.tracking_id,
        is_typing=p.is_typing is not False,
        time_stamp=utc(stamp.now),
    )
    decision.notices.append(Send(sessions, "SE_CHAT_TYPING", told))
    return decision
