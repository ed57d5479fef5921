"""Messages whose HTML is made harmless before the engine sees them, and attachments whose kind is looked at.

Theory of operation: between the reading of a frame and the inbox there is a *line* for each session that
has sent HTML, or the first piece of an attachment (B-50, B-61). What it sends after that waits behind, so
that its order holds; other sessions do not notice. The line ends when nothing in it waits any more. A
session's own end waits in it as well: what it said before counts.

Orders are taken from here by whoever has a process for them (`cleaners`, or the simulator), a party in its
turn, so that who sends much waits for oneself. What waits is bounded: of a party and in all, first by
reading no further (`is_full`), and beyond that by refusing (I-14).

To see the kind of an attachment is quick, so that comes first. A message without HTML gets some, of its
text, at once: that is escaping.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, evolve, field

from broker.cleaning.bodies import Bodies
from broker.cleaning.plain import html_of
from broker.core.inputs import FrameArrived, InspectedFrame, SessionClosed
from broker.core.messages.composing import digest_of
from broker.shell.questions import QUESTIONS
from protocol.blob import BlobInfo
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.message import MessageContentInfo

LINE_INPUTS: Final = 64
"""Inputs in one line from which on its session is not read."""
PARTY_BYTES: Final = 4 * 1024 * 1024
"""HTML of one token that waits from which on who sent it is not read."""
ALL_BYTES: Final = 64 * 1024 * 1024
"""HTML that waits in all from which on nobody is read who sends more."""
REFUSE: Final = 2
"""At how many times of these bounds more is refused."""
REFUSALS: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.BAD_PAYLOAD: "it cannot be made harmless",
    ErrorCode.OVERLOADED: "no process can be started that looks at it",
}
UNSEEN: Final = "what kind it is cannot be seen"
CROWDED: Final = "too much waits to be looked at"
KIND_BYTES: Final = 65_536
"""As much of an attachment is looked at to see its kind."""
WRITTEN: Final = frozenset(
    ("text/calendar", "text/csv", "text/markdown", "text/vcard", "application/json")
)
"""Kinds of text that only their sender can tell."""

Held = FrameArrived | SessionClosed


@define(eq=False, kw_only=True)
class Order:
    """A message that waits for its HTML, or an attachment that waits for its kind.

    Attributes:
        session: Who sent it.
        frame: It.
        party: Whose token the session came in by.
        content: What is to be looked at: HTML, or the first bytes of an attachment.
        member: The member that it is in.
        size: What the frame takes, about.
        wants_text: Whether the text of the HTML is wanted.
        outcome: What goes on instead of the frame as it came, once that is known.
    """

    session: int
    frame: Frame
    party: object
    content: str | bytes
    member: str
    size: int
    wants_text: bool = False
    outcome: FrameArrived | None = None


@define
class Cleaning:
    """The lines of sessions that have sent HTML, and the orders in them.

    Attributes:
        release: Told what may go on now, in its order; what is not to be taken has a refusal with it.
        on_order: Told that there is something to do.
        lines: What waits of each session that has sent HTML.
        size: What waits in all, about, in bytes.
    """

    release: Callable[[int, Held], None] = lambda _session, _released: None
    on_order: Callable[[], None] = lambda: None
    lines: dict[int, deque[Held | Order]] = field(factory=dict, init=False)
    size: int = field(default=0, init=False)
    _turns: dict[object, deque[Order]] = field(factory=dict, init=False)
    _quick: dict[object, deque[Order]] = field(factory=dict, init=False)
    _sizes: dict[object, int] = field(factory=dict, init=False)

    def is_full(self, session: int, party: object) -> bool:
        """Whether a session is not to be read, since too much of it waits here."""
        line = self.lines.get(session)
        if line is None:
            return False
        own = self._sizes.get(party, 0)
        return len(line) >= LINE_INPUTS or own >= PARTY_BYTES or self.size >= ALL_BYTES

    def put(self, session: int, party: object, frame: Frame) -> FrameArrived | None:
        """Take a frame that may need cleaning, or comes behind one that does.

        Returns:
            What goes on at once, if it does.

        Raises:
            WireError: There is no room for it.
        """
        order = _order(session, party, frame)
        if order is not None:
            self._take_order(order)
            return None
        if isinstance(frame.payload, MessageContentInfo):
            frame = evolve(frame, payload=_with_html(frame.payload))
        arrived = FrameArrived(session, frame)
        line = self.lines.get(session)
        if line is None:
            return arrived
        line.append(arrived)
        return None

    def close(self, closed: SessionClosed) -> None:
        """Let the end of a session wait in its line; nobody waits for answers to its questions."""
        line = self.lines[closed.session]
        kept = [one for one in line if not _is_question(one)]
        line.clear()
        line.extend((*kept, closed))

    def clear(self) -> None:
        """Forget all that waits: nobody is there to decide about it."""
        self.lines.clear()
        self._turns.clear()
        self._quick.clear()
        self._sizes.clear()
        self.size = 0

    def take(self) -> Order | None:
        """The next order of the party whose turn it is; None when nothing is to be done."""
        turns = self._quick or self._turns
        if not turns:
            return None
        party = next(iter(turns))
        orders = turns.pop(party)
        taken = orders.popleft()
        if orders:
            turns[party] = orders
        return taken

    def done(self, one: Order, came: Bodies | ErrorCode) -> None:
        """What came of an order, or why its message is refused."""
        line = self.lines.get(one.session)
        if line is None or one not in line:
            return  # it was forgotten meanwhile
        self._weigh(one, -1)
        one.outcome = _refused(one, came) if isinstance(came, ErrorCode) else _made(one, came)
        self._go_on(one.session, line)

    def _take_order(self, one: Order) -> None:
        if (
            self._sizes.get(one.party, 0) >= REFUSE * PARTY_BYTES
            or self.size >= REFUSE * ALL_BYTES
            or len(self.lines.get(one.session, ())) >= REFUSE * LINE_INPUTS
        ):
            raise WireError(ErrorCode.OVERLOADED, CROWDED, type=one.frame.type, re=one.frame.id)
        self.lines.setdefault(one.session, deque()).append(one)
        self._weigh(one, 1)
        turns = self._turns if isinstance(one.content, str) else self._quick
        turns.setdefault(one.party, deque()).append(one)
        self.on_order()

    def _go_on(self, session: int, line: deque[Held | Order]) -> None:
        """Release what waits for nothing; who is told of it may end the session meanwhile."""
        while line and (not isinstance(line[0], Order) or line[0].outcome is not None):
            first = line.popleft()
            released = first.outcome if isinstance(first, Order) else first
            assert released is not None
            self.release(session, released)
        if not line:
            self.lines.pop(session, None)

    def _weigh(self, one: Order, sign: int) -> None:
        self.size += sign * one.size
        left = self._sizes.get(one.party, 0) + sign * one.size
        if left:
            self._sizes[one.party] = left
        else:
            self._sizes.pop(one.party, None)


def _with_html(content: MessageContentInfo) -> MessageContentInfo:
    html = html_of(content.body_text) if content.body_text else None
    return evolve(content, body_html=html)


def _order(session: int, party: object, frame: Frame) -> Order | None:
    """What is to be done for a frame, if anything is."""
    payload = frame.payload
    if isinstance(payload, BlobInfo):
        if payload.offset or not payload.data:
            return None
        data = payload.data
        return Order(
            session=session,
            frame=frame,
            party=party,
            content=data[:KIND_BYTES],
            member="Data",
            size=len(data),
        )
    if not isinstance(payload, MessageContentInfo) or not payload.body_html:
        return None
    text = payload.body_text or ""
    return Order(
        session=session,
        frame=frame,
        party=party,
        content=payload.body_html,
        member="BodyHtml",
        size=len(payload.body_html) + len(text),
        wants_text=not text,
    )


def _made(one: Order, bodies: Bodies) -> FrameArrived:
    came = one.frame.payload
    payload: BlobInfo | MessageContentInfo
    if isinstance(came, BlobInfo):
        told = (came.content_type or "").lower()
        is_told = bodies.text == "text/plain" and told in WRITTEN
        payload = evolve(came, content_type=told if is_told else bodies.text)
    else:
        assert isinstance(came, MessageContentInfo)
        text = bodies.text if one.wants_text else came.body_text
        payload = evolve(came, body_html=bodies.html, body_text=text)
    return _inspected(one, payload)


def _refused(one: Order, code: ErrorCode) -> FrameArrived:
    """What is not to be taken, without what nobody has looked at."""
    came = one.frame.payload
    named = code is ErrorCode.BAD_PAYLOAD
    why = UNSEEN if named and one.member == "Data" else REFUSALS[code]
    text = f"{one.member}: {why}" if named else why
    if isinstance(came, MessageContentInfo):
        return _inspected(one, evolve(came, body_html=None), code, text)
    return _inspected(one, came, code, text)


def _inspected(
    one: Order, payload: object, refused: ErrorCode | None = None, text: str = ""
) -> FrameArrived:
    came = one.frame.payload
    written: str | None = None
    if isinstance(came, MessageContentInfo) and one.frame.type == "CS_MESSAGE_SEND":
        written = digest_of(came)
    frame = InspectedFrame(one.frame.type, payload, one.frame.headers, written, refused, text)
    return FrameArrived(one.session, frame)


def _is_question(one: Held | Order) -> bool:
    return isinstance(one, FrameArrived) and one.frame.type in QUESTIONS
