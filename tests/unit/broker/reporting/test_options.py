"""What the questions to the store have in common."""

from __future__ import annotations

import argparse
from zoneinfo import ZoneInfo

import pytest

from broker.reporting import options


def test_a_zone_and_a_length_of_time_are_read_or_refused_in_words() -> None:
    assert options.zone("Europe/Prague") == ZoneInfo("Europe/Prague")
    assert options.duration_of("90m") == 5_400_000_000
    for wrong in ("Nowhere", "../etc/passwd", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="no time zone like"):
            options.zone(wrong)
    with pytest.raises(argparse.ArgumentTypeError, match="'soon'"):
        options.duration_of("soon")


def test_a_store_has_to_be_named_and_times_are_utc_unless_told_otherwise() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    options.add_store(parser)
    options.add_zone(parser)
    found = parser.parse_args(["--store", "parley.toml"])
    assert (found.store, found.zone) == ("parley.toml", ZoneInfo("UTC"))
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        parser.parse_args([])
