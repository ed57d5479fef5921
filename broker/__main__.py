"""The program `parley`: holds signals for the broker first, then does what the command line says."""

import sys

from broker.signals import HELD


def main() -> int:
    """Run one command.

    Returns:
        Its exit status.
    """
    if sys.argv[1:2] == ["serve"]:
        HELD.hold()
    from broker.cli import main as run_command

    return run_command()


if __name__ == "__main__":
    sys.exit(main())
