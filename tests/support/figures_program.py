"""A broker with the service of live figures beside it, as real processes, and who asks it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import trio
from attrs import define, field

from broker.child import ServedBroker, free_port
from protocol.agent import AgentStateInfo
from protocol.values import AgentState, Role
from tests.integration.peers import PATIENCE, Peer, command, start_chat, write_config

FIGURES: Final = """
[figures]
listen = "127.0.0.1:{port}"
every = "200ms"
[[figures.tokens]]
name = "Boss"
token = "boss-secret"
role = "supervisor"
{more}
"""
BOSS: Final = {"Authorization": "Bearer boss-secret"}


@define(eq=False)
class FiguresProgram:
    """The processes.

    Attributes:
        broker: The broker; it runs the service when that is in its configuration.
        port: Where the service listens.
        file: The configuration of the service.
    """

    broker: ServedBroker
    port: int
    file: Path
    peers: list[Peer] = field(factory=list)
    http: httpx2.Client = field(factory=httpx2.Client)

    @property
    def base(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        """Ask once."""
        return self.http.get(f"{self.base}{path}", headers=BOSS if headers is None else headers)

    async def ready(self) -> None:
        """Wait until there are figures."""
        with trio.fail_after(PATIENCE):
            while True:
                if self._is_ready():
                    return
                await trio.sleep(0.05)  # real time: another process starts

    def _is_ready(self) -> bool:
        try:
            return self.http.get(f"{self.base}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    async def today(self, **wanted: int) -> dict[str, Any]:
        """The figures of today, as soon as some of them are as they must become."""
        with trio.fail_after(PATIENCE):
            while True:
                response = self.ask("/v1/live?by=")
                if response.status_code == 200:
                    (group,) = response.json()["Groups"]
                    found: dict[str, Any] = {**group["Today"], "Waiting": group["Waiting"]}
                    if wanted.items() <= found.items():
                        return found
                await trio.sleep(0.05)  # real time: another process looks when it does

    async def _peer(self) -> Peer:
        peer = await Peer.connect(self.broker.address)
        self.peers.append(peer)
        return peer

    def hang_up(self) -> None:
        """End the connections."""
        self.http.close()
        for peer in self.peers:
            assert isinstance(peer.stream, trio.SocketStream)
            peer.stream.socket.close()

    async def connector(self) -> Peer:
        """The visitors' connector."""
        peer = await self._peer()
        welcome = await peer.hello(Role.CONNECTOR, "web", token="web-secret")
        assert welcome.type == "SYS_WELCOME", welcome
        return peer

    async def alice(self) -> Peer:
        """An agent who is ready."""
        peer = await self._peer()
        welcome = await peer.hello(Role.WORKPLACE, "101", login="alice", token="alice-secret")
        assert welcome.type == "SYS_WELCOME", welcome
        state = AgentStateInfo(peer="101", state=AgentState.READY)
        await peer.send("CS_AGENT_STATE", state, 1)
        return peer


async def start(web: Peer, tracking: str) -> None:
    """A visitor comes."""
    await web.send("ES_CHAT_START", start_chat(tracking), tracking)
    await web.get("SE_CHAT_STATUS")


async def answer(alice: Peer) -> str:
    """The agent answers the next chat; its id."""
    alert = (await alice.get("SC_CHAT_ALERT")).payload
    chat = str(getattr(alert, "chat_id", None))
    await alice.send("CS_CHAT_ANSWER", command("101", chat_id=chat), 2)
    return chat


@contextmanager
def installed(
    folder: Path, *, store: str | None = None, beside: bool = True, more: str = ""
) -> Iterator[FiguresProgram]:
    """Have a broker in its folder; with `beside` it runs the service."""
    address, port = ("127.0.0.1", free_port()), free_port()
    section = FIGURES.format(port=port, more=more)
    path = write_config(folder, more=section if beside else "")
    text = path.read_text().replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{address[1]}"')
    if store is not None:
        text = text.replace(f"sqlite:///{folder}/parley.db", store)
    path.write_text(text)
    file = folder / "figures.toml"
    file.write_text(text if beside else text + section)
    broker = ServedBroker(path, address, folder / "broker.log")
    with broker:
        program = FiguresProgram(broker, port, file)
        try:
            yield program
        finally:
            program.hang_up()


@contextmanager
def alone(program: FiguresProgram) -> Iterator[subprocess.Popen[str]]:
    """Run the service by itself."""
    log = program.file.with_suffix(".log").open("a")
    process = subprocess.Popen(
        [sys.executable, "-m", "broker", "figures", str(program.file)],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    log.close()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), program.file.with_suffix(".log").read_text()
        yield process
    finally:
        process.kill()
        process.communicate()


@asynccontextmanager
async def followed(program: FiguresProgram, **headers: str) -> AsyncIterator[Pushed]:
    """Follow what is pushed."""
    url = f"{program.base}/v1/stream?by="
    async with (
        httpx2.AsyncClient(timeout=PATIENCE) as client,
        client.stream("GET", url, headers={**BOSS, **headers}) as response,
    ):
        assert response.status_code == 200, response
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Pushed(response.aiter_lines())


@define(eq=False)
class Pushed:
    """What is pushed, event by event."""

    lines: AsyncIterator[str]
    seen: list[tuple[str, str | None, dict[str, Any]]] = field(factory=list)

    async def next(self) -> tuple[str, str | None, dict[str, Any]]:
        """The next event: its kind, its id, and what it says."""
        found: dict[str, str] = {}
        async for line in self.lines:
            name, _, value = line.partition(": ")
            if line:
                found[name] = value
            elif found:
                event = (found["event"], found.get("id"), json.loads(found["data"]))
                self.seen.append(event)
                return event
        raise EOFError

    async def rest(self) -> None:
        """Take events until there are no more.

        Raises:
            EOFError: There are none.
        """
        with trio.fail_after(PATIENCE):
            while True:
                await self.next()

    async def until(self, **wanted: int) -> dict[str, Any]:
        """Take events until the figures of today are as they must become."""
        with trio.fail_after(PATIENCE):
            while True:
                _kind, _id, said = await self.next()
                for group in said.get("Groups", ()):
                    found: dict[str, Any] = {**group["Today"], "Waiting": group["Waiting"]}
                    if wanted.items() <= found.items():
                        return found


def closed(port: int) -> bool:
    """Whether nobody listens any more."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/healthz")
        except httpx2.TransportError:
            return True
        time.sleep(0.05)  # real time: another process ends
    return False
