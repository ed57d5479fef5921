"""Messages whose HTML is made harmless before the engine sees them (B-50).

Theory of operation: between the reading of a frame and the inbox there is a *line* for each session that
has sent HTML. What it sends after that waits behind, so that its order holds; other sessions do not notice.
The line ends when nothing in it waits any more. A session's own end waits in it as well: what it said before
counts.

Orders are taken from here by whoever has a process for them (`cleaners`, or the simulator), a party in its
turn, so that who sends much waits for oneself. What waits is bounded: of a party and in all, first by
reading no further (`is_full`), and beyond that by refusing (I-14).

A message without HTML gets some, of its text, at once: that is escaping.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, evolve, field

from broker.cleaning.bodies import Bodies
from broker.cleaning.plain import html_of
from broker.core.inputs import FrameArrived, SessionClosed
from broker.shell.questions import QUESTIONS
from protocol.catalogue import CATALOGUE
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.message import MessageContentInfo

CLEANED: Final = frozenset(
    spec.type
    for spec in CATALOGUE.values()
    if spec.payload is MessageContentInfo and spec.sender != "broker"
)
"""Frames that bring what strangers, or agents, have written as HTML."""
LINE_INPUTS: Final = 64
"""Inputs in one line from which on its session is not read."""
PARTY_BYTES: Final = 4 * 1024 * 1024
"""HTML of one token that waits from which on who sent it is not read."""
ALL_BYTES: Final = 64 * 1024 * 1024
"""HTML that waits in all from which on nobody is read who sends more."""
REFUSE: Final = 2
"""At how many times of these bounds more is refused."""
REFUSALS: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.BAD_PAYLOAD: "BodyHtml: it cannot be made harmless",
    ErrorCode.OVERLOADED: "no process can be started that cleans messages",
}
CROWDED: Final = "too many messages wait to be cleaned"

Held = FrameArrived | SessionClosed
Released = Held | WireError


@define(eq=False, kw_only=True)
class Order:
    """A message that waits for its HTML.

    Attributes:
        session: Who sent it.
        frame: It.
        party: Whose token the session came in by.
        html: What is to be cleaned.
        size: What the message takes, about.
        wants_text: Whether its text is to be made of it.
        outcome: What goes on instead of the frame as it came, once that is known.
    """

    session: int
    frame: Frame
    party: object
    html: str
    size: int
    wants_text: bool
    outcome: FrameArrived | WireError | None = None


@define
class Cleaning:
    """The lines of sessions that have sent HTML, and the orders in them.

    Attributes:
        release: Told what may go on now, in its order; a message that is not taken comes as a refusal.
        on_order: Told that there is something to do.
        lines: What waits of each session that has sent HTML.
        size: What waits in all, about, in bytes.
    """

    release: Callable[[int, Released], None] = lambda _session, _released: None
    on_order: Callable[[], None] = lambda: None
    lines: dict[int, deque[Held | Order]] = field(factory=dict, init=False)
    size: int = field(default=0, init=False)
    _turns: dict[object, deque[Order]] = field(factory=dict, init=False)
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
        content = frame.payload if isinstance(frame.payload, MessageContentInfo) else None
        if content is not None and content.body_html:
            self._order(session, party, frame, content)
            return None
        if content is not None:
            frame = evolve(frame, payload=_with_html(content))
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
        self._sizes.clear()
        self.size = 0

    def take(self) -> Order | None:
        """The next order of the party whose turn it is; None when nothing is to be done."""
        if not self._turns:
            return None
        party = next(iter(self._turns))
        orders = self._turns.pop(party)
        taken = orders.popleft()
        if orders:
            self._turns[party] = orders
        return taken

    def done(self, one: Order, came: Bodies | ErrorCode) -> None:
        """What came of an order, or why its message is refused."""
        line = self.lines.get(one.session)
        if line is None or one not in line:
            return  # it was forgotten meanwhile
        self._weigh(one, -1)
        one.outcome = _refused(one.frame, came) if isinstance(came, ErrorCode) else _made(one, came)
        self._go_on(one.session, line)

    def _order(
        self, session: int, party: object, frame: Frame, content: MessageContentInfo
    ) -> None:
        html, text = content.body_html or "", content.body_text or ""
        if (
            self._sizes.get(party, 0) >= REFUSE * PARTY_BYTES
            or self.size >= REFUSE * ALL_BYTES
            or len(self.lines.get(session, ())) >= REFUSE * LINE_INPUTS
        ):
            raise WireError(ErrorCode.OVERLOADED, CROWDED, type=frame.type, re=frame.id)
        one = Order(
            session=session,
            frame=frame,
            party=party,
            html=html,
            size=len(html) + len(text),
            wants_text=not text,
        )
        self.lines.setdefault(session, deque()).append(one)
        self._weigh(one, 1)
        self._turns.setdefault(party, deque()).append(one)
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


def _made(one: Order, bodies: Bodies) -> FrameArrived:
    content = one.frame.payload
    assert isinstance(content, MessageContentInfo)
    text = bodies.text if one.wants_text else content.body_text
    payload = evolve(content, body_html=bodies.html, body_text=text)
    return FrameArrived(one.session, evolve(one.frame, payload=payload))


def _refused(frame: Frame, code: ErrorCode) -> WireError:
    path = "BodyHtml" if code is ErrorCode.BAD_PAYLOAD else None
    return WireError(code, REFUSALS[code], type=frame.type, re=frame.id, path=path)


def _is_question(one: Held | Order) -> bool:
    return isinstance(one, FrameArrived) and one.frame.type in QUESTIONS
