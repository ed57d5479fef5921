"""The WebSocket of a browser: what waits to be sent, in its order, and the end of it."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect

from protocol.errors import ErrorCode, WireError

HELLO_SECONDS: Final = 10.0
LAST_SECONDS: Final = 5.0
"""How long the last words may take."""

NORMAL, POLICY, FAILED, RESTART, LATER = 1000, 1008, 1011, 1012, 1013
"""Codes of a close (RFC 6455, and the registry behind it)."""

ABORT: Final = "parley.abort"
"""Extension of the server: ends a connection at once."""


class Line:
    """A WebSocket."""

    def __init__(self, websocket: WebSocket, frames: int, size: int) -> None:
        """Make it of a handshake that is good.

        Args:
            websocket: The connection, which is not accepted yet.
            frames: How many messages may wait for a browser that does not read.
            size: How many characters of them.
        """
        self._websocket = websocket
        self._frames = frames
        self._size = size
        self._outbox: deque[str] = deque()
        self._waiting = 0
        self._wake = anyio.Event()
        self._closing: int | None = None
        self._tasks: TaskGroup | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything more can be said."""
        return self._closing is None

    @property
    def tasks(self) -> TaskGroup:
        """What ends with it; it is being served."""
        assert self._tasks is not None
        return self._tasks

    async def run(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Accept it, and have it served to its end; what was put is sent before that.

        Args:
            serve: Returns when it is closed or nothing more can come.
        """
        await self._websocket.accept()
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self._write)
            await serve()
            with anyio.move_on_after(LAST_SECONDS):
                await anyio.sleep_forever()  # the writer ends it all
            tasks.cancel_scope.cancel()

    async def receive(self) -> str | None:
        """What comes next; None: nothing does any more.

        Raises:
            WireError: It is no text.
        """
        try:
            message = await self._websocket.receive()
        except WebSocketDisconnect:
            message = {"type": "websocket.disconnect"}
        if message["type"] == "websocket.disconnect":
            self.hang_up()
            return None
        text: str | None = message.get("text")
        if text is None:
            raise WireError(ErrorCode.BAD_FRAME, "a text message was expected")
        return text

    def put(self, text: str) -> None:
        """Send something; whoever lets too much wait is cut off."""
        if self._closing is not None:
            return
        self._outbox.append(text)
        self._waiting += len(text)
        self._wake.set()
        if len(self._outbox) > self._frames or self._waiting > self._size:
            self.hang_up()

    def close(self, code: int) -> None:
        """Close it when all is sent."""
        if self._closing is None:
            self._closing = code
            self._wake.set()

    def hang_up(self) -> None:
        """It is gone, or does not read: nothing can be said any more."""
        self._closing = LATER
        self._outbox.clear()
        abort = self._websocket.scope.get("extensions", {}).get(ABORT)
        if abort is not None:
            abort()
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    async def _write(self) -> None:
        while True:
            while self._outbox:
                text = self._outbox.popleft()
                self._waiting -= len(text)
                try:
                    await self._websocket.send_text(text)
                except (WebSocketDisconnect, RuntimeError):
                    self.hang_up()
                    return
            if self._closing is not None:
                with anyio.move_on_after(LAST_SECONDS):
                    await self._close_now(self._closing)
                self.tasks.cancel_scope.cancel()
                return
            await self._wake.wait()
            self._wake = anyio.Event()

    async def _close_now(self, code: int) -> None:
        try:
            await self._websocket.close(code)
        except (WebSocketDisconnect, RuntimeError):
            self.hang_up()
