"""Conversations for measurements: a state of which every law holds."""

from __future__ import annotations

from pathlib import Path

from broker.bench.config import write_config
from broker.bench.conversations import GATEWAY, Correspondence, open_conversations
from broker.bench.settings import Load
from broker.config.load import load
from broker.core.apply import apply
from broker.core.invariants import check
from broker.core.state import State
from protocol.values import ChatStatus, MessageStatus

NOW = 1_800_000_000_000_000


def test_they_wait_with_answers_that_were_sent(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    write_config(path, ("127.0.0.1", 1), Load(connectors=1, agents=1))
    path.write_text(path.read_text() + GATEWAY)
    config = load(path).config
    state = State(config=config, now=NOW, up=NOW)
    wanted = Correspondence(conversations=3, messages=4, body_bytes=99)
    for fact in open_conversations(config, wanted, NOW):
        apply(state, fact)
    talks = list(state.messages.conversations.values())
    assert [talk.status for talk in talks] == [ChatStatus.WAITING] * 3
    for talk in talks:
        assert [message.counter for message in talk.messages] == [1, 2, 3, 4]
        assert {message.size for message in talk.messages} == {198}
        deliveries = [m.delivery.status for m in talk.messages if m.delivery is not None]
        assert deliveries == [MessageStatus.SENT] * 2
    assert check(state) == []


def test_none_are_made_where_none_are_wanted(tmp_path: Path) -> None:
    """Nor is a gateway needed for that."""
    path = tmp_path / "bench.toml"
    write_config(path, ("127.0.0.1", 1), Load(connectors=1, agents=1))
    assert list(open_conversations(load(path).config, Correspondence(), NOW)) == []
