"""People whose texts are sentences of chats."""

from __future__ import annotations

from typing import Final

from attrs import define, evolve

from broker.config.model import SECOND
from broker.core.limits import LONGEST_TEXT
from broker.simulation.actors.correspondents import Correspondent
from protocol.message import MessageContentInfo

LENGTHS: Final = (
    (0, 30),
    (3, 30),
    (200, 20),
    (2_000, 10),
    (LONGEST_TEXT, 2),
    (2 * LONGEST_TEXT, 1),
)
"""By how much a text is longer than it need be, and how often: the last ones are several sentences."""


@define(eq=False, repr=False)
class Texter(Correspondent):
    """Somebody who chats by texts: they write soon again, and answer most of what they get."""

    def reads(self, message: MessageContentInfo, name: str) -> None:
        """A text has come: mostly they answer."""
        if self.rng.happens(0.6):
            self.later(4 * SECOND, lambda: self._write([]))

    def _write(self, thread: list[str] | None = None) -> None:
        if thread is None:
            self.later(20 * SECOND, self._write)
            more = self.rng.weighed(((0, 3), (1, 3), (2, 1)))
            for _ in range(more):
                self.later(SECOND, lambda: self._write([]))
        self._put([])

    def _message(self, name: str, thread: list[str]) -> MessageContentInfo:
        message = super()._message(name, thread)
        text = message.body_text
        if text is not None:
            text += " " * self.rng.weighed(LENGTHS)
        return evolve(message, body_text=text)
