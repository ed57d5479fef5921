"""What is weighed is never lighter than it will be on the wire, in either encoding (I-14, W-3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from broker.config.sections.directory import PEER_BYTES, PORT_BYTES
from broker.core.limits import chat_bytes, pinned_digest, variables_bytes, written
from protocol.chat import ChatInfo, ChatStatusInfo, VariableInfo
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


@encodings
@given(said, said)
def test_variables_are_never_heavier_than_their_weight(
    encoding: Encoding, name: str, value: str
) -> None:
    """I-14, W-9: they are part of every snapshot of their chat."""
    none = ChatStatusInfo(info=ChatInfo(variables=()))
    one = ChatStatusInfo(info=ChatInfo(variables=(VariableInfo(name=name, value=value),)))
    few, more = (len(encoding.pack("SC_CHAT_STATUS", status)) for status in (none, one))
    assert more - few + 1 <= variables_bytes(((name, value),))


def test_what_filled_a_slot_is_known_by_its_model_and_its_text() -> None:
    """W-21: a retry of what was overwritten is no other sentence."""
    digest = pinned_digest(4, "/cart")
    assert digest == pinned_digest(4, "/cart")
    assert digest not in (pinned_digest(6, "/cart"), pinned_digest(4, "/car"))


@given(said)
def test_a_text_weighs_what_json_makes_of_it(text: str) -> None:
    assert written(text) == len(json.dumps(text, ensure_ascii=False).encode())
