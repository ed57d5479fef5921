"""How long a start takes, and how much memory: `python -m broker.bench.start`.

The store is filled through the store itself, by the facts that a broker would have written: all open chats
talk at the same time, and all conversations go on at the same time, so the rows of one of them lie far apart.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final

from attrs import Factory, frozen

from broker.bench.config import write_config
from broker.bench.conversations import GATEWAY, Correspondence, open_conversations
from broker.bench.figures import Process
from broker.bench.prefill import fill_store
from broker.bench.settings import Load
from broker.child import ServedBroker, free_port
from broker.config.load import load
from broker.config.model import Config
from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatStarted,
    Fact,
    SentenceConfirmed,
    SentenceStored,
)
from broker.core.facts.causes import AgentCause, ChatCause
from broker.core.sentence import Words
from broker.store.store import Store
from protocol.identifiers import derive
from protocol.values import AgentState, ChatStatus

_BATCH: Final = 10_000
_READY: Final = "listening on "
_SECOND: Final = 1_000_000


@frozen(kw_only=True)
class Contents:
    """What is in the store.

    Attributes:
        chats: Open chats, each answered by an agent.
        sentences: Sentences in each of them, confirmed but for the last one.
        rows: Rows of sentences in the whole store; what is not of open chats is of old ones.
        text_bytes: Length of a sentence.
        letters: Conversations that wait.
    """

    chats: int = 0
    sentences: int = 20
    rows: int = 0
    text_bytes: int = 60
    letters: Correspondence = Factory(Correspondence)


@frozen(kw_only=True)
class Start:
    """One start.

    Attributes:
        seconds: From the start of the process until it is ready.
        process: What it has taken by then.
    """

    seconds: float
    process: Process


def open_chats(config: Config, contents: Contents, first: int, now: int) -> Iterator[Fact]:
    """The facts of chats that are being talked in, as they would come."""
    gateways, agents = list(config.gateways), list(config.agents)
    numbers = range(first, first + contents.chats)
    for agent in agents:
        yield AgentMoved(
            agent=agent,
            at=now,
            since=now,
            state=AgentState.READY,
            reason=None,
            next_state=None,
            cause=AgentCause.LOGIN,
            workplace=None,
            missed=0,
        )
    for no in numbers:
        agent = agents[no % len(agents)]
        chat = derive("bench", f"chat {no}")
        yield ChatStarted(
            chat=chat,
            no=no,
            at=now,
            gateway=gateways[no % len(gateways)],
            tracking_id=f"visitor {no}",
            party_name="Visitor",
            remote_address=None,
            culture="en",
            user_token=None,
            ext_response=None,
        )
        yield ChatMoved(
            chat=chat,
            no=no,
            at=now,
            status=ChatStatus.ANSWERED,
            cause=ChatCause.ANSWERED,
            agent=agent,
            priority=0,
            enqueued_at=now,
        )
    text = ("Good morning, I should like to know where my parcel is. " * 20)[: contents.text_bytes]
    for counter in range(1, contents.sentences + 1):
        outbound = counter % 2 == 0
        for no in numbers:
            chat, key = derive("bench", f"chat {no}"), derive("bench", f"sentence {no} {counter}")
            writer = agents[no % len(agents)] if outbound else None
            at = now + counter * _SECOND
            words = Words(key, "Eva", text, at, outbound, 0, at, writer)
            yield SentenceStored(chat, no, counter, words)
            if counter < contents.sentences:
                yield SentenceConfirmed(chat, no, counter, at + _SECOND)


def fill(broker: ServedBroker, contents: Contents) -> None:
    """Put into the store of a broker that does not run what is to be there."""
    spoken = contents.chats * contents.sentences
    fill_store(broker, max(1, contents.rows - spoken), contents.text_bytes)
    config = load(broker.config).config
    now = time.time_ns() // 1_000 - 3_600 * _SECOND
    store = Store.open(f"sqlite:///{broker.config.parent}/bench.db")
    try:
        facts = chain(
            open_chats(config, contents, store.recover(config, now).next_chat, now),
            open_conversations(config, contents.letters, now),
        )
        while batch := list(islice(facts, _BATCH)):
            store.commit(batch)
    finally:
        store.close()


def measure_starts(contents: Contents, times: int) -> list[Start]:
    """Fill a store and start a broker with it some times; each is ended as by a loss of power."""
    directory = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    try:
        address = ("127.0.0.1", free_port())
        config = directory / "bench.toml"
        write_config(config, address, Load())
        with config.open("a") as file:
            file.write(GATEWAY)
        fill(ServedBroker(config, address, directory / "filled.log"), contents)
        return [
            _started(ServedBroker(config, address, directory / f"start-{number}.log"))
            for number in range(times)
        ]
    finally:
        shutil.rmtree(directory)


def _started(broker: ServedBroker) -> Start:
    begin = time.monotonic()
    broker.start()
    try:
        while _READY not in broker.log.read_text():
            time.sleep(0.005)  # it accepts before it is ready
        return Start(seconds=time.monotonic() - begin, process=Process.read(broker.pid))
    finally:
        broker.kill()


def main(argv: Sequence[str] | None = None) -> int:
    """Measure starts of a broker on a store that is filled for it, and print them.

    Returns:
        Exit status.
    """
    usual = Contents()
    parser = argparse.ArgumentParser(prog="python -m broker.bench.start", description=main.__doc__)
    parser.add_argument("--chats", type=int, default=usual.chats, help="open chats")
    parser.add_argument("--sentences", type=int, default=usual.sentences, help="in each of them")
    parser.add_argument("--rows", type=int, default=usual.rows, help="of sentences in all")
    parser.add_argument("--text-bytes", type=int, default=usual.text_bytes, help="of a sentence")
    letters = usual.letters
    parser.add_argument("--conversations", type=int, default=letters.conversations, help="open")
    parser.add_argument("--messages", type=int, default=letters.messages, help="in each of them")
    parser.add_argument("--body-bytes", type=int, default=letters.body_bytes, help="of a message")
    parser.add_argument("--times", type=int, default=5, help="how often it is started")
    arguments = vars(parser.parse_args(argv))
    times = arguments.pop("times")
    said = {name: arguments.pop(name) for name in ("conversations", "messages", "body_bytes")}
    contents = Contents(letters=Correspondence(**said), **arguments)
    for start in measure_starts(contents, times):
        cost = start.process
        print(
            f"ready after {start.seconds:.2f} s, {cost.cpu_seconds:.2f} s of processor time, "
            f"{cost.rss_bytes / 1e6:.0f} MB"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
