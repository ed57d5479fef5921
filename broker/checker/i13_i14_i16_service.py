"""I-13, I-14, I-16 where they concern the server: who is read, accepted, answered and let go in time."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.i08_i13_i14_legality import expected_answer
from broker.checker.violation import Violation
from protocol.frame import Frame
from protocol.session import SysError
from protocol.values import FrameId

READ_WITHIN = 400_000
"""So long a broker that has nothing else to do may leave something unread."""
ACCEPT_WITHIN = 2_500_000
CLOSE_WITHIN = 4_500_000
SLACK = 2_500_000
"""What is due is looked at so much later at most."""


def served(story: Story) -> Iterator[Violation]:
    """I-16: nobody waits for a broker whom nothing hinders, and no reload costs a connection."""
    for event in story.events:
        if event.kind is Kind.UNSERVED:
            what, since = event.data["what"], event.data["since"]
            waited = story.timeline.listened(since, event.at)
            allowed = _allowed(story, what)
            if waited > allowed:
                text = f"it waited {waited} for the broker to {_WANTS[what]}, {allowed} is allowed"
                yield Violation("I-16", text, event.at, event.conn)
        elif event.kind is Kind.RELOADED:
            for conn in event.data["lost"]:
                yield Violation("I-16", "a reload ended the connection", event.at, conn)


_WANTS = {
    "read": "read what had come",
    "accept": "accept it",
    "close": "close it",
    "hello": "end it, as it said no hello",
    "ping": "end it, as nothing was heard of it",
}


def _allowed(story: Story, what: str) -> int:
    setup = story.setup.data
    match what:
        case "read":
            return READ_WITHIN
        case "accept":
            return ACCEPT_WITHIN
        case "close":
            return CLOSE_WITHIN
        case "hello":
            return int(setup["hello"]) + SLACK
        case _:  # time again is given when the next deadline comes up, a heartbeat later at most
            return 3 * int(setup["heartbeat"]) + SLACK


def reading_stops(story: Story) -> Iterator[Violation]:
    """I-14: no socket is read while the inbox is full."""
    bound: int | None = None
    for event in story.events:
        if event.kind is Kind.STARTED:
            bound = event.data.get("inbox")
        elif event.kind is Kind.READ and bound is not None and event.data["waiting"] >= bound:
            text = f"it was read while {event.data['waiting']} inputs waited, {bound} may"
            yield Violation("I-14", text, event.at, event.conn)


def drained(story: Story) -> Iterator[Violation]:
    """I-13: whoever is told of a shutdown was answered before, and nobody leaves without a word."""
    draining: Event | None = None
    for event in story.events:
        if event.kind is Kind.DRAINING:
            draining = event
        elif event.kind in (Kind.CRASHED, Kind.FAILED, Kind.STARTED):
            draining = None
        elif event.kind is Kind.STOPPED and draining is not None:
            for conn, heard in draining.data["heard"].items():
                connection = story.connections[conn]
                yield from _unanswered(connection, heard)
                yield from _untold(story, connection, draining, event)
            draining = None


def _unanswered(connection: Connection, heard: int) -> Iterator[Violation]:
    """Requests that were read before the drain and have no answer before the good-bye."""
    sent = [event.frame for event in connection.events if event.kind is Kind.SENT][:heard]
    answered: set[FrameId] = set()
    for event in connection.events:
        frame = event.frame
        if event.kind is not Kind.GOT or frame is None:
            continue
        answered.add(frame.re)
        if frame.type == "SYS_BYE":
            if getattr(frame.payload, "code", None) != "Shutdown":
                return
            for asked in sent:
                if _wants_answer(asked) and asked is not None and asked.id not in answered:
                    text = f"{asked.type} with Id {asked.id} had been read, and was not answered"
                    yield Violation("I-13", text, event.at, connection.name)
            return


def _wants_answer(frame: Frame | None) -> bool:
    return frame is not None and frame.id is not None and expected_answer(frame) is not None


_BY_ITSELF = ("hung up", "killed")
"""Why a connection is gone that its client ended."""


def _untold(
    story: Story, connection: Connection, began: Event, ended: Event
) -> Iterator[Violation]:
    """A connection that nothing else ended, and that got no good-bye."""
    took_long = ended.at - began.at >= int(story.setup.data["drain"])
    if took_long or (connection.gone_at is not None and connection.gone_at < began.at):
        return
    mine = [e for e in story.events if e.conn == connection.name and e.at < ended.at]
    struck = any(e.kind is Kind.FAULT for e in mine)
    left = any(e.kind is Kind.GONE and e.data.get("why") in _BY_ITSELF for e in mine)
    if not (struck or left) and not any(_is_last_word(event) for event in connection.events):
        text = "the broker stopped and told it nothing"
        yield Violation("I-13", text, ended.at, connection.name)


def _is_last_word(event: Event) -> bool:
    """Whether one side says good-bye to the other."""
    frame = event.frame
    if frame is None:
        return False
    fatal = isinstance(frame.payload, SysError) and bool(frame.payload.fatal)
    return frame.type == "SYS_BYE" or fatal
