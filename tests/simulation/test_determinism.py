"""A seed is a run: the same history, byte for byte, in whatever process (I-17)."""

import os
import subprocess
import sys
from io import StringIO

import pytest

from broker.checker import check
from broker.checker.history import Kind, read, write
from broker.simulation.run import Script, play

PROGRAM = (
    "import sys; from broker.simulation.run import Script, play;"
    "print(play(Script(seed=sys.argv[1])).digest)"
)


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_plays_the_same_run(hash_seed: str) -> None:
    """I-17."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "3"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == play(Script(seed="3")).digest


def test_another_seed_is_another_run() -> None:
    assert play(Script(seed="3")).digest != play(Script(seed="4")).digest


def test_a_history_is_judged_from_its_text_as_from_memory() -> None:
    outcome = play(Script(seed="5"))
    text = StringIO()
    write(outcome.history, text)
    again = read(StringIO(text.getvalue()))
    assert len(again) == len(outcome.history)
    assert check(again, outcome.dump) == list(outcome.violations) == []
    # A judge that reads nothing would find nothing wrong, so one fault is written into the text.
    lost = [e for e in again if e.kind is not Kind.COMMITTED]
    # Both laws compare what was shown with what was committed: frames, and who logged in where.
    assert {violation.law for violation in check(lost, outcome.dump)} == {"I-8", "I-11"}
