"""A browser's end of a visitor's WebSocket, which is played."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from connectors.web.line import ABORT
from connectors.web.socket import Handshake, Socket
from connectors.web.tokens import Visitor
from tests.support.web_stage import WebStage, happens


class Page:
    """The browser's end."""

    def __init__(self, stage: WebStage, visitor: Visitor | None = None) -> None:
        self.visits = stage.site.visits["shop"]
        self.visitor = visitor or self.visits.stranger()
        self.token = self.visits.tokens.written(self.visitor)
        self.frames: list[list[Any]] = []
        self.closed: int | None = None
        self.aborted = False
        self.deaf = False
        self.scope = {"extensions": {ABORT: self._abort}}
        self._send, self._receive = anyio.create_memory_object_stream[dict[str, Any]](1_000)
        self._numbers = 0

    def _abort(self) -> None:
        self.aborted = True

    # --- what the server sees

    async def accept(self) -> None:
        pass

    async def receive(self) -> dict[str, Any]:
        return await self._receive.receive()

    async def send_text(self, text: str) -> None:
        if self.deaf:
            await anyio.sleep_forever()
        self.frames.append(json.loads(text))

    async def close(self, code: int) -> None:
        self.closed = code

    # --- what the browser does

    def say(self, *frame: Any) -> None:
        self._send.send_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    def leave(self) -> None:
        self._send.send_nowait({"type": "websocket.disconnect"})

    def shut(self) -> None:
        self._send.close()
        self._receive.close()

    def hello(self, **changes: Any) -> None:
        said = {"Version": 1, "Role": "connector", "Peers": ["shop"], "Token": self.token}
        self.say("SYS_HELLO", {**said, **changes}, {"Id": "h"})

    async def ask(self, kind: str, payload: Any) -> list[Any]:
        self._numbers += 1
        number = self._numbers
        self.say(kind, payload, {"Id": number})
        await happens(lambda: self.answer(number))
        found = self.answer(number)
        assert found is not None
        return found

    def answer(self, number: object) -> list[Any] | None:
        return next((f for f in self.frames if len(f) > 2 and f[2] == {"Re": number}), None)

    def of(self, kind: str) -> list[Any]:
        return [frame[1] for frame in self.frames if frame[0] == kind]


@asynccontextmanager
async def opened(
    stage: WebStage, visitor: Visitor | None = None, *, greet: bool = True, **changes: Any
) -> AsyncIterator[Page]:
    page = Page(stage, visitor)
    handshake = Handshake(
        address="192.0.2.7", may=lambda site: site == "shop", cookie=lambda _site: None
    )
    served: Any = page
    one = Socket(served, stage.site.sockets, handshake)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.run)
            if greet:
                page.hello(**changes)
                await happens(lambda: page.frames)
            yield page
            page.leave()
    finally:
        page.shut()
    assert one not in stage.site.sockets.open
