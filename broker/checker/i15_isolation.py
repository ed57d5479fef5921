"""I-15: everyone sees only what is theirs, and writes and rules nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.dump import NoteRow, SentenceRow
from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.involvement import BOT, CONFERENCE, CONSULT, MONITOR, OWNER, TALKING
from broker.checker.mail import parts_of
from broker.checker.naive_client import INTERNAL
from broker.checker.violation import Violation
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    DecisionInfo,
)
from protocol.frame import Frame
from protocol.scenario import ScenarioResultInfo
from protocol.values import Guid, PartyState, Role, TransferMode

FOR_SUPERVISORS = ("SC_CHAT_OVERVIEW", "SC_CHAT_EXPLANATION")
"""Answers that nobody else gets."""


def isolation(story: Story) -> Iterator[Violation]:
    """I-15: a session sees its own peers' chats only, and writes into no other."""
    for connection in story.connections.values():
        for event in connection.events:
            if event.kind is Kind.GOT and event.frame is not None:
                yield from _seen(story, connection, event, event.frame)
        yield from (v for v in connection.fold.remarks if v.law == "I-15")
    yield from _strangers(story)
    yield from _writers(story)
    yield from _savers(story)
    yield from _uninvited(story)
    yield from _forced(story)


def _seen(story: Story, connection: Connection, event: Event, frame: Frame) -> Iterator[Violation]:
    """What is wrong with a session's getting a frame."""
    if frame.type == "SC_CHAT_ALERT_END" and frame.re is not None:
        return  # the answer to a foreign answer says no more than was asked (B-25)
    agent = story.agent_of(connection) if connection.role is Role.WORKPLACE else None
    request = connection.request_of(frame)
    asked = frame.type in FOR_SUPERVISORS or (
        request is not None and request.type in ("CS_CHAT_CLOSE", "CS_AGENT_STATE")
    )
    rules = asked and story.is_supervisor(agent)
    if frame.type in FOR_SUPERVISORS and not rules:
        yield Violation("I-15", f"{frame.type} for no supervisor", event.at, connection.name)
    items = frame.payload if isinstance(frame.payload, tuple) else (frame.payload,)
    for p in items:
        if connection.role is Role.WORKPLACE and isinstance(p, ChatSentenceInfo | ChatStatusInfo):
            for text in _overheard(story, agent, p):
                yield Violation("I-15", text, event.at, connection.name, p.chat_id or "")
        for text, chat in _foreign(story, connection, agent, p, event.at, rules=rules):
            if frame.type == "SC_AGENT_LIST":
                continue  # whoever is at work may know who else is
            yield Violation("I-15", text, event.at, connection.name, chat)


def _foreign(
    story: Story,
    connection: Connection,
    agent: Guid | None,
    p: object,
    at: int,
    *,
    rules: bool,
) -> Iterator[tuple[str, str]]:
    """What is foreign in a payload; `rules`: it goes to a supervisor who asked for it."""
    match p:
        case AgentStateInfo():
            if p.agent_id != agent and not rules:
                yield f"the state of agent {p.agent_id}", ""
        case ChatServiceInfo():
            if p.peer not in connection.peers:
                yield f"a frame for peer {p.peer}, which it does not serve", ""
            chat = story.chats.get(p.return_chat_id) if p.return_chat_id else None
            if chat is not None and story.setup.gateway_at(p.peer, p.port) != chat.gateway:
                yield f"an outbound chat of gateway {chat.gateway}", chat.id
        case ChatSentenceInfo() | ChatStatusInfo() | ChatCommandInfo() | DecisionInfo():
            if p.peer not in connection.peers:
                yield f"a frame for peer {p.peer}, which it does not serve", p.chat_id or ""
            elif p.chat_id is not None and p.chat_id in story.chats:  # I-1 says more otherwise
                if connection.role is Role.CONNECTOR and not isinstance(p, DecisionInfo):
                    yield from _foreign_outside(story, p, p.chat_id, at)
                elif not rules and not story.touched(agent, p.chat_id):
                    yield f"a chat in which {connection.login} never was", p.chat_id
        case ScenarioResultInfo():
            yield from _foreign_form(story, agent, p)
        case _:
            pass


