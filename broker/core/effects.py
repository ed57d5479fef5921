"""What the core wants done outside, as values.

Effects leave the broker only after every fact that was decided before them is durable (I-11).
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from protocol.errors import ByeCode


@frozen
class Send:
    """One payload for one or several sessions.

    Attributes:
        sessions: Who gets it. A session that is gone by then is passed over.
        type: The message type.
        payload: A structure, a tuple of structures, a str or None.
        answer_to: The session, also among `sessions`, for which this is the direct answer.
        re: The `Id` of its request (W-15); None when the request carried none.
        trace: The `traceparent` to pass along (W-2).
    """

    sessions: tuple[int, ...]
    type: str
    payload: object
    answer_to: int | None = None
    re: int | str | None = None
    trace: str | None = None

    def headers(self, re: int | str | None = None) -> dict[str, object]:
        """The headers of the frame; `re` is given to the session that it answers."""
        headers: dict[str, object] = {}
        if re is not None:
            headers["Re"] = re
        if self.trace is not None:
            headers["traceparent"] = self.trace
        return headers


@frozen
class Dismiss:
    """Say `SYS_BYE` to a session and close its connection (W-13)."""

    session: int
    code: ByeCode
    text: str = ""


@frozen
class Note:
    """A line for the log. Never holds the text of a sentence or a secret."""

    event: str
    fields: Mapping[str, object]


Effect = Send | Dismiss | Note
