"""Each frame names the clause that speaks of it."""

from __future__ import annotations

import re

import pytest

from protocol.catalogue import CATALOGUE
from protocol.frame_spec import FrameSpec
from tests.support.requires import ROOT

_TEXT = "".join(
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("protocol.md", "behaviour.md")
)
SECTIONS = dict(
    re.findall(r"^### ([WB]-\d+) .*?\n(.*?)(?=^##)", _TEXT, flags=re.DOTALL | re.MULTILINE)
)


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=lambda spec: spec.type)
def test_the_clause_of_a_frame_speaks_of_it(spec: FrameSpec) -> None:
    """By its name, or by the name that it shares with its like on the other side."""
    both = "..." + spec.type[spec.type.index("_") :]
    assert f"`{spec.type}" in SECTIONS[spec.clause] or f"`{both}`" in SECTIONS[spec.clause]
