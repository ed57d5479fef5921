"""What the headers of a frame say; others are ignored (W-2)."""

from __future__ import annotations

import pytest

from protocol.frame import Frame


@pytest.mark.parametrize("id", [0, 7, "q-1", ""])
def test_an_id_is_a_number_or_a_text(id: int | str) -> None:
    frame = Frame("SYS_PING", headers={"Id": id, "Re": id})
    assert (frame.id, frame.re) == (id, id)


@pytest.mark.parametrize("headers", [None, {}, {"Id": None, "Re": 1.5}, {"id": 1, "Re": [2]}])
def test_what_is_no_id_is_none(headers: dict[str, object] | None) -> None:
    frame = Frame("SYS_PING", headers=headers)
    assert (frame.id, frame.re, frame.more) == (None, None, None)


@pytest.mark.parametrize(("value", "more"), [(0, 0), (9, 9), ("9", None), (True, None)])
def test_a_list_goes_on_behind_a_number(value: object, more: int | None) -> None:
    """W-25."""
    assert Frame("SE_CHAT_LIST", (), {"More": value}).more == more
