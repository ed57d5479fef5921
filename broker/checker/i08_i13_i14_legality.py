"""I-8, I-13, I-14: legal moves, one answer, bounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from broker.checker.dump import MoveRow
from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.i08_states import states_follow
from broker.checker.involvement import ALERTED, TALKING, WRAPUP
from broker.checker.violation import Violation
from broker.checker.words import known_words
from protocol.catalogue import CATALOGUE
from protocol.chat import ChatStatusInfo
from protocol.frame import Frame
from protocol.session import Welcome
from protocol.values import ChatStatus, Guid, Role, to_micros

ALSO_ANSWERS = {
    "CS_CHAT_ANSWER": "SC_CHAT_ALERT_END",
    "CS_CHAT_HANGUP": "SC_CHAT_ALERT_END",
    "CS_CONVERSATION_ANSWER": "SC_CONVERSATION_ALERT_END",
    "CS_CONVERSATION_RETURN": "SC_CONVERSATION_ALERT_END",
}
"""What may answer a request besides the answer of the catalogue and `SYS_ERROR`."""

MOVES = {
    ("Pilot", "ICR"): {"bot"},
    ("Pilot", "Waiting"): {"routed"},
    ("Pilot", "Answered"): {"opened"},
    ("Pilot", "Closed"): {"closed", "forced", "full", "unbound"},
    ("ICR", "Waiting"): {"bot_done", "bot_silent"},
    ("ICR", "Closed"): {"bot", "closed", "forced", "full"},
    ("Waiting", "Alerting"): {"offered"},
    ("Waiting", "Closed"): {"closed", "forced", "full", "unbound", "wait_rule"},
    ("Alerting", "Waiting"): {"forced", "missed", "rejected", "restart", "withdrawn"},
    ("Alerting", "Answered"): {"answered"},
    ("Alerting", "Closed"): {"closed", "forced", "full", "unbound"},
    ("Answered", "Answered"): {"forced", "left", "owner_lost", "transferred"},
    ("Answered", "Waiting"): {"agent_lost", "forced", "returned"},
    ("Answered", "Closed"): {"agent_lost", "closed", "forced", "full", "unbound"},
    ("Closed", "Pilot"): {"reopened"},
}
"""Which status may follow which in the store, and for which causes."""

HANDED_ON = frozenset({"transferred", "left", "owner_lost", "forced"})
"""Why an answered chat may get another owner."""


def legal_moves(story: Story) -> Iterator[Violation]:
    """I-8: every change of status is one of the state machine's, and the rows say words that there are."""
    for chat, moves in story.moves.items():
        if moves and moves[0].status != ChatStatus.PILOT.value:
            yield Violation("I-8", f"it began as {moves[0].status}", moves[0].at, chat=chat)
        for before, after in pairwise(moves):
            text = _illegal(story, before, after)
            if text:
                yield Violation("I-8", text, after.at, chat=chat)
        stored = story.chats.get(chat)
        if stored is not None and moves and moves[-1].status != stored.status:
            text = f"its last move was to {moves[-1].status}, it is {stored.status}"
            yield Violation("I-8", text, moves[-1].at, chat=chat)
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-8")
        if connection.role is Role.WORKPLACE:
            yield from _relative(story, connection)
    yield from _seats(story)
    yield from states_follow(story)
    yield from known_words(story)


def _seats(story: Story) -> Iterator[Violation]:
    """A session at a workplace goes on for as long as nobody has logged in as its agent since.

    Several hellos may be in one batch, a return of the one before among them: each is welcomed behind
    its commit.
    """
    logins: dict[str, list[str]] = {}
    latest: dict[str, list[str]] = {}
    for event in story.events:
        if event.kind is Kind.COMMITTED:
            latest = {agent: known[-1:] for agent, known in logins.items()}
            for _, agent, login in _seatings(event):
                latest.setdefault(agent, []).append(login)
                earlier = logins.setdefault(agent, [])
                if login in earlier[:-1]:
                    text = f"session {login} of agent {agent} is back, which was replaced"
                    yield Violation("I-8", text, event.at)
                earlier.append(login)
        elif event.kind is Kind.GAVE and event.frame is not None:
            p, connection = event.frame.payload, story.connections.get(event.conn)
            if isinstance(p, Welcome) and connection is not None and p.agent_id is not None:
                last = latest.get(p.agent_id, [])
                if p.session_id not in last:
                    text = f"session {p.session_id} was welcomed, the last login is {last[-1:]}"
                    yield Violation("I-8", text, event.at, connection.name)


def _seatings(event: Event) -> list[list[str]]:
    return [fact for fact in event.data["facts"] if fact[0] == "seated"]


def _illegal(story: Story, before: MoveRow, after: MoveRow) -> str | None:
    """What is wrong with a move."""
    text = f"{before.status} was followed by {after.status} in the store"
    causes = MOVES.get((before.status, after.status))
    if causes is None or (after.cause and after.cause not in causes):
        return f"{text}: {after.cause}"
    match (before.status, after.status):
        case ("Answered", "Answered"):
            if before.agent == after.agent or after.cause not in HANDED_ON:
                return f"{text}, from {before.agent} to {after.agent}: {after.cause}"
            return None
        case ("Pilot", "Answered"):
            return None if story.chats[after.chat].outbound and after.cause == "opened" else text
        case ("Alerting", "Answered"):
            other = before.agent != after.agent
            return f"{text}, offered to {before.agent}, taken by {after.agent}" if other else None
        case _:
            return None


def _relative(story: Story, connection: Connection) -> Iterator[Violation]:
    """A workplace is told how a chat stands for its agent: as the rows have it for that moment."""
    agent = story.agent_of(connection)
    for event in connection.events:
        p = event.frame.payload if event.frame is not None and event.kind is Kind.GOT else None
        if not isinstance(p, ChatStatusInfo) or p.chat_id not in story.chats or p.chat_id is None:
            continue
        if p.info is None or p.info.time_stamp is None:
            continue
        at = story.timeline.moment(to_micros(p.info.time_stamp))
        if not _stands(story, p.chat_id, agent, p.status, at):
            parts = [(s.part, s.at, s.end) for s in story.spans.between(p.chat_id, agent)]
            text = f"{p.status} was told as of {at}, in the store the agent was {parts}"
            yield Violation("I-8", text, event.at, connection.name, p.chat_id)


def _stands(
    story: Story, chat: Guid, agent: Guid | None, status: ChatStatus | None, at: int
) -> bool:
    """Whether a status may have been right at a moment; several things may happen in one."""
    spans = story.spans.between(chat, agent)
    match status:
        case ChatStatus.ALERTING:
            return any(s.part == ALERTED and s.covers(at) for s in spans)
        case ChatStatus.ANSWERED:
            return any(s.part in TALKING and s.covers(at) for s in spans)
        case ChatStatus.CLOSED:
            rows = story.moves[chat]
            return any(
                move.status == "Closed" and move.at <= at and (after is None or at <= after.at)
                for move, after in zip(rows, [*rows[1:], None], strict=True)
            )
        case _:
            return not any(s.part != WRAPUP and s.is_inside(at) for s in spans)


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
