"""Write what passes one end of one direction of a connection into the history, frame by frame."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from broker.checker.history import History, Kind
from protocol.encoding import encoding_of
from protocol.errors import WireError
from protocol.frame import Frame
from protocol.framing import Framer

LONGEST = 16_777_216
"""Bad clients announce longer frames than the broker takes; they are to be noted all the same."""


def _ignore(_frame: Frame) -> None:
    pass


@define(eq=False, repr=False)
class FrameLog:
    """One direction of one connection, at the client's end.

    Attributes:
        kind: SENT or GOT.
        now: Microseconds since the Unix epoch.
        on_frame: Told of each good frame.
    """

    history: History
    kind: Kind
    conn: str
    now: Callable[[], int]
    on_frame: Callable[[Frame], None] = _ignore
    _framer: Framer = field(factory=lambda: Framer(LONGEST))

    def passed(self, data: bytes) -> None:
        """Note bytes that passed."""
        bodies, _fault = self._framer.split(data)
        for body in bodies:
            frame: Frame | None
            try:
                frame = encoding_of(body).decode(body)
            except WireError as error:  # a bad client's
                frame = None
                if error.re is not None:
                    frame = Frame(error.type or "?", None, {"Id": error.re})
            self.history.add(self.now(), self.kind, self.conn, frame, bytes(body))
            if frame is not None:
                self.on_frame(frame)
