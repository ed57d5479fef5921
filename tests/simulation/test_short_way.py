"""A whole run is the same, byte for byte, when every sentence takes the long way."""

from unittest.mock import patch

import pytest

from broker.core import short_way
from broker.simulation.run import Script, play


@pytest.mark.parametrize("seed", ["11", "12", "13"])
def test_both_ways_play_the_same_run(seed: str) -> None:
    """I-17: the digest is of all that was sent, stored and shown."""
    with patch("broker.core.broker.step_shortly", side_effect=short_way.step_shortly) as asked:
        usual = play(Script(seed=seed))
    assert asked.call_count > 100
    with patch("broker.core.broker.step_shortly", return_value=None):
        long = play(Script(seed=seed))
    assert usual.digest == long.digest
