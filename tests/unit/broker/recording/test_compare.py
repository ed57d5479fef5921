from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from broker.recording.compare import Bindings

A, B = "aaaaaaaa-0000-4000-a000-000000000001", "bbbbbbbb-0000-4000-a000-000000000001"
X, Y = "aaaaaaaa-0000-4000-a000-000000000002", "bbbbbbbb-0000-4000-a000-000000000002"
FIXED, OTHER = "aaaaaaaa-0000-5000-a000-000000000001", "bbbbbbbb-0000-5000-a000-000000000001"


def _compare(bindings: Bindings, expected: Any, got: Any, type_name: str = "T") -> list[str]:
    return [item.path for item in bindings.compare([type_name, expected], [type_name, got])]


def test_what_a_client_sets_for_later_is_said_as_much_later() -> None:
    bindings = Bindings()
    until, later = "2026-01-01T12:00:00Z", "2027-03-01T12:00:01.500000Z"
    assert bindings.send(["CS", {"UntilUtc": until}]) == ["CS", {"UntilUtc": until}]
    bindings = Bindings()
    began = {"TimeUtc": "2026-01-01T11:00:00Z"}, {"TimeUtc": "2027-03-01T11:00:01.5Z"}
    assert _compare(bindings, *began) == []
    assert bindings.send(["CS", {"UntilUtc": until}]) == ["CS", {"UntilUtc": later}]
    told = {"ParkedUntilUtc": until}
    assert _compare(bindings, told, {"ParkedUntilUtc": "2027-03-01T12:00:01.500Z"}) == []
    assert _compare(bindings, told, told) == ["ParkedUntilUtc"]


def test_a_guid_is_bound_on_first_sight_and_stays_bound() -> None:
    bindings = Bindings()
    assert _compare(bindings, {"ChatId": A}, {"ChatId": X}) == []
    assert _compare(bindings, {"ChatId": A}, {"ChatId": X}) == []
    assert _compare(bindings, {"ChatId": A}, {"ChatId": Y}) == ["ChatId"]


def test_two_recorded_guids_are_two_live_ones() -> None:
    bindings = Bindings()
    assert _compare(bindings, {"ChatId": A}, {"ChatId": X}) == []
    assert _compare(bindings, {"ChatId": B}, {"ChatId": X}) == ["ChatId"]


def test_a_guid_of_the_configuration_is_the_same_everywhere() -> None:
    assert _compare(Bindings(), {"AgentId": FIXED}, {"AgentId": OTHER}) == ["AgentId"]
    assert _compare(Bindings(), {"AgentId": FIXED}, {"AgentId": FIXED}) == []


def test_what_a_client_said_comes_back_as_it_was() -> None:
    bindings = Bindings()
    bindings.send(["ES", {"ID": A, "TimeSent": "2026-01-01T00:00:00Z"}])
    assert _compare(bindings, {"ID": A}, {"ID": X}) == ["ID"]
    later = {"TimeSent": "2026-01-01T00:00:01Z"}
    assert _compare(bindings, {"TimeSent": "2026-01-01T00:00:00Z"}, later) == ["TimeSent"]


def test_a_client_sends_the_live_guid_for_the_recorded_one() -> None:
    bindings = Bindings()
    _compare(bindings, {"ChatId": A}, {"ChatId": X})
    assert bindings.send(["CS", {"List": [{"ChatId": A}], "Text": A}]) == [
        "CS",
        {"List": [{"ChatId": X}], "Text": X},
    ]
    assert _compare(bindings, {"ChatId": A}, {"ChatId": X}) == []


def test_the_name_of_a_message_is_bound_with_the_guid_in_it() -> None:
    """B-52: and a client that names the message says the live name."""
    bindings = Bindings()
    told = {"MessageId": A, "DeliverySystemId": f"<{A}@node>"}
    live = {"MessageId": X, "DeliverySystemId": f"<{X}@node>"}
    assert _compare(bindings, told, live) == []
    assert (
        _compare(bindings, {"References": [f"<{A}@node>"]}, {"References": [f"<{X}@node>"]}) == []
    )
    assert bindings.send(["ES", {"InReplyToId": f"<{A}@node>"}]) == [
        "ES",
        {"InReplyToId": f"<{X}@node>"},
    ]


@pytest.mark.parametrize(
    "got",
    [f"<{X}@other>", f"<{Y}@node>", "<another@node>", f"<{X}{X}@node>", f"<{FIXED}@node>", ""],
)
def test_another_name_of_a_message_is_a_difference(got: str) -> None:
    bindings = Bindings()
    assert _compare(bindings, {"MessageId": A}, {"MessageId": X}) == []
    found = _compare(bindings, {"DeliverySystemId": f"<{A}@node>"}, {"DeliverySystemId": got})
    assert found == ["DeliverySystemId"]


def test_a_name_that_the_broker_did_not_make_is_the_same_everywhere() -> None:
    name = f"<{FIXED}@node>"
    assert _compare(Bindings(), {"InReplyToId": name}, {"InReplyToId": name}) == []
    assert _compare(Bindings(), {"InReplyToId": "<a@b>"}, {"InReplyToId": "<c@d>"}) == [
        "InReplyToId"
    ]


