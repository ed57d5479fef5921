"""The engine: what a frame lacks is read before it goes, and nothing overtakes it (I-4, I-11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import frozen

from broker.core import broker
from broker.core.decision import Decision
from broker.core.effects import Answer, Deferred, Recall, Reply, StoredKey
from broker.core.inputs import RecalledFrame, Stamp
from broker.core.state import Session, State
from broker.store import StoreError
from protocol.chat import ChatServiceInfo
from protocol.frame import Frame
from protocol.values import Guid
from tests.support.engine_bench import Bench

ASKED = Guid("00000000-0000-0000-0000-000000000009")


@frozen
class Lacking(Deferred):
    """An answer whose name is in the store."""

    number: int

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        return (("message", self.number), ("message", 1))

    @property
    def size(self) -> int:
        return 10

    def filled(self, found: Mapping[StoredKey, Any]) -> ChatServiceInfo:
        return ChatServiceInfo(peer="web", tracking_id=found["message", self.number])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    def lacking(_s: State, _t: Stamp, session: Session, frame: Frame) -> Decision:
        payload = frame.payload
        assert isinstance(payload, ChatServiceInfo)
        number = int(payload.tracking_id or 0)
        return Decision(
            answer=Answer(session.number, None, Reply("SE_CHAT_RESPONSE", Lacking(number)))
        )

    monkeypatch.setitem(broker.HANDLERS, "ES_CHAT_REQUEST", lacking)
    found = Bench()
    found.held = []
    return found


def answer(bench: Bench, found: Mapping[StoredKey, object] | BaseException) -> None:
    assert bench.held is not None
    bench.held[0](found)


def test_a_frame_goes_out_whole(bench: Bench) -> None:
    bench.ask("ES_CHAT_REQUEST", "7")
    bench.ask("ES_CHAT_REQUEST", "8")
    bench.engine.pump()
    assert bench.sent == []
    assert bench.reads == [[("message", 7), ("message", 1), ("message", 8)]]  # each thing once
    answer(bench, {("message", 7): "seven", ("message", 8): "eight", ("message", 1): "one"})
    assert bench.sent == ["SE_CHAT_RESPONSE seven", "SE_CHAT_RESPONSE eight"]
    assert bench.engine.idle


def test_it_is_read_after_its_commit_and_nothing_overtakes_it(bench: Bench) -> None:
    """I-11, I-4."""
    bench.ask("ES_CHAT_START", "t1")
    bench.ask("ES_CHAT_REQUEST", "7")
    bench.engine.pump()
    assert (len(bench.commits), bench.reads) == (1, [])
    bench.finish()
    assert bench.sent == []
    bench.ask("ES_CHAT_START", "t2")
    bench.engine.pump()
    assert bench.commits == []  # decided, and waits for what is read
    answer(bench, {("message", 7): "seven", ("message", 1): "one"})
    assert bench.sent == [*["SE_CHAT_STATUS t1"] * 2, "SE_CHAT_RESPONSE seven"]
    assert bench.started(0) == ["t2"]


def test_what_cannot_be_read_is_as_bad_as_what_cannot_be_stored(bench: Bench) -> None:
    """W-20: nobody is told half of something."""
    bench.ask("ES_CHAT_REQUEST", "7")
    bench.engine.pump()
    error = StoreError("gone")
    answer(bench, error)
    assert (bench.sent, bench.failures, bench.engine.failed) == ([], [error], True)
    answer(bench, {})  # too late
    assert bench.sent == []


def test_a_frame_comes_again_with_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """B-55: in its place, before what came meanwhile; nobody hears of it before."""
    seen: list[tuple[object, object]] = []

    def asking(_s: State, _t: Stamp, session: Session, frame: Frame) -> Decision:
        payload = frame.payload
        assert isinstance(payload, ChatServiceInfo)
        if not isinstance(frame, RecalledFrame) and payload.tracking_id == "7":
            return Decision(notices=[Recall(session.number, frame, ASKED)])
        seen.append((payload.tracking_id, getattr(frame, "stored", None)))
        return Decision()

    monkeypatch.setitem(broker.HANDLERS, "ES_CHAT_REQUEST", asking)
    bench = Bench()
    bench.held = []
    bench.ask("ES_CHAT_REQUEST", "7")
    bench.engine.pump()
    bench.ask("ES_CHAT_REQUEST", "8")
    bench.ask("ES_CHAT_REQUEST", "7")
    assert (bench.reads, bench.sent) == ([[("recalled", 9)]], [])
    answer(bench, {("recalled", 9): "found"})
    assert seen == [("7", "found"), ("8", None)]
    bench.held[1]({})  # there is nothing of that name by then
    assert seen[-1] == ("7", None)
    assert bench.engine.idle
