"""Other names in a recording."""

from __future__ import annotations

from typing import Any

from broker.recording.format import Opened, Passed, Recording, Side
from broker.recording.names import fresh_names, renamed

KEY = "aaaaaaaa-0000-4000-a000-000000000001"
MADE = "bbbbbbbb-0000-4000-a000-000000000001"


def talk(*frames: tuple[Side, list[Any]]) -> Recording:
    """A recording of these frames."""
    passed = (Passed(at=1, conn=1, sender=sender, frame=frame) for sender, frame in frames)
    return Recording({}, (Opened(at=0, conn=1), *passed))


def frames_of(recording: Recording) -> list[list[Any]]:
    return [line.frame for line in recording.lines if isinstance(line, Passed)]


TALK = talk(
    ("client", ["SYS_HELLO", {"Peers": ["web"], "Token": "$TOKEN:web"}]),
    ("client", ["ES_CHAT_OPEN", {"Peer": "web", "ReturnChatId": KEY}]),
    ("broker", ["SE_CHAT_OUTBOUND", {"ReturnChatId": MADE}]),
    ("client", ["ES_CHAT_START", {"TrackingId": "web v1", "ReturnChatId": MADE, "PartyName": "v"}]),
    ("broker", ["SE_CHAT_LIST", [{"TrackingId": "web v1"}]]),
)


def test_a_name_is_replaced_where_it_is_a_whole_text() -> None:
    frames = frames_of(renamed(TALK, {"web": "web2", "ES_CHAT_OPEN": "x"}))
    assert frames[0] == ["SYS_HELLO", {"Peers": ["web2"], "Token": "$TOKEN:web2"}]
    assert frames[1] == ["ES_CHAT_OPEN", {"Peer": "web2", "ReturnChatId": KEY}]
    assert frames[4] == ["SE_CHAT_LIST", [{"TrackingId": "web v1"}]]


def test_what_a_broker_would_remember_gets_a_name_of_the_run() -> None:
    names = fresh_names(TALK, "r1")
    assert names["web v1"] == "web v1-r1"
    assert set(names) == {"web v1", KEY}
    assert names[KEY] != fresh_names(TALK, "r2")[KEY]
    assert frames_of(renamed(TALK, names))[4] == ["SE_CHAT_LIST", [{"TrackingId": "web v1-r1"}]]


def test_a_message_and_who_writes_it_get_names_of_the_run() -> None:
    said = {"DeliverySystemId": "<1@far>", "RequestId": "r", "RemoteAddress": "eva@far"}
    mail = talk(
        ("client", ["ES_MESSAGE_RECEIVING", said]),
        ("broker", ["SE_MESSAGE_SENDING", {"DeliverySystemId": "<m@node>", "RequestId": "k"}]),
        ("client", ["CS_MESSAGE_SEND", {"InReplyToId": "<m@node>", "RemoteAddress": "ada@far"}]),
        ("client", ["ES_BLOB_PUT", {"BlobId": KEY}]),
    )
    names = fresh_names(mail, "r1")
    assert {name: names[name] for name in said.values()} == {
        "<1@far>": "<1@far>-r1",
        "r": "r-r1",
        "eva@far": "eva@far-r1",
    }
    assert set(names) == {*said.values(), KEY}


def test_a_name_of_a_run_is_no_longer_than_one_may_be() -> None:
    long = talk(("client", ["ES_CHAT_START", {"TrackingId": "x" * 128}]))
    assert len(fresh_names(long, "12345678")["x" * 128]) == 128
