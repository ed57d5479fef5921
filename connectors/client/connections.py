"""The connections of a session, one after the other: hello, back-off, the end (W-10, W-13, W-14)."""

from datetime import datetime, timedelta
from enum import Enum, auto

from attrs import define, evolve

from connectors.client.backoff import Random
from connectors.client.errors import Ended, EndReason, Refused
from connectors.client.settings import Tuning
from protocol.connection import Connection, Failed, Side, State
from protocol.connection import Event as ConnectionEvent
from protocol.connection import Refused as Unreadable
from protocol.encoding import Encoding
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Bye, Hello, SysError, Welcome
from protocol.values import EPOCH, Guid, Role

_ENDINGS = {ByeCode.REPLACED: EndReason.REPLACED, ByeCode.LOGGED_OFF: EndReason.LOGGED_OFF}
BUSY = frozenset({ErrorCode.RATE_LIMITED, ErrorCode.OVERLOADED})
"""The broker refused something that it may take in a moment."""
_PASSING = frozenset({ErrorCode.HELLO_TIMEOUT, *BUSY})
"""Faults before the welcome that say nothing against the hello itself."""


FRAME_BYTES = 64 * 1_048_576
"""Longest frame that is taken from the broker. What it really sends is bounded by its own
`limits.frame_bytes`, which may be raised and is known only after the welcome."""


class Stage(Enum):
    """Where the link is."""

    OFFLINE = auto()
    GREETING = auto()
    OPEN = auto()
    ENDED = auto()


@define
class _Life:
    """What is known of one connection, or of one try to open it; the next one begins with nothing of it.

    Attributes:
        connection: Its protocol; None while there is none.
        why: Why it is to be closed.
        bye: The good-bye of the broker.
        good_since: Since when its session is ready.
    """

    connection: Connection | None = None
    why: str = ""
    bye: Bye | None = None
    good_since: float | None = None


