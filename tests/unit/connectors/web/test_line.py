"""What is sent to a browser comes in its order, and a connection has one end."""

from typing import Any

import anyio
import pytest

from connectors.web.line import ABORT, LATER, NORMAL, Line
from protocol.errors import WireError


class Browser:
    """The other end, as Starlette shows it."""

    def __init__(self, *comes: dict[str, Any]) -> None:
        self.comes = [*comes]
        self.got: list[str] = []
        self.closed: int | None = None
        self.aborted = 0
        self.deaf = False
        self.scope = {"extensions": {ABORT: self._abort}}

    def _abort(self) -> None:
        self.aborted += 1

    async def accept(self) -> None:
        pass

    async def receive(self) -> dict[str, Any]:
        return self.comes.pop(0) if self.comes else {"type": "websocket.disconnect"}

    async def send_text(self, text: str) -> None:
        if self.deaf:
            await anyio.sleep_forever()
        self.got.append(text)

    async def close(self, code: int) -> None:
        self.closed = code


def line(browser: Browser, frames: int = 10, size: int = 100) -> Line:
    served: Any = browser
    return Line(served, frames, size)


def test_what_was_said_is_sent_before_the_end() -> None:
    browser = Browser()
    one = line(browser)

    async def serve() -> None:
        for text in ("a", "b", "c"):
            one.put(text)
        one.close(NORMAL)
        one.close(LATER)
        assert not one.is_open
        one.put("too late")

    anyio.run(one.run, serve)
    assert (browser.got, browser.closed, browser.aborted) == (["a", "b", "c"], NORMAL, 0)


@pytest.mark.parametrize("texts", [["x"] * 6, ["x" * 101]])
def test_who_does_not_read_is_cut_off(texts: list[str]) -> None:
    """W-24."""
    browser = Browser()
    browser.deaf = True
    one = line(browser, frames=4)

    async def serve() -> None:
        for text in texts:
            one.put(text)
        await anyio.sleep_forever()

    anyio.run(one.run, serve)
    assert (browser.got, browser.aborted, one.is_open) == ([], 1, False)


def test_what_comes_is_text_until_nothing_does() -> None:
    browser = Browser({"type": "websocket.receive", "text": "a"}, {"type": "websocket.receive"})
    one = line(browser)
    heard: list[str | None] = []

    async def serve() -> None:
        heard.append(await one.receive())
        with pytest.raises(WireError, match="a text message was expected"):
            await one.receive()
        heard.append(await one.receive())

    anyio.run(one.run, serve)
    assert (heard, one.is_open, browser.aborted) == (["a", None], False, 1)
