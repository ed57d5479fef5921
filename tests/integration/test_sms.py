"""`parley sms` as a program, between a broker that is played and a provider and an SMSC that fail."""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx2
import pytest
import smpp34
from anyio.abc import SocketAttribute
from attrs import define, field, frozen

from broker.child import free_port
from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.conform.commands import CommandProgram
from connectors.channels.conform.play import play
from connectors.channels.conform.table import SCENARIOS
from connectors.sms.codings import read
from connectors.sms.parts import parse
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.values import Channel, Direction
from tests.integration.program import run
from tests.support.at_stake import AT_STAKE
from tests.support.smsc import Connection

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FRAME = """
[broker]
address = "{broker}"
gateways = ["sms"]
token = "sms secret"

[store]
path = "sms.sqlite"

[limits]
receiving = 20
"""
_HTTP = """
[sms.web]
listen = "127.0.0.1:{web}"
public_url = "http://127.0.0.1:{web}"
reply_within = 5

[sms.accounts.main]
provider = "session"
gateway = "sms"
number = "+15552220000"
password = "TOKEN"
url = "http://127.0.0.1:{far}/1.0/sessions"

[sms.accounts.main.proof]
secret = "hook"
"""
_SMPP = """
[sms.accounts.main]
provider = "smpp"
gateway = "sms"
number = "90210"
user = "parley"
password = "secret"

[sms.accounts.main.smpp]
host = "127.0.0.1"
port = {far}
reply_within = 5
answer_wait = 5
"""
_GATEWAYS = tuple(
    GatewayInfo(
        display_name="SMS",
        peer_address="sms",
        channel=Channel.SMS,
        direction=direction,
        id=derive("message_gateway", f"sms {direction}"),
    )
    for direction in (Direction.I, Direction.O)
)
PHONE = "+420603123456"


@define(eq=False)
class Far:
    """A far side of the kit: it brings every text until it is taken, as providers do."""

    tasks: anyio.abc.TaskGroup
    address: str = PHONE
    bad_address: str | None = "no number at all"
    can_inject: bool = True
    can_look: bool = True
    texts: list[str] = field(factory=list)
    numbers: Iterator[int] = field(factory=lambda: itertools.count(1))

    async def arrived(self) -> list[str]:
        return list(self.texts)