class Dialling:
    """Opens, watches and gives up connections; frames go through it.

    Attributes:
        stage: Where it is.
        encoding: How frames are written.
        dial_at: When the next connection is to be opened; None unless OFFLINE.
        hang_up: The connection is to be closed once nothing is left to send.
        welcome: The last welcome.
        ended: Why it is over, once it is.
        why: Why the last connection was lost, or could not be opened.
    """

    def __init__(
        self, hello: Hello, tuning: Tuning, encoding: Encoding, *, now: float, random: Random
    ) -> None:
        self.encoding = encoding
        self.stage = Stage.OFFLINE
        self.dial_at: float | None = now
        self.hang_up = False
        self.welcome: Welcome | None = None
        self.ended: Ended | None = None
        self.why = ""
        self._hello = hello
        self._tuning = tuning
        self._random = random
        self._life = _Life()
        self._welcomed_at = now
        self._failures = 0
        self._wire = 0

    def dialled(self, now: float) -> None:
        """A connection is open: says hello."""
        self.stage, self.dial_at, self.hang_up = Stage.GREETING, None, False
        connection = Connection(
            Side.CLIENT,
            now=now,
            frame_bytes=FRAME_BYTES,
            hello_seconds=self._tuning.answer_wait,
            encoding=self.encoding,
        )
        self._life = _Life(connection)
        connection.hello(self._greeting())

    def _greeting(self) -> Hello:
        """The hello: a workplace that comes back by itself says so, and throws nobody out (W-11)."""
        if self.welcome is None or self._hello.role is not Role.WORKPLACE:
            return self._hello
        return evolve(self._hello, continues=self.welcome.session_id)

    def good(self, now: float) -> None:
        """The session is ready: from now on the connection proves itself."""
        self._life.good_since = now

    def lost(self, now: float, why: str) -> None:
        """There is no connection: plans the next one, unless all is over."""
        life, self._life = self._life, _Life()
        if self.stage is Stage.ENDED:
            return
        if life.good_since is not None and now - life.good_since >= self._tuning.stable:
            self._failures = 0
        self._failures += 1
        after = life.bye.reconnect_after_seconds if life.bye is not None else None
        if after is not None:
            delay = self._tuning.backoff.at_least(after, self._random)
        else:
            delay = self._tuning.backoff.delay(self._failures, self._random)
        self.why = life.why or why or "the connection was closed"
        self.stage, self.dial_at, self.hang_up = Stage.OFFLINE, now + delay, False

    def dial_now(self, now: float) -> bool:
        """Plan the next connection for now, if there is none.

        Returns:
            Whether that changed anything.
        """
        if self.dial_at is None or self.dial_at <= now:
            return False
        self.dial_at = now
        return True

    def give_up(self, why: str) -> None:
        """This connection is of no use any more."""
        self._life.why = self._life.why or why
        self.hang_up = True

    def end(self, ended: Ended) -> None:
        """It is over for good."""
        if self._life.connection is not None and self.stage is Stage.OPEN and not self.hang_up:
            self._life.connection.bye(ByeCode.SHUTDOWN)
        self.ended = ended
        self.stage, self.dial_at, self.hang_up = Stage.ENDED, None, True

    # --- frames ---

    def pack(self, type_: str, payload: object) -> bytes:
        """Write a frame without its headers, unless the protocol itself forbids it.

        Raises:
            Refused: No broker takes it. Sent all the same, it would be refused for ever: on every
                connection anew, and with the resync that asks for its chat.
        """
        try:
            return self.encoding.checked(type_, payload)
        except WireError as error:
            raise Refused(error.code, error.text) from None

    def is_own(self, agent_id: Guid | None) -> bool:
        """Whether an agent is the one of this session; a supervisor hears of others too."""
        own = self.welcome.agent_id if self.welcome is not None else None
        return agent_id is None or own in (None, agent_id)

    @property
    def deadline(self) -> float | None:
        """When `tick` is to be called."""
        if self._life.connection is None or self.hang_up:
            return None
        return self._life.connection.deadline

    def receive(self, data: bytes, now: float) -> list[Frame | Refused]:
        """Take bytes.

        Returns:
            The frames for the session (the welcome among them), and what could not be read.
        """
        if self._life.connection is None or self.hang_up:
            return []
        return self._sift(self._life.connection.receive(data, now), now)

    def tick(self, now: float) -> list[Frame | Refused]:
        """Do what is due: heartbeat, a hello that is not answered."""
        if self._life.connection is None or self.hang_up:
            return []
        return self._sift(self._life.connection.tick(now), now)

    def send(self, packed: bytes, *, answered: bool = True) -> int | None:
        """Send a frame that was packed.

        Args:
            packed: Type and payload.
            answered: Whether it carries an `Id`.

        Returns:
            The `Id`, or None when the broker does not take frames of this size.
        """
        assert self._life.connection is not None
        self._wire += 1
        data = self.encoding.assemble(packed, {"Id": self._wire} if answered else None)
        limit = self.welcome.frame_bytes if self.welcome is not None else 0
        if limit and len(data) - 4 > limit:
            return None
        self._life.connection.send(data)
        return self._wire

    def data_to_send(self) -> bytes:
        """Drain the bytes that are to be sent."""
        return b"" if self._life.connection is None else self._life.connection.data_to_send()

    def _sift(self, items: list[ConnectionEvent], now: float) -> list[Frame | Refused]:
        """Keep what concerns the link itself."""
        kept: list[Frame | Refused] = []
        for item in items:
            match item:
                case Unreadable(error):
                    kept.append(Refused(error.code, error.text))
                case Failed(error):
                    kept.append(Refused(error.code, error.text))
                    self.give_up(f"the broker failed: {error}")
                case Frame(payload=Welcome() as welcome):
                    self.welcome, self.stage = welcome, Stage.OPEN
                    self._welcomed_at = now
                    kept.append(item)
                case Frame(payload=Bye() as bye):
                    self._said_bye(bye)
                case Frame(payload=SysError(fatal=True) as error):
                    self._failed(error)
                case Frame():
                    kept.append(item)
            if self.hang_up:
                return kept
        assert self._life.connection is not None
        if self._life.connection.state in (State.CLOSING, State.CLOSED):
            self.give_up("nothing was heard from the broker")
        return kept

    def broker_time(self, now: float) -> datetime:
        """The broker's clock, as far as the last welcome lets us know it."""
        told = self.welcome.time_utc if self.welcome is not None else None
        return (told or EPOCH) + timedelta(seconds=now - self._welcomed_at)

    def _said_bye(self, bye: Bye) -> None:
        self._life.bye = bye
        code = bye.code or ByeCode.SHUTDOWN
        reason = _ENDINGS.get(code)
        if reason is None:
            self.give_up(f"the broker closed: {code}{f', {bye.text}' if bye.text else ''}")
        else:
            self._over(Ended(reason, code, bye.text or ""))

    def _failed(self, error: SysError) -> None:
        code = error.code or ErrorCode.BAD_FRAME
        if self.stage is Stage.GREETING and code not in _PASSING:
            self._over(Ended(EndReason.REJECTED, code, error.text or ""))
        else:
            self.give_up(f"the broker gave up: {code}{f', {error.text}' if error.text else ''}")

    def _over(self, ended: Ended) -> None:
        self.ended = ended
        self.stage, self.dial_at, self.hang_up = Stage.ENDED, None, True
