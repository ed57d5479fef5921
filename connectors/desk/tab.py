"""One page of an agent: a WebSocket, what waits for it, and its end."""

from collections import deque
from typing import Final, Protocol

import anyio
from anyio.abc import TaskGroup
from attrs import evolve
from starlette.websockets import WebSocket, WebSocketDisconnect

from connectors.web.frames import answering, hello_of, refusal
from connectors.web.rates import FRAMES, Allowance
from connectors.web.socket import ABORT, HELLO_SECONDS, LAST_SECONDS
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.json_codec import decode_json, encode_json
from protocol.session import Bye, Hello, Ping

WAITING_FRAMES: Final = 2_000
WAITING_BYTES: Final = 8 * 1_048_576
"""What may wait for a browser that does not read."""
HEARTBEAT: Final = 30
NORMAL, POLICY, RESTART, LATER = 1000, 1008, 1012, 1013
"""Codes of a close (RFC 6455, and the registry behind it)."""


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
        self._websocket = websocket
        self._seats = seats
        self._seat: Sitting | None = None
        self._outbox: deque[str] = deque()
        self._outbox_bytes = 0
        self._wake = anyio.Event()
        self._closing: int | None = None
        self._tasks: TaskGroup | None = None
        self._allowance = Allowance(FRAMES, anyio.current_time)
        self.hello: Frame | None = None

    async def run(self) -> None:
        """Serve it to its end."""
        await self._websocket.accept()
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                tasks.start_soon(self._write)
                await self._serve()
                with anyio.move_on_after(LAST_SECONDS):
                    await anyio.sleep_forever()  # the writer ends it all
                tasks.cancel_scope.cancel()
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
        while self._closing is None:
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
                self._close(NORMAL)
            case _:
                self._seat.take(self, frame)

    async def _read(self) -> Frame | None:
        """The next frame; None: there is none any more.

        Raises:
            WireError: It is none.
        """
        try:
            message = await self._websocket.receive()
        except WebSocketDisconnect:
            message = {"type": "websocket.disconnect"}
        if message["type"] == "websocket.disconnect":
            self._hang_up()
            return None
        text = message.get("text")
        if text is None:
            raise WireError(ErrorCode.BAD_FRAME, "a text message was expected")
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
        self._close(code)

    def bye(self, code: ByeCode, text: str, close: int, *, after: int | None = None) -> None:
        """Say good-bye."""
        self.put(Frame("SYS_BYE", Bye(code=code, text=text, reconnect_after_seconds=after)))
        self._close(close)

    def part(self, farewell: Frame) -> None:
        """Pass on that the broker said good-bye, or gave up."""
        self.put(evolve(farewell, headers=None))
        self._close(NORMAL)

    def put(self, frame: Frame) -> None:
        """Send a frame."""
        self.put_text(encode_json(frame))

    def put_text(self, text: str) -> None:
        """Send a message; whoever lets too much wait is cut off."""
        if self._closing is not None:
            return
        self._outbox.append(text)
        self._outbox_bytes += len(text)
        self._wake.set()
        if len(self._outbox) > WAITING_FRAMES or self._outbox_bytes > WAITING_BYTES:
            self._hang_up()

    def _close(self, code: int) -> None:
        if self._closing is None:
            self._closing = code
            self._wake.set()

    def _hang_up(self) -> None:
        """It is gone, or does not read: nothing can be said any more."""
        self._closing = LATER
        self._outbox.clear()
        abort = self._websocket.scope.get("extensions", {}).get(ABORT)
        if abort is not None:
            abort()
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    async def _write(self) -> None:
        assert self._tasks is not None
        while True:
            while self._outbox:
                text = self._outbox.popleft()
                self._outbox_bytes -= len(text)
                try:
                    await self._websocket.send_text(text)
                except (WebSocketDisconnect, RuntimeError):
                    self._hang_up()
                    return
            if self._closing is not None:
                with anyio.move_on_after(LAST_SECONDS):
                    try:
                        await self._websocket.close(self._closing)
                    except (WebSocketDisconnect, RuntimeError):
                        self._hang_up()
                self._tasks.cancel_scope.cancel()
                return
            await self._wake.wait()
            self._wake = anyio.Event()
