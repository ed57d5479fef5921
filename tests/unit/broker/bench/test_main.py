from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from broker.bench import frames
from broker.bench.config import write_config
from broker.bench.figures import Figures, Latency, Process, table
from broker.bench.main import stand_in
from broker.bench.run import Target, measure
from broker.bench.settings import Load, gateway_peer
from broker.config.load import load
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.codec import decode

pytestmark = pytest.mark.slow

SMALL = Load(
    connectors=3,
    agents=2,
    chats=12,
    outstanding=6,
    seconds=0.3,
    warmup=0.1,
    sentences_per_chat=2,
)


@pytest.fixture
def stub() -> Iterator[Target]:
    with stand_in() as target:
        yield target


@pytest.mark.parametrize("processes", [1, 2])
def test_sentences_come_full_circle_while_chats_are_replaced(stub: Target, processes: int) -> None:
    # So long that chats are replaced on a machine that has much else to do, too.
    load = evolve(SMALL, processes=processes, seconds=2.0)
    figures = measure("small", load, stub)
    assert figures.sentences > load.chats * load.sentences_per_chat
    assert figures.errors == {}
    assert figures.unfinished == 0
    assert figures.echo is not None
    assert 0 < figures.echo.p50 <= figures.echo.p99 <= figures.echo.p999


def test_a_rate_is_kept(stub: Target) -> None:
    figures = measure("rate", evolve(SMALL, rate=100.0, seconds=0.5), stub)
    assert 0 < figures.sentences <= 60
    assert figures.unfinished == 0


def test_every_part_of_a_load_is_in_exactly_one_share() -> None:
    load = Load(connectors=5, agents=3, chats=10, outstanding=7, processes=2, rate=100.0)
    shares = [load.share(n) for n in range(2)]
    assert sorted(n for share in shares for n in share.connectors) == list(range(5))
    assert sorted(n for share in shares for n in share.agents) == list(range(3))
    assert sum(share.chats for share in shares) == 10
    assert sum(share.outstanding for share in shares) == 7
    assert [share.rate for share in shares] == [50.0, 50.0]


def test_the_configuration_has_no_fault_and_every_gateway(tmp_path: Path) -> None:
    file = tmp_path / "bench.toml"
    write_config(file, ("127.0.0.1", 7070), Load(connectors=3, agents=2, processes=2))
    config = load(file).config
    assert {gateway.peer for gateway in config.gateways.values()} == set(
        map(gateway_peer, range(3))
    )
    assert len(config.agents) == 2


def test_a_patched_sentence_is_a_good_frame() -> None:
    tracking = frames.tracking_id(1, 2, 3)
    assert len(tracking) == frames.TRACKING_LENGTH
    assert frames.slot_of_tracking(tracking.encode()) == 2
    head, tail = frames.sentence("web", tracking, "Hello").pieces
    key = b"%016x%06x%04x" % (123, 2, 9)
    said = decode((head + key + tail)[4:]).payload
    assert isinstance(said, ChatSentenceInfo)
    assert (said.id, said.tracking_id, said.text) == (key.decode(), tracking, "Hello")


def test_a_patched_confirmation_is_a_good_frame() -> None:
    chat = b"11111111-1111-4111-8111-111111111111"
    before, between, after = frames.confirm("101").pieces
    command = decode(b"".join((before, chat, between, b"k" * frames.ID_LENGTH, after))[4:]).payload
    assert isinstance(command, ChatCommandInfo)
    assert (command.chat_id, command.id) == (chat.decode(), "k" * frames.ID_LENGTH)


def test_percentiles() -> None:
    latency = Latency.of(n * 1_000_000 for n in range(1_000, 0, -1))
    assert latency is not None
    assert (latency.p50, latency.p99, latency.p999) == (501.0, 991.0, 1_000.0)
    assert Latency.of([]) is None


def test_a_process_is_read_from_the_system() -> None:
    mine = Process.read(os.getpid())
    assert mine.cpu_seconds > 0
    assert mine.rss_bytes > 1 << 20


def test_the_table_says_what_went_wrong_and_what_is_not_known() -> None:
    figures = Figures(
        name="some",
        seconds=1.0,
        sentences=0,
        per_second=0.0,
        echo=None,
        delivery=None,
        circle=None,
        errors={"ChatClosed ES_CHAT_SENTENCE: closed": 2},
        unfinished=1,
        broker_cpu_us=None,
        loader_cpu_us=0.0,
        rss_bytes=None,
    )
    head, rule, row, error = table([figures]).splitlines()
    assert set(rule) == {"-", " "}
    assert head.split()[0] == "measurement"
    assert row.split() == ["some", "0", *"-------", "0", "-", "3", "0.00"]
    assert error == "  2 x ChatClosed ES_CHAT_SENTENCE: closed"
