"""The parts of a longer text that come one by one, in any order, and perhaps not all.

Theory of operation
------------------- A part waits for the others of its text, which have the same sender, receiver,
reference and number of parts. When all are there they are one text. Nothing is dropped silently: a text
that is incomplete after `wait`, or that has to make room for another, or whose reference comes again
for another text, is given out with a mark where a part is missing.

A part that comes once more is known, also for `wait` after its text was given out whole: networks repeat what
was not acknowledged in time.

It has no clock and keeps nothing on a disk. Whoever runs it gives the time, stores each `Piece` before
they acknowledge it, gives all stored ones again after a restart, and removes those of a text once it is
given out and taken.
"""

from typing import Final

from attrs import field, frozen

from connectors.sms.parts import PartOf

MISSING: Final = "[…]"
"""Stands in a text for parts that did not come."""


@frozen(kw_only=True)
class Piece:
    """One part as it came.

    Attributes:
        id: Its name at the far side, or one that it was given.
        sender: Who sent it.
        receiver: Whom it was sent to.
        part: Its place.
        text: What it says.
        came: When it came.
    """

    id: str
    sender: str
    receiver: str
    part: PartOf
    text: str
    came: float


@frozen(kw_only=True)
class Joined:
    """A text that is given out.

    Attributes:
        pieces: Its parts in order.
        total: How many it should have.
    """

    pieces: tuple[Piece, ...]
    total: int

    @property
    def is_complete(self) -> bool:
        """Whether all its parts came."""
        return len(self.pieces) == self.total

    @property
    def id(self) -> str:
        """A name that is the same however often its parts are joined."""
        first = self.pieces[0]
        return f"{first.id}/{len(self.pieces)}" if not self.is_complete else first.id

    @property
    def text(self) -> str:
        """What it says, with a mark for each row of missing parts."""
        said: list[str] = []
        behind = 0
        for piece in self.pieces:
            if piece.part.number > behind + 1:
                said.append(MISSING)
            said.append(piece.text)
            behind = piece.part.number
        if behind < self.total:
            said.append(MISSING)
        return _whole("".join(said))


@frozen
class _Key:
    sender: str
    receiver: str
    reference: int
    total: int


@frozen
class _Waiting:
    pieces: dict[int, Piece] = field(factory=dict)

    @property
    def since(self) -> float:
        return min(piece.came for piece in self.pieces.values())


class Joiner:
    """The parts that wait for others."""

    def __init__(self, *, wait: float, most: int) -> None:
        """Make one without parts.

        Args:
            wait: How long a text waits for its parts from when the first of them came, in seconds.
            most: How many parts may wait; beyond these the oldest text is given out as it is.
        """
        self._wait = wait
        self._most = most
        self._texts: dict[_Key, _Waiting] = {}
        self._given: dict[_Key, Joined] = {}

    def __len__(self) -> int:
        """How many parts wait."""
        return sum(len(waiting.pieces) for waiting in self._texts.values())

    @property
    def deadline(self) -> float | None:
        """When `expire` has something to give out; None: not before another part comes."""
        begun = [waiting.since for waiting in self._texts.values()]
        return min(begun) + self._wait if begun else None

    def add(self, piece: Piece) -> list[Joined]:
        """Take a part in.

        Returns:
            The texts that are given out for it, often none.
        """
        out: list[Joined] = []
        key = _Key(piece.sender, piece.receiver, piece.part.reference, piece.part.total)
        if self._was_given(key, piece):
            return out
        waiting = self._texts.setdefault(key, _Waiting())
        known = waiting.pieces.get(piece.part.number)
        if known is not None:
            if known.id == piece.id or known.text == piece.text:
                return out  # the same part once more
            out.append(self._give(key))
            waiting = self._texts.setdefault(key, _Waiting())
        waiting.pieces[piece.part.number] = piece
        if len(waiting.pieces) == key.total:
            out.append(self._give(key))
            self._given.pop(key, None)
            self._given[key] = out[-1]
            if len(self._given) > self._most:
                del self._given[next(iter(self._given))]
        while len(self) > self._most:
            out.append(self._give(min(self._texts, key=lambda one: self._texts[one].since)))
        return out

    def expire(self, now: float) -> list[Joined]:
        """Give out the texts that have waited long enough."""
        over = [key for key, it in self._texts.items() if it.since + self._wait <= now]
        return [self._give(key) for key in sorted(over, key=lambda one: self._texts[one].since)]

    def _was_given(self, key: _Key, piece: Piece) -> bool:
        given = self._given.get(key)
        if given is None:
            return False
        same = given.pieces[piece.part.number - 1]
        return same.came + self._wait > piece.came and same.text == piece.text

    def _give(self, key: _Key) -> Joined:
        pieces = self._texts.pop(key).pieces
        return Joined(pieces=tuple(pieces[number] for number in sorted(pieces)), total=key.total)


def _whole(text: str) -> str:
    """Pair the surrogates that a foreign cut went through; what has no partner is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
