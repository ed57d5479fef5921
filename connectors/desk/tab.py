"""One page of an agent: a WebSocket, what waits for it, and its end."""

from typing import Final, Protocol

import anyio
from attrs import evolve
from starlette.websockets import WebSocket

from connectors.web.frames import answering, hello_of, refusal
from connectors.web.line import HELLO_SECONDS, NORMAL, POLICY, Line
from connectors.web.rates import FRAMES, Allowance
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.json_codec import decode_json, encode_json
from protocol.session import Bye, Hello, Ping

WAITING_FRAMES: Final = 2_000
WAITING_BYTES: Final = 8 * 1_048_576
"""What may wait for a browser that does not read."""
HEARTBEAT: Final = 30


class Sitting(Protocol):
    """The workplace of the agent."""

    def take(self, tab: "Tab", frame: Frame) -> None:
        """Take a frame of a page."""

    def leave(self, tab: "Tab") -> None:
        """A page is gone."""


class Seats(Protocol):
    """Who gives workplaces."""

    def seat(self, tab: "Tab", hello: Hello) -> Sitting:
        """The workplace that a page is for.

        Raises:
            WireError: There is none for it.
        """


class Tab:
    """One page."""

    def __init__(self, websocket: WebSocket, seats: Seats) -> None:
        """Make it of a handshake that is good.

        Args:
            websocket: The connection, which is not accepted yet.
            seats: Who gives it a workplace.
        """
        self._line = Line(websocket, WAITING_FRAMES, WAITING_BYTES)
        self._seats = seats
        self._seat: Sitting | None = None
        self._allowance = Allowance(FRAMES, anyio.current_time)
        self.hello: Frame | None = None

    async def run(self) -> None:
        """Serve it to its end."""
        try:
            await self._line.run(self._serve)
        finally:
            if self._seat is not None:
                self._seat.leave(self)

    # --- what comes

    async def _serve(self) -> None:
        try:
            with anyio.fail_after(HELLO_SECONDS):
                frame = await self._read()
            if frame is None:
                return
            hello = hello_of(frame)
            self.hello = frame
            self._seat = self._seats.seat(self, hello)
        except TimeoutError:
            self.fail(WireError(ErrorCode.HELLO_TIMEOUT, "no SYS_HELLO"))
        except WireError as error:
            self.fail(error)
        quiet = False
        while self._line.is_open:
            try:
                with anyio.fail_after(HEARTBEAT):
                    frame = await self._read()
            except TimeoutError:
                if quiet:
                    self.bye(ByeCode.TIMEOUT, "nothing was heard", NORMAL)
                    return
                quiet = True
                self.put(Frame("SYS_PING", Ping()))
                continue
            except WireError as error:
                self.refuse(error)
                continue
            if frame is None:
                return
            quiet = False
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        assert self._seat is not None
        match frame.payload:
            case Ping() if frame.type == "SYS_PING":
                self.put(Frame("SYS_PONG", frame.payload, answering(frame.id)))
            case Ping():
                pass
            case Bye():
                self._line.close(NORMAL)
            case _:
                self._seat.take(self, frame)

    async def _read(self) -> Frame | None:
        """The next frame; None: there is none any more.

        Raises:
            WireError: It is none.
        """
        text = await self._line.receive()
        if text is None:
            return None
        if not self._allowance.takes():
            self.bye(ByeCode.RATE_LIMITED, "far too many frames", POLICY)
            return None
        return decode_json(text, by_client=True)

    # --- what goes

    def refuse(self, error: WireError) -> None:
        """Refuse a frame."""
        if error.fatal:
            self.fail(error)
        else:
            self.put(refusal(error))

    def fail(self, error: WireError, code: int = POLICY) -> None:
        """Refuse it all."""
        self.put(refusal(error, fatal=True))
        self._line.close(code)

    def bye(self, code: ByeCode, text: str, close: int, *, after: int | None = None) -> None:
        """Say good-bye."""
        self.put(Frame("SYS_BYE", Bye(code=code, text=text, reconnect_after_seconds=after)))
        self._line.close(close)

    def part(self, farewell: Frame) -> None:
        """Pass on that the broker said good-bye, or gave up."""
        self.put(evolve(farewell, headers=None))
        self._line.close(NORMAL)

    def put(self, frame: Frame) -> None:
        """Send a frame."""
        self.put_text(encode_json(frame))

    def put_text(self, text: str) -> None:
        """Send a message; whoever lets too much wait is cut off."""
        self._line.put(text)
