"""I-12: a message is handed over until it is sent or given up, in one attempt at a time (B-52..B-55)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from broker.checker.evidence import Story
from broker.checker.history import Kind
from broker.checker.post import MessageMoveRow, MessageRow
from broker.checker.violation import Violation
from protocol.message import MessageContentInfo
from protocol.values import Guid

QUEUED, SENDING, RETRY = "Queued", "Sending", "Retry"
SENT, DELIVERED, READ = "Sent", "Delivered", "Read"
FAILED, CANCELLED = "Failed", "Cancelled"
UNDER_WAY = (QUEUED, SENDING, RETRY)
ROUNDING = 20_000

MOVES: dict[tuple[str, str], set[str | None]] = {
    (QUEUED, SENDING): {None},
    (QUEUED, QUEUED): {"late_refused"},
    (QUEUED, SENT): {"late_sent"},
    (QUEUED, CANCELLED): {"cancelled"},
    (QUEUED, FAILED): {"no_gateway"},
    (SENDING, SENDING): {"late_refused"},
    (SENDING, SENT): {"sent", "late_sent"},
    (SENDING, RETRY): {"refused", "throttled", "unknown"},
    (SENDING, FAILED): {"refused", "permanent", "unknown"},
    (RETRY, SENDING): {None},
    (RETRY, RETRY): {"late_refused"},
    (RETRY, SENT): {"late_sent"},
    (RETRY, CANCELLED): {"cancelled"},
    (RETRY, FAILED): {"no_gateway"},
    (FAILED, QUEUED): {"retried"},
    (FAILED, FAILED): {"late_refused", "bounced"},
    (FAILED, SENT): {"late_sent"},
    (CANCELLED, SENT): {"late_sent"},
    (CANCELLED, CANCELLED): {"late_refused"},
    (SENT, SENT): {"late_refused"},
    (SENT, DELIVERED): {"delivered"},
    (SENT, READ): {"read"},
    (SENT, FAILED): {"bounced"},
    (DELIVERED, READ): {"read"},
    (DELIVERED, FAILED): {"bounced"},
}
"""Which status may follow which, and how the attempt ended by that."""


def outbound(story: Story) -> Iterator[Violation]:
    """I-12: the life of every outbound message, its attempts, and how often it really went."""
    for letter in story.dump.messages:
        if not letter.inbound:
            moves = story.mail.deliveries[letter.id]
            yield from _told(letter, _life(letter, moves))
            yield from _told(letter, _counted(story, letter, moves))
    yield from _handed_over(story)
    yield from _copies(story)


def _told(letter: MessageRow, found: Iterator[tuple[str, int]]) -> Iterator[Violation]:
    for text, at in found:
        yield Violation("I-12", f"message {letter.id}: {text}", at, chat=letter.conversation or "")


def _life(letter: MessageRow, moves: list[MessageMoveRow]) -> Iterator[tuple[str, int]]:
    """Its moves are legal, it is what the last one says, and no attempt follows a success."""
    if not moves or (moves[0].status, moves[0].attempt) != (QUEUED, 0):
        yield f"it began with {moves[:1]}", letter.at
        return
    went = False
    for before, after in pairwise(moves):
        outcomes = MOVES.get((before.status, after.status), set())
        if after.outcome not in outcomes:
            text = f"{before.status} was followed by {after.status}: {after.outcome}"
            yield text, after.at
        if after.outcome in _ENDED_BY_A_TEXT and after.outcome != _meant(after.error or ""):
            yield f"{after.error!r} was taken for {after.outcome}", after.at
        went = went or before.status in (SENT, DELIVERED, READ)
        if went and after.status in UNDER_WAY:
            yield f"it was sent, and then {after.status} again", after.at
    if (letter.status, letter.attempt) != (moves[-1].status, moves[-1].attempt):
        text = f"it is {letter.status} ({letter.attempt}), its last move was {moves[-1]}"
        yield text, moves[-1].at


_ENDED_BY_A_TEXT = ("refused", "permanent", "throttled")


def _meant(error: str) -> str:
    """What the error text of a connector says of the next attempt (B-55)."""
    return next((w for w in ("permanent", "throttled") if error.startswith(f"{w}:")), "refused")


def _counted(
    story: Story, letter: MessageRow, moves: list[MessageMoveRow]
) -> Iterator[tuple[str, int]]:
    """Attempts are counted from 1; a throttled one does not count, nor is one given up too early."""
    known = [s.data["message_gateways"].get(letter.gateway) for s in story.setups]
    gateways = [gateway for gateway in known if gateway is not None]
    most = max((len(g["retries"]) + 1 for g in gateways), default=0)
    deadline = min((g["deadline"] for g in gateways), default=0)
    pause = min((min(g["retries"], default=0) for g in gateways), default=0)
    begun = 0
    paused: MessageMoveRow | None = None
    for before, after in pairwise(moves):
        change = after.attempt - before.attempt
        expected = {SENDING: 1}.get(after.status, 0) if after.outcome != "late_refused" else 0
        if after.outcome == "throttled":
            expected = -1
        elif after.outcome == "retried":
            expected = -before.attempt
        if change != expected:
            text = f"attempt {before.attempt} became {after.attempt} by {after.status}"
            yield f"{text}: {after.outcome}", after.at
        if gateways and after.attempt > most:
            yield f"attempt {after.attempt}, {most} are allowed", after.at
        if after.status == SENDING and after.outcome is None:
            begun = after.at
            if paused is not None and _early(story, paused.at, after.at, pause * 9 // 10):
                yield f"it was tried again {after.at - paused.at} after it had failed", after.at
        elif after.outcome == "unknown" and _early(story, begun, after.at, deadline):
            yield f"its attempt was given up after {after.at - begun}", after.at
        if after.outcome in ("refused", "throttled", "unknown") and after.status == RETRY:
            paused = after
        elif after.outcome != "late_refused":
            paused = None
        if (after.status, after.outcome) in _GIVEN_UP and after.attempt < _least(gateways):
            yield f"it was given up after attempt {after.attempt}: {after.outcome}", after.at


_GIVEN_UP = ((FAILED, "refused"), (FAILED, "unknown"))


def _least(gateways: list[dict[str, list[int]]]) -> int:
    return min((len(gateway["retries"]) + 1 for gateway in gateways), default=0)


def _early(story: Story, since: int, until: int, length: int) -> bool:
    return story.timeline.listened(since, until) < length - ROUNDING


def _handed_over(story: Story) -> Iterator[Violation]:
    """Each frame that hands a message over is one attempt of the rows, by a gateway of its connection."""
    frames: dict[Guid, int] = {}
    for event in story.events:
        frame = event.frame
        if event.kind is not Kind.GAVE or frame is None or frame.type != "SE_MESSAGE_SENDING":
            continue
        p, connection = frame.payload, story.connections.get(event.conn)
        if not isinstance(p, MessageContentInfo) or p.message_id is None:
            continue
        frames[p.message_id] = frames.get(p.message_id, 0) + 1
        begun = sum(
            move.status == SENDING and move.outcome is None and move.at <= event.at
            for move in story.mail.deliveries.get(p.message_id, ())
        )
        if frames[p.message_id] > begun:
            text = f"message {p.message_id} was handed over {frames[p.message_id]} times in {begun}"
            yield Violation("I-12", f"{text} attempts", event.at, event.conn)
        letter = story.mail.letters.get(p.message_id)
        peers = {
            s.data["message_gateways"].get(letter.gateway, {}).get("peer") if letter else None
            for s in story.setups
        }
        if connection is not None and not peers & set(connection.peers):
            text = f"message {p.message_id} was handed to a session that does not serve its gateway"
            yield Violation("I-12", text, event.at, event.conn)
        elif letter is not None and (p.body_text, p.body_html) != (
            letter.body_text,
            letter.body_html,
        ):
            yield Violation("I-12", f"message {p.message_id} was handed over changed", event.at)


def _copies(story: Story) -> Iterator[Violation]:
    """At the far side there is one copy, and one more for each attempt of which nobody knows."""
    went: dict[Guid, int] = {}
    last: dict[Guid, int] = {}
    for event in story.events:
        if event.kind is Kind.CARRIED:
            key = Guid(event.data["message"])
            went[key], last[key] = went.get(key, 0) + 1, event.at
    for key, copies in went.items():
        moves = story.mail.deliveries.get(key, [])
        unsure = sum(move.outcome in ("unknown", "retried") for move in moves)
        if copies > 1 + unsure:
            text = f"message {key} went {copies} times, {unsure} attempts are unknown"
            yield Violation("I-12", text, last[key])
    if not any(event.kind is Kind.CARRIED for event in story.events):
        return
    for key, moves in story.mail.deliveries.items():
        if key not in went and any(move.outcome in ("sent", "late_sent") for move in moves):
            yield Violation("I-12", f"message {key} is sent, and never went", moves[-1].at)
