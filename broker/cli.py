"""The command line of Parley.

Each command imports what it needs when it runs, so that `--help` and short commands start fast.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

LOCAL: Final = "127.0.0.1:7070"

Arguments = argparse.Namespace
Parser = argparse.ArgumentParser


@frozen
class Command:
    """One command.

    Attributes:
        name: Its name.
        does: What it does, in one line.
        example: One use of it.
        run: Does it; gives the exit status.
        declare: Tells the parser about its arguments.
        more: What its help says besides.
    """

    name: str
    does: str
    example: str
    run: Callable[[Arguments], int]
    declare: Callable[[Parser], None] = field(default=lambda parser: None)
    more: str = ""


def _serve_arguments(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="the configuration")
    parser.add_argument(
        "--log-format",
        choices=("auto", "text", "json"),
        default="auto",
        help="how the log on standard error looks; auto: text at a terminal, else JSON",
    )
    parser.add_argument("--quiet", action="store_true", help="log only warnings and errors")


def _serve(arguments: Arguments) -> int:
    from broker.app import serve
    from broker.shell.logs import LogFormat

    return serve(arguments.file, LogFormat(arguments.log_format), quiet=arguments.quiet)


def _check_arguments(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="the configuration")


def _check(arguments: Arguments) -> int:
    from broker.config.check import check_command

    return check_command(arguments.file)


def _hash_token(_arguments: Arguments) -> int:
    from broker.config.check import hash_token_command

    return hash_token_command()


def _record_arguments(parser: Parser) -> None:
    parser.add_argument("--listen", metavar="A", required=True, help="HOST:PORT for clients")
    parser.add_argument("--to", metavar="B", default=LOCAL, help="HOST:PORT of the broker")
    parser.add_argument("--out", metavar="F", type=Path, required=True, help="the recording")
    _add_config(parser, "tells wrong tokens from right ones")


def _record(arguments: Arguments) -> int:
    from broker.tools.record import record_main

    return record_main(arguments.listen, arguments.to, arguments.out, arguments.config)


def _replay_arguments(parser: Parser) -> None:
    parser.add_argument("files", metavar="F", type=Path, nargs="+", help="recordings")
    parser.add_argument("--to", metavar="B", default=LOCAL, help="HOST:PORT of the broker")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="1: its own time, 0: as fast as it goes"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="how long a frame may be late")
    _add_config(parser, "has the tokens that the recordings name")


def _replay(arguments: Arguments) -> int:
    from broker.tools.replay import replay_main

    return replay_main(
        arguments.files,
        arguments.to,
        speed=arguments.speed,
        seconds=arguments.seconds,
        config=arguments.config,
    )


def _add_config(parser: Parser, use: str) -> None:
    parser.add_argument(
        "--config", metavar="FILE", type=Path, default=None, help=f"the broker's: {use}"
    )


COMMANDS: Final = (
    Command(
        "serve",
        "run the broker",
        "parley serve parley.toml",
        _serve,
        _serve_arguments,
        "SIGTERM and SIGINT end it in good order, SIGHUP makes it read FILE again. Exit status: "
        "0 after a drain, 1 when it cannot start, 2 on a faulty configuration, "
        "3 when the store is lost.",
    ),
    Command("check", "check a configuration", "parley check parley.toml", _check, _check_arguments),
    Command(
        "hash-token",
        "read a secret, print its hash for token_hash",
        "parley hash-token",
        _hash_token,
    ),
    Command(
        "record",
        "record every frame that passes between clients and a broker",
        "parley record --listen 127.0.0.1:7170 --to 127.0.0.1:7070 --out talk.jsonl",
        _record,
        _record_arguments,
    ),
    Command(
        "replay",
        "play the client side of recordings and compare what comes back",
        "parley replay talk.jsonl --to 127.0.0.1:7070 --speed 0",
        _replay,
        _replay_arguments,
    ),
)


def parser_of(commands: Sequence[Command] = COMMANDS) -> Parser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="parley",
        description="Parley, a chat broker for contact centers.",
        epilog="parley COMMAND --help says more about one of them.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    found = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in commands:
        sub = found.add_parser(
            command.name,
            help=command.does,
            description=f"{command.does.capitalize()}. {command.more}".strip(),
            epilog=f"Example: {command.example}",
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        sub.set_defaults(run=command.run)
        command.declare(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        Its exit status.
    """
    parser = parser_of()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        print(f"parley {version('parley')}")
        return 0
    if "run" not in arguments:
        parser.print_help(sys.stderr)
        return 2
    run: Callable[[Arguments], int] = arguments.run
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
