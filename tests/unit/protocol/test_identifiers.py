"""C-2: ids that follow from names are alike on every machine, for ever."""

import pytest

from protocol.identifiers import derive, message_gateway_id, project_id
from protocol.values import Guid

GIVEN = "00000000-0000-4000-8000-0000000000aa"


def test_a_name_has_the_id_that_it_had_in_every_version() -> None:
    """Stored chats refer to it."""
    assert derive("project", "Support") == "1944b96a-70c3-51aa-851e-88da1f0b04bd"


def test_what_is_called_alike_and_is_another_kind_has_another_id() -> None:
    assert derive("project", "Sales") != derive("agent", "Sales") != derive("agent", "sales")


@pytest.mark.parametrize(
    ("named", "id"),
    [
        (GIVEN, GIVEN),
        (GIVEN.upper(), GIVEN),
        ("Support", derive("project", "Support")),
        (f"{GIVEN}0", derive("project", f"{GIVEN}0")),
    ],
)
def test_a_project_goes_by_its_id_or_by_its_name(named: str, id: str) -> None:
    assert project_id(named) == Guid(id)


@pytest.mark.parametrize(
    ("named", "id"), [(GIVEN.upper(), GIVEN), ("Mail", derive("message_gateway", "Mail"))]
)
def test_a_message_gateway_does_so_too(named: str, id: str) -> None:
    assert message_gateway_id(named) == Guid(id)