@define(eq=False)
class Provider(Far):
    """A provider by HTTP."""

    web: int = 0

    async def inject(self, text: str) -> None:
        self.tasks.start_soon(self._bring, text, f"s-{next(self.numbers)}")

    async def _bring(self, text: str, name: str) -> None:
        session = {
            "id": name,
            "timestamp": "2026-03-01T12:00:00Z",
            "initialText": text,
            "to": {"id": "15552220000"},
            "from": {"id": PHONE.removeprefix("+"), "channel": "TEXT"},
        }
        url = f"http://127.0.0.1:{self.web}/main/text?key=hook"
        async with httpx2.AsyncClient(timeout=20) as client:
            while True:
                with suppress(httpx2.HTTPError):
                    answer = await client.post(url, json={"session": session})
                    if answer.is_success:
                        return
                await anyio.sleep(0.3)  # real time: a provider comes again after a while

    @contextmanager
    def serving(self, port: int) -> Iterator[None]:
        """Take what is sent."""
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                far.texts.append(asked["msg"])
                name = f"out-{len(far.texts)}"
                body = json.dumps({"success": True, "token": "T", "id": name}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


@define(eq=False)
class Centre(Far):
    """An SMSC: a text that was not answered well is delivered again, on whichever connection there is."""

    waiting: dict[int, str] = field(factory=dict)
    flying: set[int] = field(factory=set)
    line: Connection | None = None
    parts: dict[int, dict[int, str]] = field(factory=dict)

    async def inject(self, text: str) -> None:
        self.waiting[next(self.numbers)] = text
        await self._deliver()

    async def serve(self, stream: anyio.abc.SocketStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with stream:
                line = Connection(stream)
                await line.bind()
                self.line = line
                self.flying.clear()
                await self._deliver()
                while True:
                    await self._take(line)

    async def cut(self) -> None:
        """Break the connection."""
        if self.line is not None:
            await anyio.aclose_forcefully(self.line.stream)

    async def _deliver(self) -> None:
        if self.line is None:
            return
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            for number in sorted(self.waiting.keys() - self.flying):
                self.flying.add(number)
                text = self.waiting[number]
                unit = smpp34.DeliverSm(
                    PHONE.removeprefix("+"),
                    "90210",
                    text.encode("latin-1"),
                    source_addr_ton=1,
                    data_coding=3,
                    sequence_number=number,
                )
                await self.line.stream.send(unit.encode())

    async def _take(self, line: Connection) -> None:
        pdu = await line.next()
        match pdu.command:
            case "deliver_sm_resp" if pdu.status == 0:
                self.waiting.pop(pdu.sequence, None)
            case "deliver_sm_resp":
                await anyio.sleep(0.3)  # real time: an SMSC comes again after a while
                self.flying.discard(pdu.sequence)
                await self._deliver()
            case "enquire_link":
                await line.say("enquire_link_resp", pdu.sequence)
            case "submit_sm":
                self._keep(pdu)
                await line.say("submit_sm_resp", pdu.sequence, message_id=f"id-{pdu.sequence}")
            case _:
                pass

    def _keep(self, pdu: Any) -> None:
        part, body = parse(pdu.message) if pdu.number("esm_class") & 0x40 else (None, pdu.message)
        text = read(body, pdu.number("data_coding"))
        if part is None:
            self.texts.append(text)
            return
        parts = self.parts.setdefault(part.reference, {})
        parts[part.number] = text
        if len(parts) == part.total:
            self.texts.append("".join(parts[number] for number in sorted(parts)))
            del self.parts[part.reference]


@frozen
class Scene:
    """A broker that is played, a far side, and the program, which is not started yet."""

    broker: PlayedBroker
    far: Provider | Centre
    program: CommandProgram


@asynccontextmanager
async def scene(tmp_path: Path, kind: str) -> AsyncIterator[Scene]:
    """Everything that is needed, in one."""
    broker = PlayedBroker(_GATEWAYS, "sms secret")
    far_port, web = free_port(), free_port()
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    smsc = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, smsc, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, broker.serve)
        far: Provider | Centre
        if kind == "http":
            far = Provider(tasks, web=web)
            taking = far.serving(far_port)
        else:
            far = Centre(tasks)
            taking = nullcontext()  # type: ignore[assignment]  # nothing to enter
            far_port = smsc.extra(SocketAttribute.local_port)
            tasks.start_soon(smsc.serve, far.serve)
        where = f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        file = tmp_path / "sms.toml"
        text = _FRAME + (_HTTP if kind == "http" else _SMPP)
        file.write_text(text.format(broker=where, web=web, far=far_port))
        program = CommandProgram([sys.executable, "-m", "broker", "sms", str(file)])
        with taking:
            try:
                yield Scene(broker, far, program)
            finally:
                await program.kill()
                tasks.cancel_scope.cancel()


@pytest.mark.parametrize("kind", ["http", "smpp"])
async def test_the_program_holds_the_protocol(tmp_path: Path, kind: str) -> None:
    """B-50, B-52, B-53, B-55: what the kit finds of a channel between far sides."""
    chosen = [scenario for scenario in SCENARIOS if scenario.name in AT_STAKE]
    async with scene(tmp_path, kind) as stage:
        results = await play(chosen, stage.broker, stage.far, stage.program)
    assert [str(finding) for played in results for finding in played.findings] == []
    assert [played.scenario.name for played in results if played.missing] == []
    assert len(results) == len(AT_STAKE)


@pytest.mark.parametrize("kind", ["http", "smpp"])
async def test_no_text_is_lost_or_doubled_on_its_way_in(tmp_path: Path, kind: str) -> None:
    """B-50: the far side's connection, the broker and the program go away in turn."""
    async with scene(tmp_path, kind) as stage:
        broker, far, program = stage.broker, stage.far, stage.program
        await program.start()
        for number in range(12):
            await far.inject(f"text {number}")
            match number % 4:
                case 0 if isinstance(far, Centre):
                    await far.cut()
                case 1:
                    await broker.until(lambda: bool(broker.heard("ES_MESSAGE_RECEIVING")), 1)
                    await broker.cut()
                case 2:
                    await program.kill()
                    await program.start()
                case _:
                    await broker.until(_so_many(broker, number + 1), 40)
        assert await broker.until(_so_many(broker, 12), 60)
        await program.stop(20)
    texts = {key: one.payload for one in broker.heard("ES_MESSAGE_RECEIVING") for key in _key(one)}
    assert sorted(one.body_text for one in texts.values()) == sorted(
        f"text {number}" for number in range(12)
    )


def _key(heard: Any) -> Iterator[str]:
    yield heard.payload.delivery_system_id


def _so_many(broker: PlayedBroker, number: int) -> Callable[[], bool]:
    return lambda: len(broker.taken) >= number


def test_a_faulty_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "sms.toml"
    text = (_FRAME + _HTTP).format(broker="b:1", web=1, far=1)
    file.write_text(text.replace('secret = "hook"', 'secret = ""'))
    done = run("sms", file, "--check")
    assert done.returncode == 2
    assert "sms.accounts.main.proof.secret: is missing" in done.stderr
    file.write_text(text)
    assert run("sms", file, "--check").returncode == 0
