"""What a client may send, known before it is sent: by the rules of the codec, in either encoding."""

from datetime import UTC, datetime
from typing import Any

import pytest

from protocol.chat import ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.encoding import JSON, MESSAGEPACK, Encoding
from protocol.errors import ErrorCode, WireError
from protocol.scenario import ScenarioResultInfo
from protocol.session import Hello
from protocol.values import Role

ENCODINGS = pytest.mark.parametrize("encoding", [MESSAGEPACK, JSON], ids=["messagepack", "json"])


def sentence(**changes: object) -> ChatSentenceInfo:
    members: dict[str, Any] = {"peer": "web", "tracking_id": "t", "id": "k", "text": "Hello"}
    return ChatSentenceInfo(**(members | changes))


@ENCODINGS
def test_what_may_be_sent_is_packed_as_it_is(encoding: Encoding) -> None:
    whole = sentence(text="žluťoučký 😀", time_sent=datetime(2026, 1, 1, tzinfo=UTC))
    packed = encoding.checked("ES_CHAT_SENTENCE", whole)
    assert packed == encoding.pack("ES_CHAT_SENTENCE", whole)
    assert encoding.decode(encoding.assemble(packed, None)[4:]).payload == whole


@ENCODINGS
@pytest.mark.parametrize(
    ("type_", "payload", "code", "path"),
    [
        ("ES_CHAT_SENTENCE", sentence(tracking_id="y" * 129), ErrorCode.TOO_LONG, "TrackingId"),
        ("ES_CHAT_SENTENCE", sentence(tracking_id=" \n"), ErrorCode.BAD_PAYLOAD, "TrackingId"),
        ("ES_CHAT_SENTENCE", sentence(text="a\0b"), ErrorCode.BAD_PAYLOAD, "Text"),
        ("ES_CHAT_SENTENCE", sentence(text="a\ud800"), ErrorCode.BAD_PAYLOAD, "Text"),
        ("ES_CHAT_SENTENCE", sentence(text=None), ErrorCode.BAD_PAYLOAD, "Text"),
        ("ES_CHAT_SENTENCE", sentence(text=7), ErrorCode.BAD_PAYLOAD, "Text"),
        ("ES_CHAT_SENTENCE", sentence(model=1 << 70), ErrorCode.BAD_PAYLOAD, ""),
        ("ES_CHAT_SENTENCE", ChatServiceInfo(), ErrorCode.BAD_PAYLOAD, "Payload"),
        (
            "ES_CHAT_START",
            ChatServiceInfo(
                peer="web",
                tracking_id="t",
                result_model=ScenarioResultInfo(port="\udfff"),
            ),
            ErrorCode.BAD_PAYLOAD,
            "ResultModel.Port",
        ),
        (
            "SYS_HELLO",
            Hello(version=1, role=Role.CONNECTOR, peers=("web", "\ud800"), token="s"),
            ErrorCode.BAD_PAYLOAD,
            "Peers[1]",
        ),
        ("ES_WS_ROUTING", "\ud800", ErrorCode.BAD_PAYLOAD, "Payload"),
        ("ES_NONSENSE", None, ErrorCode.UNKNOWN_TYPE, None),
        ("SE_CHAT_STATUS", ChatStatusInfo(), ErrorCode.NOT_ALLOWED, None),
    ],
)
def test_what_no_broker_takes_is_known_before(
    encoding: Encoding, type_: str, payload: object, code: ErrorCode, path: str | None
) -> None:
    """W-5, W-14: as the broker would say it, with the member."""
    with pytest.raises(WireError) as caught:
        encoding.checked(type_, payload)
    assert caught.value.code == code
    if path:
        assert (caught.value.path, caught.value.text.split(":")[0]) == (path, path)
