"""One TCP connection as the shell keeps it: a value with a socket and no task."""

from __future__ import annotations

from enum import Enum, auto
from selectors import EVENT_READ

from attrs import Factory, define

from broker.shell.checks import Check
from broker.shell.outbox import Outbox
from broker.shell.rate import Budget, TokenBucket
from broker.shell.seams import Pipe, StreamSocket
from broker.shell.tls import TlsPipe
from protocol.connection import Connection
from protocol.encoding import MESSAGEPACK
from protocol.session import Hello
from protocol.values import Guid


class Phase(Enum):
    """How far a connection has come.

    `NEW` until the hello; `CHECKING` while its token is checked; `JOINED` from the moment that the
    core is told of the session; `CLOSING` while the last bytes go out and what comes in is thrown
    away.
    """

    NEW = auto()
    CHECKING = auto()
    JOINED = auto()
    CLOSING = auto()


@define(eq=False, kw_only=True)
class ClientConnection:
    """A connection with all that the shell knows of it.

    Attributes:
        number: The number of the session in this process, never reused.
        pipe: What is read from and written to: the socket, or `tls`.
        tls: The encryption over the socket, if there is one.
        origin: Whose it is as far as addresses tell, for the order in which hellos are checked.
        check: The slow check that its hello waits for.
        party: Whose token it came in by: the first of its gateways, or its agent.
        gateways: The gateways that it serves.
        login: The agent who logged in at a desk, and by which voucher.
        answers: How much it and the others of its party may still be answered.
        paused: Whether it is not read for now, as its party has much waiting already.
        queued: Frames that the connection holds for the next send.
        watched: What the selector looks for.
        closing_since: When its end began.
        close_by: When a closing connection is cut, whether the other side took all or not.
        half_closed: Whether our side of the stream is shut.
        who: What it said to be, for the log: role, peers or workplace and agent.
        cause: Why it ended, in one word, for the log.
    """

    number: int
    sock: StreamSocket
    pipe: Pipe
    tls: TlsPipe | None
    connection: Connection
    bucket: TokenBucket
    remote: str
    opened_at: float
    origin: str = ""
    phase: Phase = Phase.NEW
    check: Check | None = None
    party: object = None
    gateways: tuple[Guid, ...] = ()
    login: tuple[Guid, str] | None = None
    answers: Budget | None = None
    paused: bool = False
    outbox: Outbox | None = None
    queued: int = 0
    watched: int = EVENT_READ
    closing_since: float = 0.0
    close_by: float | None = None
    half_closed: bool = False
    who: dict[str, object] = Factory(dict)
    cause: str = ""
    frames_in: int = 0
    frames_out: int = 0
    refused: int = 0

    def introduce(self, hello: Hello) -> None:
        """Note for the log who it says to be."""
        self.who = {"role": hello.role, "peers": hello.peers, "login": hello.login}
        self.who["software"] = hello.software
        if self.connection.encoding is not MESSAGEPACK:
            self.who["encoding"] = self.connection.encoding.name

    def record(self, cause: str, now: float) -> dict[str, object]:
        """What the log says of its end."""
        return {
            "session": self.number,
            "remote": self.remote,
            "cause": self.cause or cause,
            "seconds": round(now - self.opened_at, 3),
            "frames_in": self.frames_in,
            "frames_out": self.frames_out,
            "refused": self.refused,
            **{key: value for key, value in self.who.items() if value},
        }

    @property
    def waits(self) -> bool:
        """Whether something waits for the socket to be writable."""
        return self.outbox is not None or (self.tls is not None and self.tls.unsent)

    def excuse(self, seconds: float, now: float) -> None:
        """Nobody listened to it for so long, or does now: that is no silence of the peer (B-13).

        What has begun since then loses no more than there was of it.
        """
        self.connection.excuse(min(seconds, now - self.opened_at), now)
        if self.close_by is not None:
            self.close_by += min(seconds, now - self.closing_since)

    @property
    def deadline(self) -> float | None:
        """When to look at it again if nothing happens."""
        if self.close_by is not None:
            return self.close_by
        return self.connection.deadline
