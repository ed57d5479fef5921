"""The simulator: the whole broker in one process under virtual time, with faults, and its judge.

`play.py` runs one seed, `checker/` judges it, `command.py` is `parley simulate`.
"""

from collections.abc import Sequence


def simulate_main(argv: Sequence[str]) -> int:
    """Run `parley simulate`; gives the exit status."""
    from broker.simulation.command import main

    return main(argv)
