"""The kit against a channel on the frame, in virtual time: a good one passes."""

from pathlib import Path

import pytest

from connectors.channels.conform.table import SCENARIOS
from tests.support.played_channel import conforming


def test_a_good_channel_passes_every_scenario(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = conforming(monkeypatch, tmp_path)
    assert [one.findings for one in results if one.findings] == []
    assert [one.scenario.name for one in results] == [one.name for one in SCENARIOS]
    assert not any(one.missing for one in results)
