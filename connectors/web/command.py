"""The command of a program that serves browsers: its arguments, what it lacks, the faults of its file."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from connectors.web.process import Program

Settings = TypeVar("Settings")

STOPPED: Final = 0
FAILED: Final = 1
FAULTY: Final = 2


@frozen(kw_only=True)
class Command:
    """What is different from one to the other.

    Attributes:
        name: Of the command, of its section and of the extra that installs what it needs.
        does: What it is there for, a sentence.
        needed: The modules that it cannot do without.
    """

    name: str
    does: str
    needed: tuple[str, ...]

    def run(
        self,
        argv: Sequence[str],
        load: Callable[[Path], Settings],
        made: Callable[[Settings], "Program"],
    ) -> int:
        """Run it.

        Args:
            argv: Its arguments.
            load: Reads the configuration; raises FaultsError.
            made: Makes the program; raises OSError or ValueError where it cannot.

        Returns:
            Its exit status: 0 after it was told to stop, 1 when it failed, 2 on a faulty configuration.
        """
        arguments = self._parser().parse_args(argv)
        lacking = [name for name in self.needed if find_spec(name) is None]
        if lacking:
            missing = ", ".join(lacking)
            print(
                f"parley {self.name} needs {missing}: install parley[{self.name}]", file=sys.stderr
            )
            return FAILED
        from connectors.channels.converter import FaultsError

        try:
            settings = load(arguments.file)
        except FaultsError as error:
            for fault in error.faults:
                print(f"{arguments.file}: {fault}", file=sys.stderr)
            return FAULTY
        if arguments.check:
            print(f"{arguments.file}: [{self.name}] is good")
            return STOPPED
        from connectors.web.logs import configured
        from connectors.web.process import run

        configured(as_json=arguments.log_format == "json", quiet=arguments.quiet)
        try:
            program = made(settings)
        except (OSError, ValueError) as error:
            logging.getLogger(__name__).error("%s", error)
            return FAULTY
        return run(program, guarded=arguments.guarded)

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=f"parley {self.name}",
            description=f"{self.does} SIGTERM and SIGINT end it in good order. "
            "Exit status: 0 after that, 1 when it failed, 2 on a faulty configuration.",
            epilog=f"example: parley {self.name} parley.toml",
        )
        parser.add_argument(
            "file", metavar="FILE", type=Path, help=f"the configuration; its [{self.name}] is read"
        )
        parser.add_argument("--check", action="store_true", help="look at FILE and end")
        parser.add_argument("--quiet", action="store_true", help="log only warnings and errors")
        parser.add_argument(
            "--log-format", choices=("text", "json"), default="text", help="how the log looks"
        )
        parser.add_argument(
            "--guarded", action="store_true", help="end when standard input ends, as a child does"
        )
        return parser
