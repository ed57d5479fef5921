"""The end of a run at a client: what it believes, and the questions whose answers are the truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.client.session import Phase, Session
from connectors.client.settings import ConnectorSettings, Settings, WorkplaceSettings
from protocol.chat import ChatCommandInfo
from protocol.conversation import ConversationCommandInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role


def probes(session: Session, settings: Settings) -> bytes:
    """Frames that ask for fresh snapshots of everything, beside what the session asks by itself."""
    encoding = settings.encoding
    return b"".join(
        encoding.assemble(encoding.pack(type_, payload), {"Id": f"probe-{number}"})
        for number, (type_, payload) in enumerate(_questions(session, settings))
    )


def next_probe(settings: Settings, frame: Frame) -> bytes:
    """The frame that asks for the rest of a list, where this is a piece that a probe asked for."""
    name, more = frame.re, frame.more
    if not isinstance(name, str) or more is None:
        return b""
    if not isinstance(settings, ConnectorSettings):
        rest = ConversationCommandInfo(peer=settings.number, after=more)
        packed = settings.encoding.pack("CS_CONVERSATION_RESYNC", rest)
        return settings.encoding.assemble(packed, {"Id": f"{name}-"})
    gateway = settings.gateways[int(name.split("-")[1])]  # the questions for lists come first
    asked = ChatCommandInfo(peer=gateway.peer, port=gateway.port, after=more)
    packed = settings.encoding.pack("ES_CHAT_RESYNC", asked)
    return settings.encoding.assemble(packed, {"Id": f"{name}-"})


Question = ChatCommandInfo | ConversationCommandInfo


def _questions(session: Session, settings: Settings) -> Iterator[tuple[str, Question]]:
    if isinstance(settings, ConnectorSettings):
        for gateway in settings.gateways:
            yield "ES_CHAT_RESYNC", ChatCommandInfo(peer=gateway.peer, port=gateway.port)
    else:
        yield "CS_CHAT_RESYNC", ChatCommandInfo(peer=settings.number)
        yield "CS_AGENT_LIST", ChatCommandInfo(peer=settings.number)
        if settings.conversations or settings.takes_messages:
            yield "CS_CONVERSATION_RESYNC", ConversationCommandInfo(peer=settings.number)
    for ref in session.chats:
        if session.role is Role.CONNECTOR:
            named = ChatCommandInfo(peer=ref.peer, port=ref.port, tracking_id=ref.name)
            yield "ES_CHAT_STATUS", named
        elif session.chats[ref].view.status is ChatStatus.ANSWERED:
            yield "CS_CHAT_STATUS", ChatCommandInfo(peer=ref.peer, chat_id=Guid(ref.name))
    if isinstance(settings, WorkplaceSettings):
        for one in session.conversations.all():
            if one.status is ChatStatus.ANSWERED:
                asked = ConversationCommandInfo(peer=settings.number, conversation_id=one.id)
                yield "CS_CONVERSATION_STATUS", asked


def view_of(session: Session) -> dict[str, Any]:
    """What a client believes: the data of a VIEW event."""
    chats: dict[str, Any] = {}
    waiting = 0
    for ref in session.chats:
        chat = session.chats[ref]
        waiting += len(session.unsent(ref))
        status, guid = chat.view.status, chat.view.chat_id
        if guid is None or status is None:
            continue
        if session.role is Role.CONNECTOR or status is ChatStatus.ANSWERED:
            view = chat.view
            ids = [view.sentences[c].id for c in sorted(view.sentences)]
            chats[guid] = {"status": status.value, "ids": ids}
            if session.role is Role.WORKPLACE:
                chats[guid]["notes"] = [view.internal[c].id for c in sorted(view.internal)]
                chats[guid]["is_parked"] = bool(view.latest.is_parked)
    conversations = {
        one.id: {
            "messages": [m.message_id for m in one.messages],
            "first": min((m.counter for m in one.messages), default=1),
            "notes": [note.id for note in one.notes],
        }
        for one in session.conversations.all()
        if one.status is ChatStatus.ANSWERED
    }
    return {
        "ready": session.phase is Phase.READY,
        "ready_text": session.phase.name,
        "waiting": waiting,
        "chats": chats,
        "conversations": conversations,
    }
