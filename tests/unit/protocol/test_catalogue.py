"""The table of frames is whole."""

import pytest

from protocol.catalogue import ALIASES, CATALOGUE, NOTES
from protocol.frame_spec import FrameSpec
from protocol.schema import members
from protocol.structure import wire_names
from tests.house.schemas import structures

SPECS = [pytest.param(spec, id=spec.type) for spec in CATALOGUE.values()]
SENDERS = {"E": "connector", "C": "workplace", "S": "broker"}


@pytest.mark.parametrize("spec", SPECS)
def test_a_frame_is_consistent(spec: FrameSpec) -> None:
    assert spec.answer is None or spec.answer in CATALOGUE
    if not spec.type.startswith("SYS_"):
        assert spec.sender == SENDERS[spec.type[0]]
    if spec.payload is not str:
        known = {member.wire for member in members(spec.payload)}
        assert set(spec.required) <= known


def test_nothing_is_said_of_frames_that_are_not() -> None:
    assert NOTES.keys() <= CATALOGUE.keys()
    assert set(ALIASES.values()) <= CATALOGUE.keys()
    assert not ALIASES.keys() & CATALOGUE.keys()


def test_only_typing_is_volatile() -> None:
    """W-23."""
    assert {spec.type for spec in CATALOGUE.values() if spec.volatile} == {
        f"{way}_CHAT_TYPING" for way in ("ES", "SE", "CS", "SC")
    }


def test_every_structure_is_empty_by_default() -> None:
    for structure in structures().values():
        empty = structure()
        assert all(getattr(empty, m.name) == m.default for m in members(structure))


def test_odd_wire_names() -> None:
    odd = {
        f"{name}.{wire}"
        for name, structure in structures().items()
        for python, wire in wire_names(structure).items()
        if wire != "".join(part.capitalize() for part in python.split("_"))
    }
    assert odd == {
        "ChatCommandInfo.ID",
        "ChatSentenceInfo.ID",
        "ConversationNoteInfo.ID",
        "WebSiteRoutingInfo.TargetElementID",
    }
