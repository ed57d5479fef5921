"""How long a member may be (W-14)."""

from __future__ import annotations

import pytest

from protocol.limits import OTHER_TEXT, TEXT_LENGTHS, is_among, text_length


def test_a_member_of_one_structure_goes_before_its_name_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(TEXT_LENGTHS, "Mood", 9)
    monkeypatch.setitem(TEXT_LENGTHS, "ChatInfo.Mood", 5)
    assert text_length("ChatInfo", "Mood") == 5
    assert text_length("ChatSentenceInfo", "Mood") == 9
    assert text_length("ChatInfo", "Temper") == OTHER_TEXT


def test_a_set_of_names_holds_members_of_all_or_of_one_structure() -> None:
    names = frozenset({"Text", "ChatInfo.Note"})
    assert is_among(names, "ChatSentenceInfo", "Text")
    assert is_among(names, "ChatInfo", "Note")
    assert not is_among(names, "ChatSentenceInfo", "Note")
