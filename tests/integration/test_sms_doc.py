"""docs/connectors/sms.md: what it tells to write is taken and works, and what it names is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
from attrs import fields

from broker.child import ServedBroker, free_port
from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.settings import read
from connectors.client.connect import connect_workplace
from connectors.client.events import Alerted, Event, SentenceAdded, SentenceConfirmed
from connectors.sms.accounts import accounts_of
from connectors.sms.settings import (
    AccountSettings,
    Proof,
    Receipts,
    Request,
    Smpp,
    SmsSettings,
    Texts,
    Web,
)
from protocol.identifiers import derive
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import AgentState, Channel, Direction
from tests.house.walk import Block, blocks
from tests.support.terminals import ROOT, environment, sample_broker

PAGE = ROOT / "docs" / "connectors" / "sms.md"
TEXT = PAGE.read_text("utf-8")
PATIENCE = 40.0
GATEWAYS = tuple(
    GatewayInfo(
        display_name="SMS",
        peer_address="sms",
        channel=Channel.SMS,
        direction=direction,
        id=derive("message_gateway", "SMS"),
    )
    for direction in (Direction.I, Direction.O)
)
ANSWER = MessageContentInfo(
    message_id=derive("message", "1"),
    delivery_system_id="1",
    gateway_id=GATEWAYS[1].id,
    from_field="Alice",
    remote_address="(555) 222-1111",
    direction=Direction.O,
    received_sent_time=datetime(2026, 3, 1, tzinfo=UTC),
    body_text="Until six & a bit longer",
)
SECRETS = {
    "SMS_TOKEN": "sms-secret",
    "PROVIDER_TOKEN": "provider-secret",
    "HOOK_SECRET": "hook-secret",
}


def titled(title: str) -> list[Block]:
    return [block for block in blocks(PAGE) if block.title == title]


def test_every_file_of_the_page_is_good() -> None:
    (first,) = titled("sms.toml")
    content = tomllib.loads(first.text)
    named = set(re.findall(r'_env = "(\w+)"', TEXT))
    content["broker"]["gateways"] += ["sms-twilio", "sms-vonage", "sms-other", "sms-smsc"]
    for part in titled("a part of sms.toml"):
        content["sms"]["accounts"] |= tomllib.loads(part.text)["sms"]["accounts"]
    settings = read(content, "sms", SmsSettings, dict.fromkeys(named, "secret"))
    found = accounts_of(settings.own)
    assert [one.name for one in found] == ["main", "twilio", "vonage", "other", "smsc"]


@pytest.mark.parametrize(
    "section", [SmsSettings, AccountSettings, Request, Texts, Receipts, Proof, Smpp, Web]
)
def test_every_key_is_told_of(section: type) -> None:
    for member in fields(section):
        known = re.search(rf"(?m)`{member.name}( = \w+)?`|^{member.name} = ", TEXT)
        assert known, member.name


@pytest.fixture
def ports() -> dict[str, str]:
    return {port: str(free_port()) for port in ("7070", "8080", "8081", "9103")}


@pytest.fixture
def place(tmp_path: Path, ports: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the files of the page."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name in ("sms.toml", "provider.py", "text.sh"):
        (block,) = titled(name)
        text = re.sub("7070|808[01]|9103", lambda it: ports[it[0]], block.text)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def broker(place: Path, ports: dict[str, str]) -> Iterator[ServedBroker]:
    served = sample_broker(place)
    file = place / "sms.toml"
    file.write_text(file.read_text("utf-8").replace(ports["7070"], str(served.address[1])))
    (addition,) = titled("parley.toml, in addition")
    with served.config.open("a", encoding="utf-8") as config:
        config.write(f"\n{addition.text}")
    with served:
        yield served


@contextmanager
def running(where: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A program of the page at work."""
    child = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=where,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.terminate()
        child.communicate(timeout=PATIENCE)


async def listens(port: str) -> None:
    with trio.fail_after(PATIENCE):
        while True:
            try:
                await (await trio.open_tcp_stream("127.0.0.1", int(port))).aclose()
            except OSError:
                await trio.sleep(0.05)  # real time: another process starts
            else:
                return


async def run(where: Path, command: Sequence[str]) -> str:
    """Run a program to its end: what it printed."""
    done = await trio.run_process(
        command, cwd=where, env=environment(), capture_stdout=True, check=False
    )
    assert done.returncode == 0
    return done.stdout.decode()


@asynccontextmanager
async def at_work(place: Path, ports: dict[str, str]) -> AsyncIterator[subprocess.Popen[str]]:
    """Everything that the page starts: gives the provider."""
    sms = ("-m", "broker.cli", "sms", "sms.toml")
    checked = await run(place, [sys.executable, *sms, "--check"])
    assert checked == "sms.toml: good\n"
    with running(place, "provider.py") as provider, running(place, *sms, "--quiet"):
        await listens(ports["8080"])
        await listens(ports["8081"])
        yield provider


async def until(events: AsyncIterator[Event], kind: type[Event]) -> Any:
    """The next event of a kind."""
    with trio.fail_after(PATIENCE):
        async for event in events:
            if isinstance(event, kind):
                return event
    raise AssertionError


@pytest.mark.requires("curl")
async def test_a_text_is_answered_and_its_receipt_confirms_that(
    broker: ServedBroker, place: Path, ports: dict[str, str]
) -> None:
    """B-60: from the webhook to the agent, to the provider, and back."""
    address = f"{broker.address[0]}:{broker.address[1]}"
    async with (
        at_work(place, ports) as provider,
        connect_workplace(address, "101", "alice", "alice-secret") as agent,
    ):
        events = agent.events()
        await agent.set_state(AgentState.READY)
        await run(place, ["/bin/sh", "text.sh"])
        alerted = await until(events, Alerted)
        assert alerted.info.remote_address == "+15552221111"
        await agent.answer(alerted.ref)
        heard = await until(events, SentenceAdded)
        assert heard.sentence.text == "Are you open today?"
        await agent.send(alerted.ref, "Until six & a bit longer")
        assert provider.stdout is not None
        line = await trio.to_thread.run_sync(provider.stdout.readline)
        assert line == "15552221111 Until six & a bit longer\n"
        confirmed = await until(events, SentenceConfirmed)
        assert confirmed.sentence.text == "Until six & a bit longer"
        await agent.hang_up(alerted.ref)


async def test_an_answer_goes_to_the_provider_and_its_receipt_comes_back(
    place: Path, ports: dict[str, str]
) -> None:
    broker = PlayedBroker(gateways=GATEWAYS, token=SECRETS["SMS_TOKEN"])
    listener = await anyio.create_tcp_listener(
        local_host="127.0.0.1", local_port=int(ports["7070"])
    )
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, broker.serve)
        async with at_work(place, ports) as provider:
            assert await broker.until(lambda: bool(broker.heard("ES_SL_GETGATEWAYS")), PATIENCE)
            await broker.sending(ANSWER)
            assert provider.stdout is not None
            line = await trio.to_thread.run_sync(provider.stdout.readline)
            assert line == "15552221111 Until six & a bit longer\n"
            assert await broker.until(lambda: bool(broker.heard("ES_MESSAGE_REPORT")), PATIENCE)
            (sent,) = broker.heard("ES_MESSAGE_SENT")
            assert (sent.payload.id, sent.payload.data) == (ANSWER.message_id, None)
            assert sent.payload.reference == "session-1"
            (report,) = broker.heard("ES_MESSAGE_REPORT")
            assert (report.payload.id, report.payload.data) == (ANSWER.message_id, "Delivered")
        tasks.cancel_scope.cancel()
    assert broker.findings == []