def _overheard(
    story: Story, agent: Guid | None, p: ChatSentenceInfo | ChatStatusInfo
) -> Iterator[str]:
    """Words that were said when the agent was not in the chat any more, or had never been."""
    if p.chat_id is None or p.chat_id not in story.chats:
        return
    said = (
        (p,)
        if isinstance(p, ChatSentenceInfo)
        else (*(p.sentences or ()), *(p.internal or ()), p.panel, p.navigation, p.co_browsing_data)
    )
    until = story.spans.heard_until(p.chat_id, agent)
    for s in said:
        if s is None:
            continue
        row: SentenceRow | NoteRow | None
        if s.model == INTERNAL:
            row = story.notes[p.chat_id].get(s.counter)
        else:
            row = story.sentences[p.chat_id].get(s.counter)
        if until is None:
            yield f"sentence {s.id}, to somebody who never was in the chat"
        elif row is not None and row.at > until:
            yield f"sentence {s.id} of {row.at}, to somebody who was in the chat until {until}"


def _foreign_form(
    story: Story, agent: Guid | None, p: ScenarioResultInfo
) -> Iterator[tuple[str, str]]:
    """What was filled in is words: nothing for somebody to whom the chat is only offered (B-7)."""
    parts = {span.part for span in story.spans.between(p.chat_id or Guid(""), agent)}
    if not parts & TALKING:
        yield "a form, to somebody who never was in the chat", p.chat_id or ""


def _foreign_outside(
    story: Story,
    p: ChatSentenceInfo | ChatStatusInfo | ChatCommandInfo,
    chat_id: Guid,
    at: int,
) -> Iterator[tuple[str, str]]:
    chat = story.chats[chat_id]
    if chat.gateway not in {s.gateway_at(p.peer, p.port) for s in story.setups}:
        yield f"a chat of gateway {chat.gateway}", chat_id
    if chat.outbound and (chat.bound_at is None or at < chat.bound_at):
        yield "an outbound chat that no connector has", chat_id


def _sent(story: Story, role: Role) -> Iterator[tuple[Connection, ChatSentenceInfo]]:
    """The sentences that the clients of a role sent, with a key."""
    for connection in story.connections.values():
        for event in connection.events if connection.role is role else ():
            p = event.frame.payload if event.frame is not None else None
            if event.kind is Kind.SENT and isinstance(p, ChatSentenceInfo) and p.id is not None:
                yield connection, p


def _strangers(story: Story) -> Iterator[Violation]:
    """Every sentence of a person in the store was sent by somebody who may write there."""
    own = [
        p
        for connection, p in _sent(story, Role.WORKPLACE)
        if story.touched(story.agent_of(connection), p.chat_id)
    ]
    sent = {(p.chat_id, p.id) for p in own if p.model != INTERNAL}
    notes = {(p.chat_id, p.id) for p in own if p.model == INTERNAL}
    loose = {
        (story.setup.gateway_at(p.peer, p.port), p.tracking_id, p.id)
        for connection, p in _sent(story, Role.CONNECTOR)
        if p.peer in connection.peers
    }
    texts = {
        (letter.chat, counter)
        for letter in story.dump.messages
        if letter.inbound and letter.chat is not None
        for counter in parts_of(letter)
    }
    for row in story.dump.sentences:
        chat = story.chats[row.chat]
        if row.own or (row.outbound and (row.chat, row.id) in sent):
            continue
        if not row.outbound and (row.chat, row.counter) in texts:
            continue  # by the words of a message (I-18)
        if row.outbound or (chat.gateway, chat.tracking_id, row.id) not in loose:
            text = f"sentence {row.counter} ({row.id}) was sent by nobody who may"
            yield Violation("I-15", text, row.at, chat=row.chat)
    for note in story.dump.notes:
        if note.agent is not None and (note.chat, note.id) not in notes:
            text = f"note {note.counter} ({note.id}) was sent by nobody who may"
            yield Violation("I-15", text, note.at, chat=note.chat)


def _writers(story: Story) -> Iterator[Violation]:
    """Who wrote was in the conversation then, and to the visitor only if they may."""
    for row in story.dump.sentences:
        if row.agent is not None and not _was(story, row.chat, row.agent, row.at, WRITING):
            text = f"sentence {row.counter} was written by {row.agent}, who may not"
            yield Violation("I-15", text, row.at, chat=row.chat)
    for note in story.dump.notes:
        if note.agent is not None and not _was(story, note.chat, note.agent, note.at, TALKING):
            text = f"note {note.counter} was written by {note.agent}, who is not in the chat"
            yield Violation("I-15", text, note.at, chat=note.chat)


