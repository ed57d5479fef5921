"""The two programs without the `parley` command: `python -m connectors.terminal visitor ...`."""

import sys

from connectors.terminal.main import agent_main, visitor_main

PROGRAMS = {"visitor": visitor_main, "agent": agent_main}

if __name__ == "__main__":
    name, *rest = sys.argv[1:] or [""]
    if name not in PROGRAMS:
        sys.exit("usage: python -m connectors.terminal visitor|agent ...")
    sys.exit(PROGRAMS[name](rest))
