"""What a later broker may say is written in both encodings as they are on the wire."""

from typing import Any

import pytest
from attrs import evolve

from connectors.channels.conform.session import unknown_frame, with_unknown_member
from protocol.encoding import JSON, MESSAGEPACK, Encoding, encoding_of
from protocol.errors import WireError
from protocol.message import MessageContentInfo
from tests.support.channel_messages import MESSAGE


@pytest.mark.parametrize("encoding", [JSON, MESSAGEPACK], ids=lambda it: it.name)
def test_a_frame_of_an_unknown_type_is_only_that(encoding: Encoding) -> None:
    frame = unknown_frame(encoding)
    body = frame[4:]
    assert int.from_bytes(frame[:4], "big") == len(body)
    assert encoding_of(body) is encoding
    with pytest.raises(WireError, match="unknown type 'SE_NEWS_OF_TOMORROW'"):
        encoding.decode(body)


@pytest.mark.parametrize("encoding", [JSON, MESSAGEPACK], ids=lambda it: it.name)
@pytest.mark.parametrize("members", [{}, {"culture": "en", "body_html": "x", "to_field": "y"}])
def test_an_unknown_member_is_put_beside_the_others(
    encoding: Encoding, members: dict[str, Any]
) -> None:
    message = evolve(MESSAGE, **members)
    packed = encoding.pack("SE_MESSAGE_SENDING", message)
    frame = encoding.assemble(with_unknown_member(packed, encoding), None)
    assert b"NewMember" in frame
    found = encoding.decode(frame[4:]).payload
    assert isinstance(found, MessageContentInfo)
    assert found == message


def test_a_map_of_many_members_is_known_by_its_head() -> None:
    many: dict[str, Any] = {
        "culture": "en", "body_html": "x", "to_field": "y", "to_cc_field": "z", "mark": 1,
        "subject_field": "s", "from_field": "f", "request_id": "r", "in_reply_to_id": "i",
        "extended_fields": "e", "spam_level": 0, "rating": 1, "hierarchy": 2,
    }  # fmt: skip
    message = evolve(MESSAGE, **many)
    packed = MESSAGEPACK.pack("SE_MESSAGE_SENDING", message)
    frame = MESSAGEPACK.assemble(with_unknown_member(packed, MESSAGEPACK), None)
    assert MESSAGEPACK.decode(frame[4:]).payload == message
