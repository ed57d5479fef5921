"""What can go wrong for a program that uses this library.

There is one exception for each thing that the program can do about it:

| exception | what happened | what to do |
| --- | --- | --- |
| `Refused` | the broker said no and changed nothing | read `code`; again gets the same answer |
| `NotConnected` | no session now, and this call cannot wait | again after `Ready` |
| `ConnectionLost` | no answer: it was done, or not | look at the chat after `Ready` |
| `TimedOut` | no answer, though the broker is there | as `ConnectionLost` |
| `AlertGone` | the offer ended before it was answered | nothing |
| `QueueFull` | a queue of this program is at its bound | send slower |
| `Ended` | the session is over for good | read `reason` |

A sentence that was handed over never fails by `ConnectionLost` or `TimedOut`: it is sent again, with
the same ID, until the broker has echoed or refused it.
"""

from enum import StrEnum


class ConnectorError(Exception):
    """The base of all of them."""


class Refused(ConnectorError):
    """The broker refused a frame; its state is as if the frame had not been sent (W-27).

    Attributes:
        code: The code of W-14.
        text: What the broker says about it.
    """

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text


class NotConnected(ConnectorError):
    """There is no session just now, and this call is of a kind that must not be done later unasked."""


class ConnectionLost(ConnectorError):
    """The connection went away before the answer came: whether it was done, the next resync shows."""


class TimedOut(ConnectorError):
    """No answer came in time, on a connection that lives."""


class AlertGone(ConnectorError):
    """The offer of the chat ended before it was answered (B-25)."""


class QueueFull(ConnectorError):
    """A queue of this program reached its bound; nothing was put into it."""


class EndReason(StrEnum):
    """Why a session ended for good."""

    CLOSED = "Closed"
    """This program closed it."""
    EVENTS_NOT_READ = "EventsNotRead"
    """This program does not read `events()`, and their queue was full."""
    REPLACED = "Replaced"
    """Another program took the workplace over."""
    LOGGED_OFF = "LoggedOff"
    """The broker logged the agent off."""
    REJECTED = "Rejected"
    """The hello was refused: a wrong token, an unknown peer, a version that is not served."""


class Ended(ConnectorError):
    """The session is over.

    Attributes:
        reason: Why.
        code: The code of the `SYS_ERROR` or `SYS_BYE` that ended it, if one did.
        text: What came with it.
    """

    def __init__(self, reason: EndReason, code: str | None = None, text: str = "") -> None:
        super().__init__(": ".join(part for part in (reason.value, code, text) if part))
        self.reason = reason
        self.code = code
        self.text = text
