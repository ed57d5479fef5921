"""I-8, I-13, I-14, I-15: legal moves, one answer, bounds, and everyone sees only his own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from broker.tools.simulate.checker.fold import AFTER
from broker.tools.simulate.checker.story import Connection, Story
from broker.tools.simulate.checker.violation import Violation
from broker.tools.simulate.history import Event, Kind
from protocol.catalogue import CATALOGUE
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role

ALSO_ANSWERS = {"CS_CHAT_ANSWER": "SC_CHAT_ALERT_END", "CS_CHAT_HANGUP": "SC_CHAT_ALERT_END"}
"""What may answer a request besides the answer of the catalogue and `SYS_ERROR`."""


def legal_moves(story: Story) -> Iterator[Violation]:
    """I-8: every change of status is one of the state machine's."""
    for chat, moves in story.moves.items():
        if moves and moves[0].status != ChatStatus.PILOT.value:
            yield Violation("I-8", f"it began as {moves[0].status}", moves[0].at, chat=chat)
        for before, after in pairwise(moves):
            if ChatStatus(after.status) not in AFTER[ChatStatus(before.status)]:
                text = f"{before.status} was followed by {after.status} in the store"
                yield Violation("I-8", text, after.at, chat=chat)
        stored = story.chats.get(chat)
        if stored is not None and moves and moves[-1].status != stored.status:
            text = f"its last move was to {moves[-1].status}, it is {stored.status}"
            yield Violation("I-8", text, moves[-1].at, chat=chat)
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-8")


def one_answer(story: Story) -> Iterator[Violation]:
    """I-13: each request that has an answer gets exactly one while its connection lives."""
    patience = 3 * int(story.setup.data["heartbeat"]) if story.setups else 0
    for connection in story.connections.values():
        yield from _answers(connection, patience, story.end_at)


def _answers(connection: Connection, patience: int, end_at: int | None) -> Iterator[Violation]:
    asked: dict[int | str, Event] = {}
    answered: dict[int | str, str] = {}
    for event in connection.events:
        frame = event.frame
        if frame is None:
            continue
        if event.kind is Kind.SENT:
            if frame.id is not None:
                asked.setdefault(frame.id, event)
        elif frame.re is not None:
            problem = _fault(frame, asked.get(frame.re), answered.get(frame.re))
            if problem is not None:
                yield Violation("I-13", problem, event.at, connection.name)
            answered[frame.re] = frame.type
    overdue = 0
    if connection.gone_at is None and end_at is not None:
        overdue = end_at - patience
    for event in _passed_over(asked, answered, overdue):
        if event.frame is not None:
            text = f"{event.frame.type} with Id {event.frame.id} got no answer"
            yield Violation("I-13", text, event.at, connection.name)


def _passed_over(
    asked: dict[int | str, Event], answered: dict[int | str, str], overdue: int
) -> Iterator[Event]:
    """Requests without an answer although a later one has its own, or although it is time.

    The broker answers a connection in the order of its requests; only what its shell says by
    itself may overtake.
    """
    later = False
    for id_, event in reversed(asked.items()):
        if id_ in answered:
            later = later or answered[id_] not in ("SYS_ERROR", "SYS_PONG")
            continue
        has_answer = event.frame is not None and expected_answer(event.frame) is not None
        if has_answer and (later or event.at < overdue):
            yield event


def expected_answer(frame: Frame) -> str | None:
    """The type that answers a request, if there is one."""
    spec = CATALOGUE.get(frame.type)
    return spec.answer if spec is not None else None


def _fault(frame: Frame, asked: Event | None, before: str | None) -> str | None:
    if asked is None or asked.frame is None:
        return f"{frame.type} answers Id {frame.re}, which was not asked"
    if before is not None:
        return f"{asked.frame.type} with Id {frame.re} was answered by {before} and {frame.type}"
    right = (expected_answer(asked.frame), "SYS_ERROR", ALSO_ANSWERS.get(asked.frame.type))
    if frame.type not in right:
        return f"{asked.frame.type} with Id {frame.re} was answered by {frame.type}"
    return None


def bounded(story: Story) -> Iterator[Violation]:
    """I-14: no connection's queue passed its bound by more than the frame that broke it."""
    for event in story.events:
        if event.kind is Kind.BACKLOG:
            limits = story.setup.data
            if event.data["frames"] > limits["outbox_frames"] + 1:
                text = f"{event.data['frames']} frames wait, {limits['outbox_frames']} may"
                yield Violation("I-14", text, event.at, event.conn)
            elif event.data["bytes"] > limits["outbox_bytes"] + limits["frame_bytes"]:
                text = f"{event.data['bytes']} bytes wait, {limits['outbox_bytes']} may"
                yield Violation("I-14", text, event.at, event.conn)


def isolation(story: Story) -> Iterator[Violation]:
    """I-15: a session sees its own peers' chats only, and writes into no other."""
    for connection in story.connections.values():
        agent = story.agent_of(connection) if connection.role is Role.WORKPLACE else None
        for event in connection.events:
            if event.kind is Kind.GOT and event.frame is not None:
                if event.frame.type == "SC_CHAT_ALERT_END" and event.frame.re is not None:
                    continue  # the answer to a foreign answer says no more than was asked (B-25)
                for text, chat in _foreign(story, connection, agent, event.frame.payload):
                    yield Violation("I-15", text, event.at, connection.name, chat)
    yield from _strangers(story)


def _foreign(
    story: Story, connection: Connection, agent: Guid | None, payload: object
) -> Iterator[tuple[str, str]]:
    items = payload if isinstance(payload, tuple) else (payload,)
    for p in items:
        if not isinstance(p, ChatSentenceInfo | ChatStatusInfo | ChatCommandInfo):
            continue
        if p.peer not in connection.peers:
            yield f"a frame for peer {p.peer}, which it does not serve", p.chat_id or ""
        elif p.chat_id is not None:
            chat = story.chats.get(p.chat_id)
            if chat is None:
                continue  # I-1 says more about it
            if connection.role is Role.CONNECTOR:
                gateways = {s.gateway_at(p.peer, p.port) for s in story.setups}
                if chat.gateway not in gateways:
                    yield f"a chat of gateway {chat.gateway}", p.chat_id
            elif agent is None or p.chat_id not in story.offered.get(agent, set()):
                yield f"a chat that was never offered to {connection.login}", p.chat_id


def _strangers(story: Story) -> Iterator[Violation]:
    """Every sentence of a person in the store was sent by somebody who may write there."""
    sent: set[tuple[Guid, bool, str]] = set()
    loose: set[tuple[Guid | None, str | None, str]] = set()
    for connection in story.connections.values():
        for event in connection.events:
            p = event.frame.payload if event.frame is not None else None
            if event.kind is not Kind.SENT or not isinstance(p, ChatSentenceInfo) or p.id is None:
                continue
            if connection.role is Role.WORKPLACE:
                if p.chat_id in story.offered.get(story.agent_of(connection) or Guid(""), set()):
                    sent.add((p.chat_id or Guid(""), True, p.id))
            elif p.peer in connection.peers:
                loose.add((story.setup.gateway_at(p.peer, p.port), p.tracking_id, p.id))
    for row in story.dump.sentences:
        chat = story.chats[row.chat]
        if row.own or (row.chat, row.outbound, row.id) in sent:
            continue
        if row.outbound or (chat.gateway, chat.tracking_id, row.id) not in loose:
            text = f"sentence {row.counter} ({row.id}) was sent by nobody who may"
            yield Violation("I-15", text, row.at, chat=row.chat)
