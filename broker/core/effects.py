"""What the core wants done outside, as values.

An announcement says what is to be shown to whom; `views.notifications` makes it a `Send`.

Effects leave the broker only after every fact that was decided before them is durable (I-11).
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from protocol.errors import ByeCode
from protocol.values import FrameId, Guid


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
    re: FrameId = None
    trace: str | None = None

    def headers(self, re: FrameId = None) -> dict[str, object]:
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
class LogEntry:
    """A line for the log. Never holds the text of a sentence or a secret."""

    event: str
    fields: Mapping[str, object]


Effect = Send | Dismiss | LogEntry


@frozen(kw_only=True)
class ChatToConnectors:
    """`SE_CHAT_STATUS`: a push to every session of the gateway, and an answer to one of them.

    Attributes:
        answer_to: The session that asked.
        push: Whether the gateway's other sessions are told.
        full: Whether the transcript goes with the answer.
    """

    chat: Guid
    answer_to: int | None = None
    re: FrameId = None
    push: bool = True
    full: bool = True


@frozen(kw_only=True)
class ChatToAgent:
    """A frame about a chat for the workplace where an agent sits, if they are there.

    Attributes:
        type: `SC_CHAT_STATUS`, `SC_CHAT_ALERT` or `SC_CHAT_ALERT_END`.
        full: Whether the transcript goes with it.
    """

    chat: Guid
    agent: Guid
    type: str
    full: bool = False
    answer_to: int | None = None
    re: FrameId = None


@frozen(kw_only=True)
class ChatToMembers:
    """`SC_CHAT_STATUS`, a push, to everybody who is in the conversation.

    Attributes:
        but: An agent who is told otherwise.
    """

    chat: Guid
    but: Guid | None = None


@frozen(kw_only=True)
class FormToMembers:
    """`SC_SCENARIO_RESULT`, a push, to everybody who is in the conversation (B-41).

    Attributes:
        result: The form that was filled in.
        but: The agent who saved it.
    """

    chat: Guid
    result: Guid
    but: Guid | None = None


@frozen(kw_only=True)
class AgentToWorkplace:
    """`SC_AGENT_STATE`: to the agent, with the wrap-ups, or to a supervisor who asked for it.

    Attributes:
        answer_to: The session that asked; None: a push to the agent.
    """

    agent: Guid
    answer_to: int | None = None
    re: FrameId = None


@frozen(kw_only=True)
class OutboundToConnectors:
    """`SE_CHAT_OUTBOUND`: to every session of the gateway, and as the answer to one of them.

    Attributes:
        only: The session that alone is told, since it is new.
    """

    chat: Guid
    answer_to: int | None = None
    re: FrameId = None
    only: int | None = None


Announcement = (
    ChatToConnectors
    | ChatToAgent
    | ChatToMembers
    | FormToMembers
    | AgentToWorkplace
    | OutboundToConnectors
)
