"""`parley web FILE`: the program of the web site."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

NEEDED: Final = ("httptools", "joserfc", "PIL", "starlette", "uvicorn", "websockets")
STOPPED: Final = 0
FAILED: Final = 1
FAULTY: Final = 2


def web_main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        Its exit status: 0 after it was told to stop, 1 when it failed, 2 on a faulty configuration.
    """
    parser = argparse.ArgumentParser(
        prog="parley web",
        description="Bring visitors of web pages to the broker, by HTTP and WebSocket. SIGTERM and SIGINT "
        "end it in good order. Exit status: 0 after that, 1 when it failed, 2 on a faulty configuration.",
        epilog="example: parley web parley.toml",
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="the configuration; its [web] is read"
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
        print(f"parley web needs {', '.join(lacking)}: install parley[web]", file=sys.stderr)
        return FAILED
    from connectors.channels.converter import FaultsError
    from connectors.web.settings import load

    try:
        web = load(arguments.file, environ)
    except FaultsError as error:
        for fault in error.faults:
            print(f"{arguments.file}: {fault}", file=sys.stderr)
        return FAULTY
    if arguments.check:
        print(f"{arguments.file}: [web] is good")
        return STOPPED
    from connectors.web.app import WebSite
    from connectors.web.logs import configured
    from connectors.web.process import run

    configured(as_json=arguments.log_format == "json", quiet=arguments.quiet)
    try:
        site = WebSite.made(web)
    except (OSError, ValueError) as error:
        logging.getLogger(__name__).error("%s", error)
        return FAULTY
    return run(site, guarded=arguments.guarded)
