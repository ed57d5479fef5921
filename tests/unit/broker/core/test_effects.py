"""What the core wants sent: the headers are those of the receiver."""

from __future__ import annotations

from broker.core.effects import Send


def test_a_push_has_no_headers() -> None:
    assert Send((1,), "SYS_PING", None).headers() == {}


def test_only_who_is_answered_is_given_the_id_of_the_request() -> None:
    """W-15: of several receivers one asked, with an `Id` that may be 0."""
    send = Send((1, 2), "SC_CHAT_STATUS", None, answer_to=1, re=0)
    assert send.headers(send.re) == {"Re": 0}
    assert send.headers() == {}


def test_a_trace_and_the_place_where_a_list_goes_on_are_for_everybody() -> None:
    """W-2, W-25."""
    send = Send((1,), "SE_CHAT_LIST", (), re="q", trace="00-1-2-01", more=0)
    assert send.headers("q") == {"Re": "q", "traceparent": "00-1-2-01", "More": 0}
