"""A real broker is killed under load, again and again: nothing that it acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.kills import killed

KILLS = 10


@pytest.mark.timeout(180)
async def test_nothing_acknowledged_is_lost_when_the_broker_is_killed(tmp_path: Path) -> None:
    """I-1..I-9, I-12, I-13, I-15, I-16, I-18, B-12: the simulator's checker judges a killed broker too."""
    came = await killed(tmp_path, KILLS, "kill")
    assert not came.violations, "\n".join(came.violations[:20])
    # Under load means: many sentences for each kill, and messages both ways.
    assert came.echoes > 10 * KILLS
    assert came.sentences > 10 * KILLS
    assert came.taken > 5 * KILLS
    assert came.answers > 0
    assert came.carried > KILLS
