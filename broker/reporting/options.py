"""Options that several questions to the store have."""

from __future__ import annotations

import argparse
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from broker.config.parse import duration

Parser = argparse.ArgumentParser


def add_store(made: Parser) -> None:
    """Declare `--store`."""
    made.add_argument(
        "--store",
        metavar="URL|FILE",
        required=True,
        help="the database, or the broker's configuration: then things are shown by their names",
    )


def add_zone(made: Parser) -> None:
    """Declare `--zone`."""
    made.add_argument(
        "--zone",
        metavar="ZONE",
        type=zone,
        default=ZoneInfo("UTC"),
        help="the time zone of local times, also of those that are shown (UTC)",
    )


def duration_of(text: str) -> int:
    """Read a length of time of the command line."""
    try:
        return duration(1)(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def zone(text: str) -> ZoneInfo:
    """Read the name of a time zone."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time zone like Europe/Prague") from None
