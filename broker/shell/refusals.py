"""Frames that are refused: their sender is told, they are counted, and the log has a line for each.

The line never has what was in the frame. Of what is full the text says which.
"""

from __future__ import annotations

from typing import Any

import structlog
from attrs import Factory, define

from broker.shell.connection import ClientConnection
from broker.shell.counters import Counters
from broker.shell.questions import PLAIN_ANSWERS
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import SysError

LOGGED_REFUSALS = 100
"""Refused frames of one connection that are logged; further ones are only counted."""


@define
class Refusals:
    """What is done with the refusals of all connections."""

    counters: Counters
    log: Any = Factory(lambda: structlog.get_logger())

    def limit(self, client: ClientConnection, frame: Frame, why: str) -> None:
        """Refuse a frame of somebody who sends too much."""
        error = WireError(ErrorCode.RATE_LIMITED, why, type=frame.type, re=frame.id)
        self.report(client, error)

    def report(self, client: ClientConnection, error: WireError) -> None:
        """Tell a client that a frame is refused."""
        client.connection.report(error)
        self.note(client, error)

    def note_sent(self, client: ClientConnection, error: object) -> None:
        """A client is being told that the core refuses a frame."""
        if isinstance(error, SysError) and error.code is not None:
            self.note(client, WireError(error.code, error.text or "", type=error.type))

    def note(self, client: ClientConnection, error: WireError) -> None:
        """A frame was refused."""
        self.counters.refusals[error.code] += 1
        if (error.code, error.type) in PLAIN_ANSWERS:
            return
        client.refused += 1
        if client.refused <= LOGGED_REFUSALS:
            text = error.text if error.code is ErrorCode.OVERLOADED else None
            what = {"code": error.code, "type": error.type, "path": error.path, "text": text}
            known = {name: value for name, value in what.items() if value is not None}
            self.log.info("frame_refused", session=client.number, **known)
