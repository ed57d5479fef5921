"""`parley desk FILE`: the program of the desk."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

NEEDED: Final = ("httptools", "httpx2", "joserfc", "starlette", "uvicorn", "websockets")
STOPPED: Final = 0
FAILED: Final = 1
FAULTY: Final = 2


def desk_main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        Its exit status: 0 after it was told to stop, 1 when it failed, 2 on a faulty configuration.
    """
    parser = argparse.ArgumentParser(
        prog="parley desk",
        description="Let agents work in their browsers. SIGTERM and SIGINT end it in good order. "
        "Exit status: 0 after that, 1 when it failed, 2 on a faulty configuration.",
        epilog="example: parley desk parley.toml",
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="the configuration; its [desk] is read"
    )
    parser.add_argument("--check", action="store_true", help="look at FILE and end")
    parser.add_argument("--quiet", action="store_true", help="log only warnings and errors")
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="how the log looks"
    )
    parser.add_argument(
        "--guarded", action="store_true", help="end when standard input ends, as a child does"
    )
    arguments = parser.parse_args(argv)
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        print(f"parley desk needs {', '.join(lacking)}: install parley[desk]", file=sys.stderr)
        return FAILED
    from connectors.channels.converter import FaultsError
    from connectors.desk.settings import load

    try:
        desk = load(arguments.file, environ)
    except FaultsError as error:
        for fault in error.faults:
            print(f"{arguments.file}: {fault}", file=sys.stderr)
        return FAULTY
    if arguments.check:
        print(f"{arguments.file}: [desk] is good")
        return STOPPED
    from connectors.desk.app import DeskSite
    from connectors.web.logs import configured
    from connectors.web.process import run

    configured(as_json=arguments.log_format == "json", quiet=arguments.quiet)
    return run(DeskSite.made(desk), guarded=arguments.guarded)