def test_a_list_goes_on_behind_the_live_place() -> None:
    """W-25: what a client asked for behind the recorded place it asks for behind the live one."""
    bindings = Bindings()

    def listed(recorded: object, live: object) -> list[str]:
        frames = (["SE_CHAT_LIST", [], {"More": place}] for place in (recorded, live))
        return [item.path for item in bindings.compare(*frames)]

    assert listed(7, 91) == []
    assert bindings.send(["ES_CHAT_RESYNC", {"Peer": "web", "After": 7, "Model": 7}]) == [
        "ES_CHAT_RESYNC",
        {"Peer": "web", "After": 91, "Model": 7},
    ]
    assert bindings.send(["ES_CHAT_RESYNC", {"After": 8}]) == ["ES_CHAT_RESYNC", {"After": 8}]
    assert listed(7, 92) == ["headers.More"]
    assert listed(9, None) == ["headers.More"]


def test_members_that_lack_or_are_too_many_are_differences() -> None:
    assert _compare(Bindings(), {"A": 1}, {"B": 1}) == ["A", "B"]
    assert _compare(Bindings(), {"A": None}, {}) == ["A"]
    assert _compare(Bindings(), {"A": [1, 2]}, {"A": [1]}) == ["len(A)"]
    assert _compare(Bindings(), {"A": {"B": [{"C": 1}]}}, {"A": {"B": [{"C": 2}]}}) == ["A.B[0].C"]


@pytest.mark.parametrize(("expected", "got"), [(1, True), (0, False), (1, "1"), (None, 0)])
def test_types_are_compared_too(expected: object, got: object) -> None:
    assert _compare(Bindings(), {"A": expected}, {"A": got}) == ["A"]


def test_an_answer_answers_the_same_request() -> None:
    bindings = Bindings()
    found = bindings.compare(["T", {}, {"Re": 1}], ["T", {}, {"Re": 2}])
    assert [item.path for item in found] == ["headers.Re"]
    assert [item.path for item in bindings.compare(["T", {}, {"Re": 1}], ["T", {}])] == ["headers"]


def test_times_keep_their_order() -> None:
    bindings = Bindings()
    early, late = "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01Z"
    assert _compare(bindings, {"TimeStamp": early, "ID": "1"}, {"TimeStamp": late, "ID": "1"}) == []
    assert _compare(bindings, {"TimeStamp": late, "ID": "2"}, {"TimeStamp": early, "ID": "2"}) == [
        "TimeStamp"
    ]


def test_one_moment_of_one_sentence_is_one_moment() -> None:
    bindings = Bindings()
    then, now, later = (f"2026-01-01T00:00:0{n}Z" for n in range(3))
    assert _compare(bindings, {"TimeSent": then, "ID": "1"}, {"TimeSent": now, "ID": "1"}) == []
    assert _compare(bindings, {"TimeSent": then, "ID": "1"}, {"TimeSent": later, "ID": "1"}) == [
        "TimeSent"
    ]


def test_a_time_is_no_other_text() -> None:
    then = "2026-01-01T00:00:00Z"
    assert _compare(Bindings(), {"A": then}, {"A": "soon"}) == ["A"]
    assert _compare(Bindings(), {"A": then}, {"A": None}) == ["A"]


def test_a_wait_may_last_longer_but_not_be_something_else() -> None:
    assert _compare(Bindings(), {"WaitingTime": 0}, {"WaitingTime": 3}) == []
    assert _compare(Bindings(), {"WaitingTime": 0}, {"WaitingTime": None}) == ["WaitingTime"]


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("the chat is closed", "it is closed", True),
        ("TrackingId: missing", "TrackingId: must be there", True),
        ("Values[0].Id: int expected", "Values[0].Id: no int", True),
        ("Values[0].Id: int expected", "Values[1].Id: int expected", False),
        ("not served by this version", "never heard of", False),
    ],
)
def test_texts_for_people_may_be_reworded_where_no_program_relies_on_them(
    expected: str, got: str, same: bool
) -> None:
    found = _compare(Bindings(), {"Text": expected}, {"Text": got}, "SYS_ERROR")
    assert found == ([] if same else ["Text"])


def test_the_text_of_a_sentence_is_compared_as_it_is() -> None:
    assert _compare(Bindings(), {"Text": "a b"}, {"Text": "a c"}, "SE_CHAT_SENTENCE") == ["Text"]


def test_of_a_partial_expectation_only_its_members_count() -> None:
    expected = ["T", {"A": 1, "B": [{"C": 1}]}]
    got = ["T", {"A": 1, "B": [{"C": 1, "D": 2}], "E": 3}, {"Re": 1}]
    assert [item.path for item in Bindings().compare(expected, got, partial=True)] == ["headers"]
    got[2:] = []
    assert Bindings().compare(expected, got, partial=True) == []
    assert [item.path for item in Bindings().compare(expected, got)] == ["B[0].D", "E"]
    more = ["T", {"A": 1, "B": [{"C": 1}, {"C": 1}]}]
    assert [d.path for d in Bindings().compare(expected, more, partial=True)] == ["len(B)"]
    lacks = ["T", {"B": [{"C": 1}]}]
    assert [d.path for d in Bindings().compare(expected, lacks, partial=True)] == ["A"]


def test_recorded_bytes_are_sent_with_the_live_guids() -> None:
    bindings = Bindings()
    _compare(bindings, {"ChatId": A, "Node": "n"}, {"ChatId": X, "Node": "m"})
    data = b"n " + A.encode() + UUID(A).bytes
    assert bindings.live_bytes(data) == b"n " + X.encode() + UUID(X).bytes