def _savers(story: Story) -> Iterator[Violation]:
    """Who filled in a form was in the chat then, and did not only watch, or had it at its end."""
    scripts = {bot for setup in story.setups for bot in setup.data["scripts"]}
    for row in story.dump.forms:
        agent = row.agent
        if agent is None or row.chat is None or agent in scripts:
            continue
        spans = [s for s in story.spans.between(row.chat, agent) if s.part in FILLING]
        at_end = [move.at for move in story.moves[row.chat] if move.status == "Closed"]
        if not any(s.covers(row.at) or s.end in at_end for s in spans):
            text = f"form {row.result_id} was filled in by {agent}, who may not"
            yield Violation("I-15", text, row.at, chat=row.chat)


FILLING = frozenset({OWNER, BOT, CONSULT, CONFERENCE})
"""Who may fill in forms of the chat."""
WRITING = frozenset({OWNER, BOT, CONFERENCE})
"""Who may write to the visitor."""


def _was(story: Story, chat: Guid, agent: Guid, at: int, parts: frozenset[str]) -> bool:
    """Whether an agent was one of these at a moment; the owner not while they had put the chat aside."""
    for span in story.spans.between(chat, agent):
        if span.part in parts and span.covers(at):
            times = story.spans.parked.get((chat, agent), []) if span.part == OWNER else []
            if parts is TALKING or not any(
                start < at and (end is None or at < end) for start, end in times
            ):
                return True
    return False


def _uninvited(story: Story) -> Iterator[Violation]:
    """Whoever joined a chat was asked and answered, or is a supervisor and asked for it themselves."""
    wishes = _wishes(story)
    for party in story.dump.parties:
        if party.mode == MONITOR or party.by_agent == party.agent:
            wish = (party.chat, party.agent, party.mode)
            if not story.is_supervisor(party.agent) or wish not in wishes:
                text = f"agent {party.agent} let themselves in ({party.mode}), which they may not"
                yield Violation("I-15", text, party.at, chat=party.chat)
        elif not any(
            invite.chat == party.chat and invite.agent == party.agent and invite.at <= party.at
            for invite in story.dump.invites
            if invite.outcome == "answered"
        ) and not any(
            before.chat == party.chat and before.agent == party.agent and before.left_at == party.at
            for before in story.dump.parties
        ):
            text = f"agent {party.agent} joined, whom nobody asked"
            yield Violation("I-15", text, party.at, chat=party.chat)


def _wishes(story: Story) -> set[tuple[Guid, Guid, str]]:
    """Which chats supervisors wanted to be let into."""
    found: set[tuple[Guid, Guid, str]] = set()
    for connection in story.connections.values():
        agent = story.agent_of(connection) if connection.role is Role.WORKPLACE else None
        for event in connection.events:
            p = event.frame.payload if event.frame is not None else None
            if event.kind is Kind.SENT and isinstance(p, ChatTransferInfo) and p.chat_id and agent:
                found.add((p.chat_id, agent, str(p.mode)))
    return found


def _forced(story: Story) -> Iterator[Violation]:
    """Only supervisors end foreign chats and force states."""
    closers = {
        p.chat_id
        for connection in story.connections.values()
        if connection.role is Role.WORKPLACE and story.is_supervisor(story.agent_of(connection))
        for event in connection.events
        if event.kind is Kind.SENT and event.frame is not None
        for p in [event.frame.payload]
        if event.frame.type == "CS_CHAT_CLOSE" and isinstance(p, ChatCommandInfo)
    }
    for chat, moves in story.moves.items():
        for move in moves:
            # One that nobody else could take ends by rule when its agent is logged off by force.
            by_hand = move.cause == "forced" and move.close_reason != "Rule"
            if move.status == "Closed" and by_hand and chat not in closers:
                yield Violation("I-15", "it was ended by no supervisor", move.at, chat=chat)
    for moved in story.dump.agent_moves:
        if moved.cause == "forced" and not story.is_supervisor(moved.by_agent):
            text = f"the state of {moved.agent} was forced by {moved.by_agent}, no supervisor"
            yield Violation("I-15", text, moved.at)


def unseen(story: Story) -> Iterator[Violation]:
    """Nobody is shown who monitors, but they themselves."""
    for connection in story.connections.values():
        agent = story.agent_of(connection) if connection.role is Role.WORKPLACE else None
        for event in connection.events:
            if event.kind is not Kind.GOT or event.frame is None:
                continue
            payload = event.frame.payload
            for p in payload if isinstance(payload, tuple) else (payload,):
                if not isinstance(p, ChatStatusInfo):
                    continue
                for one in p.parties or ():
                    hidden = one.mode is TransferMode.MONITOR and one.state is PartyState.JOINED
                    if hidden and one.agent_id != agent:
                        text = f"{connection.login} was shown that {one.agent_id} monitors"
                        yield Violation("I-6", text, event.at, connection.name, p.chat_id or "")
