"""Options that several commands have, and what reads the arguments of any.

Whatever is no such argument is refused with one line that says what it should be.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Final

LOCAL: Final = "127.0.0.1:7070"

Parser = argparse.ArgumentParser


def address(text: str) -> str:
    """Read HOST:PORT."""
    match = re.fullmatch(r".*:(\d{1,5})", text)
    if match is None or int(match[1]) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return text


def positive(text: str) -> int:
    """Read a number of things, one at least."""
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return number


def seconds(text: str) -> float:
    """Read a length of time in seconds."""
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds


def speed(text: str) -> float:
    """Read how fast a recording is played."""
    speed = float(text)
    if not 0 <= speed < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a speed: 0, or more")
    return speed


def renamed(text: str) -> tuple[str, str]:
    """Read what is called otherwise, OLD=NEW."""
    old, mark, new = text.partition("=")
    if not (mark and old and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW")
    return old, new


def rate(text: str) -> float:
    """Read how often a second."""
    rate = float(text)
    if not 0 < rate < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is no rate")
    return rate


def add_to(parser: Parser) -> None:
    """Declare `--to`."""
    parser.add_argument(
        "--to", metavar="B", type=address, default=LOCAL, help="HOST:PORT of the broker"
    )


def add_config(parser: Parser, use: str) -> None:
    """Declare `--config`, and what it is for."""
    parser.add_argument("--config", metavar="FILE", type=Path, help=f"the broker's: {use}")
