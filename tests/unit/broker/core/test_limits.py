"""What is weighed is never lighter than it will be on the wire, in either encoding (I-14, W-3)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from broker.config.sections.directory import PEER_BYTES, PORT_BYTES
from broker.core.limits import chat_bytes
from protocol.chat import ChatStatusInfo
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


@encodings
@given(said)
def test_a_chat_is_never_heavier_than_its_weight(encoding: Encoding, tracking_id: str) -> None:
    """I-14, W-9."""
    chat = evolve(STATUS, tracking_id=tracking_id)
    taken = len(encoding.pack("SE_CHAT_LIST", (chat,))) - len(encoding.pack("SE_CHAT_LIST", ()))
    assert taken + 1 <= chat_bytes(tracking_id)
