"""The command line of Parley."""

import sys


def main() -> int:
    """Runs the command line."""
    sys.stderr.write("parley: no command is here yet\n")
    return 2
