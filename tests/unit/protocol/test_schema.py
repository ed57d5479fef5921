"""The table of members, read from the structures (W-5)."""

import pytest
from attrs import fields, frozen

from protocol import limits
from protocol.chat import ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.schema import Kind, members
from protocol.values import Short


@pytest.mark.parametrize("structure", [ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo])
def test_every_field_has_its_member_in_order(structure: type) -> None:
    table = members.__wrapped__(structure)
    assert [member.name for member in table] == [field.name for field in fields(structure)]
    assert all(member.longest > 0 for member in table if member.kind is Kind.TEXT)


def test_a_member_knows_what_it_holds() -> None:
    table = {member.wire: member for member in members.__wrapped__(ChatStatusInfo)}
    assert table["Sentences"].structure is ChatSentenceInfo
    assert (table["ChatId"].kind, table["Peer"].kind) == (Kind.GUID, Kind.TEXT)


@frozen
class Small:
    """A structure with a short number and a long one."""

    few: Short | None = None
    many: int | None = None


def test_a_short_number_has_a_span_of_its_own() -> None:
    """W-8."""
    assert [one.span for one in members.__wrapped__(Small)] == [limits.INT16, limits.INT32]
