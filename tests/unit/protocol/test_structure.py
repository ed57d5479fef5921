"""The wire names of members, and arrays that are packed once (W-5)."""

from __future__ import annotations

from attrs import field, frozen

from protocol.structure import WIRE, PackedOnce, wire_names


@frozen
class Sample:
    """A structure."""

    tracking_id: str = ""
    id: str = ""
    url: str = field(default="", metadata={WIRE: "URL"})


def test_a_member_is_called_by_its_own_name_unless_it_says_another() -> None:
    assert wire_names(Sample) == {"tracking_id": "TrackingId", "id": "Id", "url": "URL"}


def test_an_array_keeps_what_was_found_out_about_it_and_shares_it_with_no_other() -> None:
    one, other = PackedOnce((1, 2)), PackedOnce((1, 2))
    one.packed, one.characters = b"\x92\x01\x02", 0
    assert list(one) == list(other) == [1, 2]
    assert (other.packed, other.packed_json, other.characters) == (None, None, None)
