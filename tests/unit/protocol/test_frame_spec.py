"""What the table of frames says of each."""

from __future__ import annotations

from protocol.chat import ChatStatusInfo
from protocol.frame_spec import FrameSpec


def test_a_payload_is_named_as_the_documentation_writes_it() -> None:
    one = FrameSpec("SC_CHAT_STATUS", "B-6", ChatStatusInfo, "broker")
    many = FrameSpec("SC_CHAT_LIST", "B-6", ChatStatusInfo, "broker", is_array=True)
    text = FrameSpec("SE_REGISTER", "W-26", str, "broker")
    assert [spec.payload_name for spec in (one, many, text)] == [
        "ChatStatusInfo",
        "ChatStatusInfo[]",
        "str",
    ]
