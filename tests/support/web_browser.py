"""A browser that is played over real sockets: it follows the rules of delivery, as plainly as can be."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx2
from attrs import define, field
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

PATIENCE = 30.0


class Cut(Exception):
    """The socket is gone."""


@define(eq=False)
class Live:
    """One WebSocket.

    Attributes:
        heard: All that came.
        taken: How much of that a browser has folded.
        closed: The code of its close.
    """

    connection: ClientConnection
    heard: list[list[Any]] = field(factory=list)
    closed: int | None = None
    taken: int = 0
    _ids: Any = field(factory=lambda: itertools.count(1))

    @classmethod
    async def opened(
        cls, base: str, token: str, *, site: str = "shop", cookie: str | None = None, **options: Any
    ) -> Self:
        """Open it and say hello."""
        address = base.replace("http", "ws", 1) + "/ws"
        headers = {} if cookie is None else {"Cookie": cookie}
        options = {"origin": base, "additional_headers": headers, "compression": None, **options}
        live = cls(await connect(address, **options))
        hello = {"Version": 1, "Role": "connector", "Peers": [site], "Token": token}
        answer = await live.ask("SYS_HELLO", hello)
        if answer[0] != "SYS_WELCOME":
            await live.connection.close()
            raise Refused(answer)
        return live

    async def send(self, kind: str, payload: Any, frame_id: int | None = None) -> None:
        """Send a frame."""
        frame = [kind, payload, *([] if frame_id is None else [{"Id": frame_id}])]
        try:
            await self.connection.send(json.dumps(frame))
        except ConnectionClosed as error:
            raise Cut from error

    async def get(self) -> list[Any]:
        """The next frame."""
        try:
            async with asyncio.timeout(PATIENCE):
                found: list[Any] = json.loads(await self.connection.recv())
                self.heard.append(found)
                return found
        except ConnectionClosed as error:
            self.closed = error.rcvd.code if error.rcvd is not None else None
            raise Cut from error

    async def ask(self, kind: str, payload: Any) -> list[Any]:
        """Send a frame, and wait for its answer."""
        number = next(self._ids)
        await self.send(kind, payload, number)
        while True:
            frame = await self.get()
            if len(frame) > 2 and frame[2].get("Re") == number:
                return frame

    async def until(self, kind: str, **members: Any) -> Any:
        """Wait for a frame with such members, if it did not come before; its payload."""
        place = 0
        while True:
            while place < len(self.heard):
                found = self.heard[place]
                place += 1
                if found[0] == kind and members.items() <= found[1].items():
                    return found[1]
            await self.get()


class Refused(Exception):
    """A hello was refused."""


@define(eq=False)
class Browser:
    """Somebody with a browser, who comes back when a connection is lost.

    Attributes:
        bases: Where the web site is; the next one is tried when one does not answer.
        token: The visitor's token.
        transcript: The sentences by counter, as they were told.
    """

    bases: list[str]
    token: str = ""
    transcript: dict[int, dict[str, Any]] = field(factory=dict)
    live: Live | None = None
    _turn: int = 0

    async def begin(self, **start: Any) -> None:
        """Get a token, connect, start the chat."""
        async with httpx2.AsyncClient(base_url=self.bases[0]) as http:
            answer = await http.get("/api/Visitor", headers={"Parley-Visitor": "none"})
            self.token = answer.headers["Parley-Visitor"]
        live = await self.back()
        begun = await live.ask("ES_CHAT_START", start)
        assert begun[0] == "SE_CHAT_STATUS", begun

    async def back(self) -> Live:
        """The socket, opened anew if need be, with everything that was missed."""
        for _ in range(400):
            if self.live is None:
                base = self.bases[self._turn % len(self.bases)]
                try:
                    self.live = await Live.opened(base, self.token)
                    listed = await self.live.ask("ES_CHAT_RESYNC", {})
                    if listed[1]:
                        await self.live.ask("ES_CHAT_STATUS", {})
                    self.fold(self.live)
                except (OSError, Cut, Refused, InvalidHandshake, EOFError):
                    self._turn += 1
                    self.live = None
                    await asyncio.sleep(0.05)  # real time: real processes
                    continue
            return self.live
        raise AssertionError("the web site does not come back")

    def fold(self, live: Live) -> None:
        """Fold what came since the last time."""
        for frame in live.heard[live.taken :]:
            self.take(frame)
        live.taken = len(live.heard)

    def take(self, frame: list[Any]) -> None:
        """Fold what was told."""
        if frame[0] == "SE_CHAT_STATUS":
            for sentence in frame[1].get("Sentences") or ():
                self.transcript[sentence["Counter"]] = sentence
        elif frame[0] == "SE_CHAT_SENTENCE" and frame[1].get("Counter"):
            known = self.transcript.setdefault(frame[1]["Counter"], frame[1])
            assert known["ID"] == frame[1]["ID"], (known, frame)

    async def say(self, key: str, text: str) -> None:
        """Say something, and do not leave off until it is stored."""
        while True:
            live = await self.back()
            try:
                answer = await live.ask("ES_CHAT_SENTENCE", {"ID": key, "Text": text})
            except Cut:
                self.live = None
                continue
            finally:
                self.fold(live)
            if answer[0] == "SE_CHAT_SENTENCE":
                return
            assert answer[1]["Code"] in ("RateLimited", "Overloaded"), answer
            await asyncio.sleep(0.1)  # real time: real processes

    async def hear(self, count: int) -> None:
        """Wait until so many sentences are known."""
        if self.live is not None:
            self.fold(self.live)
        async with asyncio.timeout(PATIENCE):
            while len(self.transcript) < count:
                live = await self.back()
                try:
                    await live.get()
                except Cut:
                    self.live = None
                self.fold(live)

    async def close(self) -> None:
        """Leave."""
        if self.live is not None:
            await self.live.connection.close()
            self.live = None


@asynccontextmanager
async def browsing(*bases: str, **start: Any) -> AsyncIterator[Browser]:
    """A browser with a chat."""
    browser = Browser(list(bases))
    await browser.begin(**start)
    try:
        yield browser
    finally:
        await browser.close()


async def token_of(base: str, **headers: str) -> str:
    """A token of a new visitor."""
    async with httpx2.AsyncClient(base_url=base) as http:
        answer = await http.get("/api/Visitor", headers={"Parley-Visitor": "none", **headers})
        token: str = answer.headers["Parley-Visitor"]
        return token
