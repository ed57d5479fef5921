"""A broken law, told so that a person finds the place in the trace."""

from __future__ import annotations

from typing import Final

from attrs import frozen

SECOND: Final = 1_000_000
DAWN: Final = 1_767_603_600_000_000
"""When every history begins: Monday 2026-01-05 09:00 UTC."""


@frozen
class Violation:
    """One breach of one law.

    Attributes:
        law: Its name, as `I-6`.
        text: What was expected and what was found.
        at: When, in microseconds since the epoch; None when only the store shows it.
        conn: On which connection.
        chat: About which chat.
    """

    law: str
    text: str
    at: int | None = None
    conn: str = ""
    chat: str = ""

    def __str__(self) -> str:
        when = f" at {(self.at - DAWN) / SECOND:+.6f} s ({self.at})" if self.at is not None else ""
        where = f" on {self.conn}" if self.conn else ""
        what = f" chat {self.chat}" if self.chat else ""
        return f"{self.law}{when}{where}{what}: {self.text}"
