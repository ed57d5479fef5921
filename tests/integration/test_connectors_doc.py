"""The connector of docs/connectors.md, as it is printed there, against a real broker."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from attrs import fields

from broker.child import ServedBroker, free_port
from connectors.client.connect import WorkplaceClient, connect_workplace
from connectors.client.events import Alerted, ChatChanged, ChatRef, SentenceAdded, SentenceConfirmed
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


def test_it_has_thirty_lines() -> None:
    lines = [line for line in printed_program().splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("import ", "from ", '"""'))]
    assert len(said) <= 30


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


async def test_the_printed_connector_works(broker: ServedBroker, tmp_path: Path) -> None:
    program = tmp_path / "lines.py"
    program.write_text(printed_program(), "utf-8")
    port = free_port()
    address = f"{broker.address[0]}:{broker.address[1]}"
    child = start(program, address, str(port))
    try:
        with trio.fail_after(PATIENCE):
            async with connect_workplace(address, "101", "alice", "alice-secret") as agent:
                await talk(agent, await open_line(port), broker)
    finally:
        child.kill()
        child.wait()


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
