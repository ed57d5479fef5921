"""What is weighed is never lighter than it will be on the wire, in either encoding (I-14, W-3)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from broker.config.sections.directory import PEER_BYTES, PORT_BYTES
from broker.core.limits import chat_bytes, sentence_bytes
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.encoding import JSON, MESSAGEPACK, Encoding
from protocol.values import ChatStatus, Guid
from tests.conformance.samples import TIME, guid

encodings = pytest.mark.parametrize("encoding", [MESSAGEPACK, JSON], ids=lambda one: one.name)
said = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.text(
    '"\\\\\n\x01\x7f\u2028', max_size=80
)
LONGEST: Any = {"peer": "p" * PEER_BYTES, "port": "q" * PORT_BYTES, "chat_id": guid(1)}
STATUS = ChatStatusInfo(
    **LONGEST,
    status=ChatStatus.ANSWERED,
    agent_name="n" * 160,
    agent_id=Guid(guid(2)),
    dead_time_utc=TIME,
    scenario_id=Guid(guid(3)),
)


def added(encoding: Encoding, few: ChatStatusInfo, more: ChatStatusInfo) -> int:
    """How many bytes one payload is longer than another."""
    kind = "SE_CHAT_STATUS"
    return len(encoding.pack(kind, more)) - len(encoding.pack(kind, few))


@encodings
@given(said, said, said, said)
def test_a_sentence_is_never_heavier_than_its_weight(
    encoding: Encoding, key: str, name: str, text: str, tracking_id: str
) -> None:
    """I-14, W-9: whatever has to be escaped, too."""
    sentence = ChatSentenceInfo(
        **LONGEST,
        tracking_id=tracking_id,
        id=key,
        party_name=name,
        text=text,
        time_sent=TIME,
        counter=2_000_000_000,
        confirmed_time=TIME,
        model=10,
    )
    none = evolve(STATUS, sentences=())
    taken = added(encoding, none, evolve(none, sentences=(sentence,))) + 1
    assert taken <= sentence_bytes(key, name, text, tracking_id)


@encodings
@given(said)
def test_a_chat_is_never_heavier_than_its_weight(encoding: Encoding, tracking_id: str) -> None:
    """I-14, W-9."""
    chat = evolve(STATUS, tracking_id=tracking_id)
    taken = len(encoding.pack("SE_CHAT_LIST", (chat,))) - len(encoding.pack("SE_CHAT_LIST", ()))
    assert taken + 1 <= chat_bytes(tracking_id)
