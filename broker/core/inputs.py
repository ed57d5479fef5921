"""What reaches the core from outside: frames, presence, time, configuration.

An input says what happened; the `Stamp` that comes with it says when, and carries all the
randomness that deciding about it may use. So the same inputs with the same stamps give the
same facts and the same frames, byte for byte (I-17).
"""

from __future__ import annotations

from hashlib import blake2b

from attrs import Factory

from broker.config.model import Config
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.value import value
from protocol.values import FrameId, Guid, Role, ScanVerdict


@value
class Stamp:
    """When an input happened, and where its ids come from.

    Attributes:
        now: Microseconds since the Unix epoch: what is recorded and shown. Whoever sets the system's
            clock moves it.
        seq: The number of the input in the life of this process.
        seed: Fresh random bytes for each start of the process.
        up: Microseconds on the clock that every deadline hangs on. It never runs backwards, nobody
            sets it, and it stands still while the broker does not listen. It starts as `now`.
    """

    now: int
    seq: int
    seed: bytes
    up: int = Factory(lambda self: self.now, takes_self=True)

    def guid(self, index: int = 0) -> Guid:
        """The Guid number `index` of this input, in the shape of a version 4 UUID."""
        text = blake2b(b"%d/%d" % (self.seq, index), digest_size=16, key=self.seed).hexdigest()
        return Guid(f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}")

    def chance(self, below: int) -> int:
        """A number of this input from 0 on, and less than that."""
        digest = blake2b(b"%d" % self.seq, digest_size=8, key=self.seed).digest()
        return int.from_bytes(digest) % below


@value(kw_only=True)
class SessionOpened:
    """A hello was found good: the tokens are checked, the session begins.

    Attributes:
        session: The number of the connection in this process, never reused.
        role: What kind of client it is.
        gateways: The gateways that a connector serves, of chats and of messages.
        workplace: The number of the workplace.
        agent_id: The agent at the workplace.
        continues: The session with which a workplace goes on after a lost connection.
        takes_pieces: Whether a connector takes the list of its chats in pieces (W-25).
        takes_messages: Whether the program of a workplace works on messages (B-57).
        software: What its program calls itself.
        re: The `Id` of the hello, to be repeated in the welcome.
    """

    session: int
    role: Role
    gateways: tuple[Guid, ...] = ()
    workplace: str | None = None
    agent_id: Guid | None = None
    continues: Guid | None = None
    takes_pieces: bool = False
    takes_messages: bool = False
    software: str | None = None
    re: FrameId = None


@value
class SessionClosed:
    """The connection of a session is gone, whatever the cause."""

    session: int


@value
class InspectedFrame(Frame):
    """A frame whose message was cleaned, or whose attachment was looked at, before it came here (B-50, B-61).

    Attributes:
        written: The digest of what its sender wrote, which tells a retry however it was cleaned (B-62).
        refused: Why it cannot be taken; what was taken under its name before is answered nevertheless.
        text: The same for a person.
    """

    written: str | None = None
    refused: ErrorCode | None = None
    text: str = ""


@value
class RecalledFrame(Frame):
    """A frame that is decided about again, with what it is about and only the store had (`effects.Recall`).

    Attributes:
        stored: The fact that brings it back; None: there is no such thing.
    """

    stored: object | None = None


@value
class FrameArrived:
    """A well-formed frame of an open session."""

    session: int
    frame: Frame


@value
class TimePassed:
    """The clock reached what the core asked to be woken for."""


@value
class Booted:
    """The state was just loaded from the store (B-12)."""


@value
class Resumed:
    """The broker listens again, after a time in which it could not (B-13).

    Attributes:
        deaf: How long that was, in microseconds.
    """

    deaf: int


@value
class Reloaded:
    """A new configuration takes effect (C-4)."""

    config: Config


@value(kw_only=True)
class Scanned:
    """The scanner judged an attachment (B-61).

    Attributes:
        no: The number that it has in the store; a later one may have the same Guid.
        verdict: What it says.
    """

    blob: Guid
    no: int
    verdict: ScanVerdict


@value
class Unstorable:
    """The database refused the rows of an input; nothing of it has happened.

    Attributes:
        refused: What came.
        too_often: Whoever sent it did so again and again, and is sent away.
    """

    refused: FrameArrived | SessionOpened
    too_often: bool = False


Input = (
    SessionOpened
    | SessionClosed
    | FrameArrived
    | TimePassed
    | Booted
    | Resumed
    | Reloaded
    | Scanned
    | Unstorable
)
