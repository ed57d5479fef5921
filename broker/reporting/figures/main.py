"""`parley figures FILE`: the program of the service."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from secrets import token_hex
from typing import Any, Final

import structlog

from broker.config.diagnostics import ConfigFault
from broker.config.load import load
from broker.config.model import Config
from broker.config.source import refused
from broker.console.help import HelpLayout
from broker.console.output import complain
from broker.reporting.source import Session, source_of_config

NEEDED: Final = ("starlette", "uvicorn")
STOPPED: Final = 0
FAILED: Final = 1
FAULTY: Final = 2
EXAMPLES: Final = """\
example:
  parley figures parley.toml

SIGHUP makes it read FILE again; SIGTERM and SIGINT end it in good order.
exit status: 0 after that, 1 when it failed, 2 on a faulty configuration.
docs/figures.md says what each figure means, and how it is asked for.
"""


class Environment(Mapping[str, str]):
    """An environment in which secrets of others need not be: instead there is one that nobody knows."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.lacking: list[str] = []

    def __getitem__(self, name: str) -> str:
        if name not in self._environ:
            self.lacking.append(name)
            return token_hex(32)
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="parley figures",
        description="Tell over HTTP how a contact center stands now, from the store, which is only read.",
        epilog=EXAMPLES,
        formatter_class=HelpLayout,
    )
    made.add_argument("file", metavar="FILE", help="the configuration; it has [figures]")
    made.add_argument("--quiet", action="store_true", help="log only warnings and errors")
    made.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="how the log looks"
    )
    made.add_argument(
        "--guarded", action="store_true", help="end when standard input ends, as a child does"
    )
    return made


def configured(path: str, environ: Mapping[str, str]) -> Config:
    """Read the configuration.

    Raises:
        ConfigFault: It has faults, or no `[figures]`.
    """
    surroundings = Environment(environ)
    loaded = load(path, surroundings)
    if loaded.config.figures is None:
        raise refused(path, None, "there is no [figures] in it")
    if surroundings.lacking:
        log: Any = structlog.get_logger()
        log.warning("environment_lacks", names=sorted(set(surroundings.lacking)))
    return loaded.config


def figures_main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        Its exit status.
    """
    arguments = parser().parse_args(argv)
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        complain("figures", f"needs {', '.join(lacking)}: install parley[figures]")
        return FAILED
    _configure_log(as_json=arguments.log_format == "json", quiet=arguments.quiet)
    try:
        config = configured(arguments.file, environ)
    except ConfigFault as fault:
        complain("figures", fault, lines=True)
        return FAULTY
    from broker.reporting.figures.process import run
    from broker.reporting.figures.service import Service

    assert config.figures is not None
    session = Session(source_of_config(config, arguments.file).url)
    service = Service(session, config, config.figures)

    def renew() -> None:
        log: Any = structlog.get_logger()
        try:
            again = configured(arguments.file, environ)
        except ConfigFault as fault:
            log.error("not_reloaded", why=str(fault))
            return
        assert again.figures is not None
        service.renew(again, again.figures)
        log.info("reloaded")

    return run(service, renew, guarded=arguments.guarded)


def _configure_log(*, as_json: bool, quiet: bool) -> None:
    render: Any = (
        structlog.processors.JSONRenderer(default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # who sends nonsense writes no log
