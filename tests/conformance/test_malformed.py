"""Malformed frames: each is refused with the right code, and names the member that is at fault."""

from typing import Any

import pytest

from protocol.codec import decode
from protocol.errors import WireError
from protocol.framing import Framer
from tests.conformance.data import cases

CASES = cases("malformed")


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused(case: dict[str, Any]) -> None:
    """W-3..W-8, W-14: by its code, which names the member at fault in front."""
    bodies, fault = Framer(1 << 20).split(bytes.fromhex(case["hex"]))
    if fault is None:
        (body,) = bodies
        with pytest.raises(WireError) as caught:
            decode(body)
        fault = caught.value
    assert (fault.code, fault.path) == (case["code"], case["path"])
    if fault.path is not None:
        assert fault.text.startswith(f"{fault.path}: ")


def test_there_are_enough() -> None:
    assert len(CASES) >= 200
