"""Browsers of the load: as little as can ask, so that what is measured is the web process and not they."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

import anyio
from anyio.abc import SocketStream, TaskGroup
from attrs import define, field, frozen
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from connectors.web.load.stage import ORIGIN, SITE

CHAT: Final = "/api/Chat/WebChat"
_HEAD_END: Final = b"\r\n\r\n"
WITHIN: Final = 60.0


class Refused(Exception):
    """Something was not done."""


@frozen
class Reply:
    """What came back.

    Attributes:
        status: The status.
        headers: Its headers by their names in small letters.
        body: What was in it.
    """

    status: int
    headers: dict[str, str]
    body: bytes


@define(eq=False)
class Http:
    """One connection of one browser, which is kept.

    Attributes:
        where: The web process, `host:port`.
        always: Headers of every request.
    """

    where: str
    always: str
    _stream: SocketStream | None = None
    _rest: bytes = b""

    async def ask(self, method: str, path: str, body: object = None, headers: str = "") -> Reply:
        """Ask something.

        Raises:
            Refused: The answer is no good one.
        """
        data = b""
        if body is not None:
            data = json.dumps(body).encode()
            headers += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.where}\r\n{self.always}{headers}\r\n"
        is_kept = self._stream is not None
        try:
            reply = await self._exchange(head.encode() + data)
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            if not is_kept:
                raise
            await (
                self.close()
            )  # a kept connection may be closed at any time: once more, as browsers do
            reply = await self._exchange(head.encode() + data)
        if reply.headers.get("connection") == "close":
            await self.close()
        if reply.status >= 400:
            raise Refused(f"{method} {path}: {reply.status} {reply.body.decode()}")
        return reply

    async def close(self) -> None:
        """Hang up."""
        if self._stream is not None:
            await self._stream.aclose()
            self._stream = None

    async def _exchange(self, data: bytes) -> Reply:
        if self._stream is None:
            host, _, port = self.where.rpartition(":")
            self._stream, self._rest = await anyio.connect_tcp(host, int(port)), b""
        await self._stream.send(data)
        return await self._reply(self._stream)

    async def _reply(self, stream: SocketStream) -> Reply:
        data = self._rest
        while (end := data.find(_HEAD_END)) < 0:
            data += await stream.receive()
        first, *lines = data[:end].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body, length = data[end + 4 :], int(headers.get("content-length", "0"))
        while len(body) < length:
            body += await stream.receive()
        self._rest = body[length:]
        return Reply(int(first.split()[1]), headers, body[:length])


def _visitor_headers(number: int, token: str | None = None) -> str:
    """The headers of a visitor, each with an address of their own: rates are by address, too."""
    address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    headers = f"Origin: {ORIGIN}\r\nX-Forwarded-For: {address}\r\n"
    return headers if token is None else f"{headers}Parley-Visitor: {token}\r\n"


async def known(where: str, number: int) -> str:
    """The token of a new visitor."""
    http = Http(where, _visitor_headers(number))
    try:
        return (await http.ask("GET", "/api/Visitor")).headers["parley-visitor"]
    finally:
        await http.close()


@define(eq=False)
class Poller:
    """A visitor who polls."""

    _http: Http
    _number: int
    _counter: int = 0
    _tag: str = ""
    _cursor: str | None = None
    _said: int = 0

    @classmethod
    async def opened(cls, where: str, number: int) -> "Poller":
        """One with a chat."""
        token = await known(where, number)
        made = cls(Http(where, _visitor_headers(number, token)), number)
        await made._http.ask("POST", CHAT, {"PartyName": f"Visitor {number}"})
        return made

    async def poll(self) -> int:
        """Ask for what is new; gives the status."""
        tagged = f"If-None-Match: {self._tag}\r\n" if self._tag else ""
        reply = await self._http.ask("GET", f"{CHAT}?Counter={self._counter}", headers=tagged)
        self._tag = reply.headers.get("etag", "")
        if reply.status == 200 and (chat := json.loads(reply.body)) is not None:
            self._counter = chat["Counter"]
        return reply.status

    async def poll_frames(self) -> int:
        """Ask for what is new by frames; gives how many there were."""
        said: list[str] = []
        if self._cursor is None:
            hello = {"Version": 1, "Role": "connector", "Peers": [SITE], "Token": "cookie"}
            said = [json.dumps(["SYS_HELLO", hello, {"Id": 1}])]
        asked = {"Frames": said, "Cursor": self._cursor}
        found = json.loads((await self._http.ask("POST", "/api/Frames", asked)).body)
        self._cursor = found["Cursor"]
        return len(found["Frames"])

    async def say(self, text: str) -> None:
        """Say something, and wait until it is stored."""
        self._said += 1
        said = {"ID": f"{self._number}-{self._said}", "Text": text}
        await self._http.ask("POST", f"{CHAT}/Sentence", said)

    async def close(self) -> None:
        """Go."""
        await self._http.close()


@define(eq=False)
class Connected:
    """A visitor on a socket, who confirms what they hear.

    Attributes:
        echoed: How many sentences of theirs are stored.
    """

    _socket: ClientConnection
    _number: int
    _heard: Callable[[str], None]
    _refused: Callable[[str], None]
    _started: anyio.Event = field(factory=anyio.Event)
    _said: int = 0
    echoed: int = 0

    @classmethod
    async def opened(
        cls,
        where: str,
        number: int,
        tasks: TaskGroup,
        heard: Callable[[str], None],
        refused: Callable[[str], None],
    ) -> "Connected":
        """One with a chat.

        Args:
            where: The web process.
            number: Who they are.
            tasks: Where they listen.
            heard: Told what the agent says.
            refused: Told what is refused.
        """
        token = await known(where, number)
        socket = await connect(
            f"ws://{where}/ws",
            additional_headers={"Origin": ORIGIN},
            compression=None,
            ping_interval=None,
            max_queue=64,
            open_timeout=WITHIN,
        )
        made = cls(socket, number, heard, refused)
        hello = {"Version": 1, "Role": "connector", "Peers": [SITE], "Token": token}
        await made._put("SYS_HELLO", hello, 1)
        tasks.start_soon(made._listen)
        await made._put("ES_CHAT_START", {"PartyName": f"Visitor {number}"}, 2)
        with anyio.fail_after(WITHIN):
            await made._started.wait()
        return made

    async def say(self, text: str) -> None:
        """Say something; its echo is counted when it comes."""
        self._said += 1
        said = {"ID": f"{self._number}-{self._said}", "Text": text}
        await self._put("ES_CHAT_SENTENCE", said, 2 + self._said)

    def cut(self) -> None:
        """Go without a word: so many good-byes would take long."""
        self._socket.transport.abort()

    async def _put(self, kind: str, payload: object, number: int | None = None) -> None:
        frame: list[object] = [kind, payload]
        await self._socket.send(json.dumps(frame if number is None else [*frame, {"Id": number}]))

    async def _listen(self) -> None:
        try:
            async for text in self._socket:
                await self._take(json.loads(text))
        except ConnectionClosed as error:
            self._refused(str(error))

    async def _take(self, frame: list[Any]) -> None:
        match frame:
            case ["SE_CHAT_SENTENCE", {"IsOutbound": True, "Text": text, "ID": sentence_id}, *_]:
                self._heard(text)
                await self._put("ES_CHAT_CONFIRM", {"ID": sentence_id})
            case ["SE_CHAT_SENTENCE", _, {"Re": _}]:
                self.echoed += 1
            case ["SE_CHAT_STATUS", _, {"Re": 2}]:
                self._started.set()
            case ["SYS_ERROR", said, *_]:
                self._refused(str(said))
            case ["SYS_PING", said, *rest]:
                number = rest[0].get("Id") if rest else None
                re = {} if number is None else {"Re": number}
                await self._socket.send(json.dumps(["SYS_PONG", said, re]))
            case _:
                pass


def stamped(kind: str) -> str:
    """A text that says when it was said."""
    return f"{kind} {time.monotonic_ns()}"


def age(text: str) -> tuple[str, int]:
    """Of such a text, its kind and how long ago it was said, in nanoseconds."""
    kind, _, said = text.partition(" ")
    return kind, time.monotonic_ns() - int(said)
