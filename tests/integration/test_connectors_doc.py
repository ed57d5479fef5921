"""The connector of docs/connectors.md, as it is printed there, against a real broker."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio
from attrs import fields

from broker.child import ServedBroker, free_port
from connectors.client.connect import WorkplaceClient, connect_workplace
from connectors.client.events import (
    Alerted,
    ChatChanged,
    ChatRef,
    Event,
    SentenceAdded,
    SentenceConfirmed,
)
from connectors.client.settings import Tuning
from protocol.values import AgentState, ChatStatus, CloseReason
from tests.support.terminals import ROOT, environment, sample_broker

PAGE = ROOT / "docs" / "connectors.md"
PATIENCE = 30.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ServedBroker]:
    with sample_broker(tmp_path) as broker:
        yield broker


def printed_program() -> str:
    (program,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert isinstance(program, str)
    return program


def test_every_setting_that_a_page_names_is_one() -> None:
    known = {member.name for member in fields(Tuning)}
    named = {
        name
        for page in [*ROOT.glob("docs/*.md"), ROOT / "README.md"]
        for call in re.findall(r"\bTuning[(.]([^)`]*)", page.read_text("utf-8"))
        for name in re.findall(r"\b([a-z_]+)\s*(?:=|$)", call)
    }
    assert {"confirm", "follow", "renew", "response_period"} <= named
    assert named <= known


def test_a_program_in_any_language_is_told_to_continue_its_session() -> None:
    """W-11: in the rule about coming back, so that it throws nobody out."""
    (rule,) = re.findall(
        r"^\d+\. \*\*Come back gently\.\*\*.*?(?=^\d+\. )",
        PAGE.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert "`Continues`" in rule


def test_it_is_as_short_as_its_title_says() -> None:
    lines = [line for line in printed_program().splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("import ", "from ", '"""'))]
    assert f"## A connector in {len(said)} lines" in PAGE.read_text("utf-8")


def start(program: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, str(program), *arguments], env=environment())


async def open_line(port: int) -> trio.SocketStream:
    """Connect to the program as soon as it listens."""
    while True:
        try:
            return await trio.open_tcp_stream("127.0.0.1", port)
        except OSError:
            await trio.sleep(0.05)  # real time: another process starts


async def hear(stream: trio.SocketStream, text: str) -> None:
    heard = b""
    while text.encode() not in heard:
        part = await stream.receive_some()
        assert part, f"closed before {text!r}: {heard!r}"
        heard += part


@asynccontextmanager
async def served(
    broker: ServedBroker, directory: Path
) -> AsyncIterator[tuple[WorkplaceClient, int]]:
    """The printed program at work, with an agent who is logged in: gives them, and the program's port."""
    program = directory / "lines.py"
    program.write_text(printed_program(), "utf-8")
    port = free_port()
    address = f"{broker.address[0]}:{broker.address[1]}"
    child = start(program, address, str(port))
    try:
        with trio.fail_after(PATIENCE):
            async with connect_workplace(address, "101", "alice", "alice-secret") as agent:
                yield agent, port
    finally:
        child.kill()
        child.wait()


async def test_the_printed_connector_works(broker: ServedBroker, tmp_path: Path) -> None:
    async with served(broker, tmp_path) as (agent, port):
        await talk(agent, await open_line(port), broker)


async def test_no_visitor_ends_the_printed_connector(broker: ServedBroker, tmp_path: Path) -> None:
    """One sends what no text may hold; another one's chat is ended by the agent; the third goes on."""
    async with served(broker, tmp_path) as (agent, port):
        events = agent.events()
        async with await open_line(port) as stranger, await open_line(port) as other:
            await stranger.send_all(b"a\0b\n")
            await hear(stranger, "(not sent: BadPayload: Text: no text holds U+0000)\n")
            await agent.set_state(AgentState.READY)
            await stranger.send_all(b"and properly\n")
            await end_next(agent, events, "and properly")
            await hear(stranger, "(the chat has ended)\n")
            with suppress(trio.BrokenResourceError):
                await stranger.send_all(b"is nobody there?\n")
            await other.send_all(b"Good morning\n")
            await end_next(agent, events, "Good morning")


async def test_ctrl_c_ends_the_printed_connector_quietly(
    broker: ServedBroker, tmp_path: Path
) -> None:
    program = tmp_path / "lines.py"
    program.write_text(printed_program(), "utf-8")
    port = free_port()
    where = f"{broker.address[0]}:{broker.address[1]}"
    command = [sys.executable, str(program), where, str(port)]
    child = await trio.lowlevel.open_process(command, env=environment(), stderr=subprocess.PIPE)
    assert child.stderr is not None
    with trio.fail_after(PATIENCE):
        async with await open_line(port) as line:
            await line.send_all(b"a\0b\n")
            await hear(line, "(not sent: ")
            child.send_signal(signal.SIGINT)
            said = b"".join([part async for part in child.stderr])
            assert (await child.wait(), said) == (0, b"")


def test_the_printed_line_of_a_visitor_in_python_works() -> None:
    """In place of `nc`."""
    (code,) = re.findall(
        r"^python -c '\n(.*?)^'$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        code = code.replace("4000", str(server.getsockname()[1]))
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            visit, _ = server.accept()
            with visit:
                child.stdin.write(b"Good morning\n")
                child.stdin.flush()
                assert visit.recv(100) == b"Good morning\n"
                visit.sendall(b"Alice: Hello\n")
                assert child.stdout.readline() == b"Alice: Hello\n"
                child.stdin.close()
                assert child.wait(PATIENCE) == 0


async def end_next(agent: WorkplaceClient, events: AsyncIterator[Event], text: str) -> None:
    """Take the next chat, hear this in it, and end it."""
    async for event in events:
        match event:
            case Alerted(ref):
                await agent.answer(ref)
            case SentenceAdded(ref, sentence, mine=False) if sentence.text == text:
                await agent.hang_up(ref)
                return
            case _:
                pass


async def talk(agent: WorkplaceClient, line: trio.SocketStream, broker: ServedBroker) -> None:
    events = agent.events()
    await agent.set_state(AgentState.READY)
    await line.send_all(b"Good morning\n")
    chat: ChatRef | None = None
    async for event in events:
        match event:
            case Alerted(ref, info):
                assert info.remote_party_name == "Somebody"
                await agent.answer(ref)
                chat = ref
            case SentenceAdded(_, sentence, mine=False):
                assert sentence.text == "Good morning"
                break
            case _:
                pass
    assert chat is not None
    await agent.send(chat, "Hello", party_name="Alice")
    await hear(line, "Alice: Hello\n")
    async for event in events:
        if isinstance(event, SentenceConfirmed):
            assert event.sentence.text == "Hello"
            break
    await trio.to_thread.run_sync(broker.kill)
    await line.send_all(b"Still there?\n")
    await trio.to_thread.run_sync(broker.start)
    async for event in events:
        if isinstance(event, SentenceAdded):
            assert (event.sentence.counter, event.sentence.text) == (3, "Still there?")
            break
    await line.aclose()
    async for event in events:
        if isinstance(event, ChatChanged) and event.status is ChatStatus.CLOSED:
            assert event.info.close_reason is CloseReason.EXTERNAL
            break
