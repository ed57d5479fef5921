"""The made readers and writers say the same as the table of members (W-5..W-8)."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.chat import ChatServiceInfo, ChatStatusInfo
from protocol.codegen import read_all, reader_of, writer_of
from protocol.scalars import MemberError
from protocol.schema import Kind, members
from protocol.values import ChatStatus, Guid

GUID = "00000000-0000-4000-8000-0000000000aa"
READ, WRITE = reader_of.__wrapped__, writer_of.__wrapped__


def test_a_map_is_read_and_written_as_it_was() -> None:
    said = {
        "Peer": "web",
        "ChatId": GUID,
        "Status": "Answered",
        "Sentences": [{"ID": "a", "Text": "Hello", "IsOutbound": False, "Counter": 1, "Model": 0}],
    }
    read = READ(ChatStatusInfo)({**said, "New": 7, "AgentName": None})
    assert (read.chat_id, read.status, read.agent_name) == (Guid(GUID), ChatStatus.ANSWERED, None)
    assert read.sentences[0].text == "Hello"
    written = WRITE(ChatStatusInfo)(read)
    assert written["Sentences"][0]["Text"] == "Hello"
    assert READ(ChatStatusInfo)(written) == read
    assert READ(ChatStatusInfo)(WRITE(ChatStatusInfo, json=True)(read)) == read


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ([], ""),
        ({"Peer": 7}, "Peer"),
        ({"Status": "Sleeping"}, "Status"),
        ({"Sentences": {}}, "Sentences"),
        ({"Sentences": [{}, {"Text": 7}]}, "Sentences[1].Text"),
        ({"Info": []}, "Info"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(payload: Any, path: str) -> None:
    """W-14."""
    with pytest.raises(MemberError) as caught:
        READ(ChatStatusInfo)(payload)
    assert caught.value.path == path


def test_a_required_member_must_be_there() -> None:
    read = READ(ChatServiceInfo, ("TrackingId",))
    assert read({"TrackingId": "t1"}).tracking_id == "t1"
    for payload in ({}, {"TrackingId": None}):
        with pytest.raises(MemberError) as caught:
            read(payload)
        assert caught.value.path == "TrackingId"


def test_a_null_member_may_read_as_something_else() -> None:
    read = READ(ChatServiceInfo, (), (("party_name", "somebody"),))
    assert [read(p).party_name for p in ({}, {"PartyName": "Eva"})] == ["somebody", "Eva"]


def test_elements_are_read_in_their_order() -> None:
    read = reader_of(ChatServiceInfo)
    both = read_all(read, [{"TrackingId": "a"}, {"TrackingId": "b"}], "Items")
    assert [getattr(one, "tracking_id", None) for one in both] == ["a", "b"]


def test_the_table_has_every_member_once() -> None:
    table = members(ChatStatusInfo)
    assert len({member.wire for member in table}) == len(table)
    kinds = {member.wire: member.kind for member in table}
    assert (kinds["ChatId"], kinds["Status"]) == (Kind.GUID, Kind.ENUM)
