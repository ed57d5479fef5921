"""The bot of docs/bots.md, as it is printed there, against a real broker."""

import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from broker.child import ServedBroker
from connectors.client.connect import connect_connector, connect_workplace
from connectors.client.events import (
    Alerted,
    ChatChanged,
    ChatRef,
    Event,
    InternalAdded,
    SentenceAdded,
    TypingChanged,
)
from protocol.values import AgentState, ChatStatus, CloseReason
from tests.support.terminals import ROOT, environment, sample_broker

PAGE = ROOT / "docs" / "bots.md"
PATIENCE = 30.0
BOT = ("900", "robot", "robot-secret")
GREETING = "Good day, I am a robot. What is the number of your order?"
AGAIN = "The number has at least four digits. What is it?"


def printed(language: str) -> str:
    (block,) = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert isinstance(block, str)
    return block


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ServedBroker]:
    broker = sample_broker(tmp_path)
    with broker.config.open("a", encoding="utf-8") as config:
        config.write("\n" + printed("toml"))
    with broker:
        yield broker


@pytest.fixture
def bot(broker: ServedBroker, tmp_path: Path) -> Iterator["BotProgram"]:
    program = tmp_path / "orders.py"
    program.write_text(printed("python"), "utf-8")
    with BotProgram(program, address(broker)).running() as bot:
        yield bot


class BotProgram:
    """The printed program as a process."""

    def __init__(self, program: Path, where: str) -> None:
        self._command = [sys.executable, str(program), where, *BOT]
        self._child: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator["BotProgram"]:
        self.start()
        try:
            yield self
        finally:
            self.kill()

    def start(self) -> None:
        self._child = subprocess.Popen(self._command, env=environment())

    def interrupted(self) -> int:
        """Press Ctrl-C, and wait for the end."""
        assert self._child is not None
        self._child.send_signal(signal.SIGINT)
        return self._child.wait()

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()
        self._child.wait()


def address(broker: ServedBroker) -> str:
    return f"{broker.address[0]}:{broker.address[1]}"


async def until(events: AsyncIterator[Event], wanted: Callable[[Event], bool]) -> Event:
    async for event in events:
        if wanted(event):
            return event
    raise AssertionError("the session ended before")


async def until_ready(broker: ServedBroker) -> None:
    """Wait for the bot to be at work: one that is away is passed over (B-40)."""
    async with connect_workplace(address(broker), "102", "bob", "bob-secret") as bob:
        there: list[tuple[str | None, AgentState | None]] = []
        while ("Robot", AgentState.READY) not in there:
            there = [(one.agent_name, one.state) for one in await bob.agents()]


def says(text: str) -> Callable[[Event], bool]:
    return lambda event: (
        isinstance(event, SentenceAdded) and not event.mine and event.sentence.text == text
    )


def has_status(status: ChatStatus) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, ChatChanged) and event.status is status


def test_it_has_thirty_lines() -> None:
    assert len([line for line in printed("python").splitlines() if line.strip()]) <= 30


async def test_the_printed_bot_talks(broker: ServedBroker, bot: BotProgram) -> None:
    """B-40."""
    with trio.fail_after(PATIENCE):
        await until_ready(broker)
        async with connect_connector(address(broker), ["web"], "web-secret") as visitor:
            events = visitor.events()
            chat = await visitor.start_chat(party_name="Jana")
            await until(events, says(GREETING))
            await visitor.send(chat, "let me look...")
            await until(events, lambda event: event == TypingChanged(chat, True))
            await until(events, lambda event: event == TypingChanged(chat, False))
            await trio.to_thread.run_sync(broker.kill)
            visitor.send_soon(chat, "it is 12")
            await trio.to_thread.run_sync(broker.start)
            await until(events, says(AGAIN))
            bot.kill()
            await visitor.send(chat, "or 13")
            bot.start()
            await until(events, says(AGAIN))
            await visitor.send(chat, "bye")
            await until(events, says("Good-bye!"))
            closed = await until(events, has_status(ChatStatus.CLOSED))
            assert isinstance(closed, ChatChanged)
            assert closed.info.close_reason is CloseReason.AGENT
            known = visitor.chat(chat)
            assert known is not None
            said = [one.text for one in known.view.sentences.values() if one.is_outbound]
            assert said == [GREETING, AGAIN, AGAIN, "Good-bye!"]


async def test_the_printed_bot_hands_over(broker: ServedBroker, bot: BotProgram) -> None:
    """B-40, B-29."""
    with trio.fail_after(PATIENCE):
        await until_ready(broker)
        async with (
            connect_connector(address(broker), ["web"], "web-secret") as visitor,
            connect_workplace(address(broker), "102", "bob", "bob-secret") as bob,
        ):
            said, offers = visitor.events(), bob.events()
            chat = await visitor.start_chat(party_name="Jana")
            await until(said, says(GREETING))
            await bob.set_state(AgentState.READY)
            await visitor.send(chat, "It is 4711, and it is late.")
            await until(said, says("Thank you, here is a colleague."))
            offer = await until(offers, lambda event: isinstance(event, Alerted))
            assert isinstance(offer, Alerted)
            await bob.answer(offer.ref)
            note = await until(offers, lambda event: isinstance(event, InternalAdded))
            assert isinstance(note, InternalAdded)
            assert (note.sentence.text, note.mine) == ("order: 4711", False)
            await talk(offer.ref, said, bob.send_soon)


async def test_ctrl_c_ends_the_printed_bot_quietly(
    broker: ServedBroker, bot: BotProgram, capfd: pytest.CaptureFixture[str]
) -> None:
    with trio.fail_after(PATIENCE):
        await until_ready(broker)
        assert await trio.to_thread.run_sync(bot.interrupted) == 0
    assert "Traceback" not in capfd.readouterr().err


async def talk(
    ref: ChatRef, said: AsyncIterator[Event], send_soon: Callable[[ChatRef, str], str]
) -> None:
    send_soon(ref, "Hello, I am Bob")
    await until(said, says("Hello, I am Bob"))


async def test_no_visitor_ends_the_printed_bot(broker: ServedBroker, bot: BotProgram) -> None:
    """B-40: the longest number is too long for a note, and its visitor gets a person all the same."""
    with trio.fail_after(PATIENCE):
        await until_ready(broker)
        async with connect_connector(address(broker), ["web"], "web-secret") as visitor:
            events = visitor.events()
            for number in ("1" * 32_768, "1234"):
                chat = await visitor.start_chat(party_name="Jana")
                await until(events, says(GREETING))
                await visitor.send(chat, number)
                await until(events, says("Thank you, here is a colleague."))
                await until(events, has_status(ChatStatus.WAITING))
