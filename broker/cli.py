"""The command line of Parley.

Each command imports what it needs when it runs, so that `--help` and short commands start fast.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from broker.console import options
from broker.console.help import DefaultsHelp
from broker.console.output import guarded
from broker.signals import HELD

Arguments = argparse.Namespace
Parser = argparse.ArgumentParser


@frozen(kw_only=True)
class Command:
    """One command.

    Attributes:
        name: Its name.
        does: What it does, in one line.
        example: One use of it.
        declare: Tells the parser about its arguments.
        run: Does it with the parsed arguments; gives the exit status.
        own: In place of both: takes the arguments unparsed and has a help of its own.
        more: What its help says besides.
    """

    name: str
    does: str
    example: str = ""
    declare: Callable[[Parser], None] = lambda parser: None
    run: Callable[[Arguments], int] | None = None
    own: Callable[[Sequence[str]], int] | None = None
    more: str = ""


# -- the broker


def _judge_web(table: object, beside: Path, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    from connectors.web.settings import judge

    return judge(table, beside, environ)


def _judge_desk(table: object, beside: Path, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    from connectors.desk.settings import judge

    return judge(table, beside, environ)


_JUDGES: Final = {"desk": _judge_desk, "web": _judge_web}
"""Who knows the sections of the programs that run beside the broker."""


def _serve_arguments(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="the configuration")
    parser.add_argument(
        "--log-format",
        choices=("auto", "text", "json"),
        default="auto",
        help="how the log on standard error looks; auto: text at a terminal, else JSON",
    )
    parser.add_argument("--quiet", action="store_true", help="log only warnings and errors")
    parser.add_argument(
        "--new",
        action="store_true",
        help="begin with an empty database though there was one that is gone",
    )


def _serve(arguments: Arguments) -> int:
    HELD.hold()
    gc.disable()  # what is loaded stays, so there is nothing to collect before the broker runs
    try:
        from broker.process import serve
        from broker.shell.logs import LogFormat

        return serve(
            arguments.file,
            LogFormat(arguments.log_format),
            quiet=arguments.quiet,
            new=arguments.new,
            judges=_JUDGES,
        )
    finally:
        gc.enable()


def _check_arguments(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="the configuration")


def _check(arguments: Arguments) -> int:
    from broker.config.check import check_command

    return check_command(arguments.file, judges=_JUDGES)


def _hash_token(_arguments: Arguments) -> int:
    from broker.config.hashing import TOKEN, hash_command

    return hash_command(TOKEN)


def _hash_password(_arguments: Arguments) -> int:
    from broker.config.hashing import PASSWORD, hash_command

    return hash_command(PASSWORD)


def _totp_arguments(parser: Parser) -> None:
    parser.add_argument("login", metavar="LOGIN", help="the agent's login")
    parser.add_argument("--issuer", default="Parley", help="what the app calls this installation")


def _totp(arguments: Arguments) -> int:
    from broker.config.hashing import totp_command

    return totp_command(arguments.login, arguments.issuer)


# -- people at terminals


def _visitor(argv: Sequence[str]) -> int:
    from connectors.terminal.main import visitor_main

    return visitor_main(argv)


def _agent(argv: Sequence[str]) -> int:
    from connectors.terminal.main import agent_main

    return agent_main(argv)


# -- connectors


def _web(argv: Sequence[str]) -> int:
    from connectors.web.main import web_main

    return web_main(argv)


def _desk(argv: Sequence[str]) -> int:
    from connectors.desk.main import desk_main

    return desk_main(argv)


def _sms(argv: Sequence[str]) -> int:
    from connectors.sms.main import sms_main

    return sms_main(argv)


def _conform(argv: Sequence[str]) -> int:
    from connectors.channels.conform.command import conform_main

    return conform_main(argv)


# -- channels of messages


def _email(argv: Sequence[str]) -> int:
    from connectors.email.main import email_main

    return email_main(argv)


# -- recordings


def _record_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--listen", metavar="A", type=options.address, required=True, help="HOST:PORT for clients"
    )
    options.add_to(parser)
    parser.add_argument("--out", metavar="F", type=Path, required=True, help="the recording")
    options.add_config(parser, "tells wrong tokens from right ones")


def _record(arguments: Arguments) -> int:
    from broker.recording.proxy import record_main

    return record_main(arguments.listen, arguments.to, arguments.out, arguments.config)


def _replay_arguments(parser: Parser) -> None:
    parser.add_argument(
        "files", metavar="F", type=Path, nargs="+", help="recordings; - is standard input"
    )
    options.add_to(parser)
    parser.add_argument(
        "--speed", type=options.speed, default=1.0, help="1: its own time, 0: as fast as it goes"
    )
    parser.add_argument(
        "--seconds", type=options.seconds, default=10.0, help="how much later a frame may come"
    )
    options.add_config(parser, "has the tokens that the recordings name")
    parser.add_argument(
        "--token-file", metavar="FILE", type=Path, help="the same, as lines OWNER=TOKEN"
    )
    parser.add_argument(
        "--rename",
        metavar="OLD=NEW",
        type=options.renamed,
        action="append",
        default=[],
        help="say NEW where the recording says OLD: a TrackingId, an address, a login...",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="name every visitor anew, for a broker that knows the recorded ones",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="let the broker's frames have members that were not recorded",
    )
    parser.add_argument("--json", action="store_true", help="report in JSON")


def _replay(arguments: Arguments) -> int:
    from secrets import token_hex

    from broker.recording.command import Replay, replay_main

    replay = Replay(
        to=arguments.to,
        speed=arguments.speed,
        seconds=arguments.seconds,
        config=arguments.config,
        token_file=arguments.token_file,
        names=dict(arguments.rename),
        fresh=token_hex(4) if arguments.fresh else None,
        partial=arguments.partial,
        as_json=arguments.json,
    )
    return replay_main(arguments.files, replay)


def _import_arguments(parser: Parser) -> None:
    parser.add_argument(
        "file",
        metavar="CAPTURE",
        type=Path,
        help="lines `>` or `<` and hex or base64; - is standard input",
    )
    parser.add_argument("--out", metavar="F", type=Path, required=True, help="the recording")
    options.add_config(parser, "tells wrong tokens from right ones")


def _import(arguments: Arguments) -> int:
    from broker.recording.capture import import_main

    return import_main(arguments.file, arguments.out, arguments.config)


# -- load


def _bench(argv: Sequence[str]) -> int:
    from broker.bench.command import bench_command

    return bench_command(argv)


def _simulate(argv: Sequence[str]) -> int:
    from broker.simulation.command import main as simulate_main

    return simulate_main(argv)


# -- questions to the store


def _explain(argv: Sequence[str]) -> int:
    from broker.reporting.explain.command import explain_main

    return explain_main(argv)


def _report(argv: Sequence[str]) -> int:
    from broker.reporting.report import report_main

    return report_main(argv)


def _figures(argv: Sequence[str]) -> int:
    HELD.hold()
    from broker.reporting.figures.main import figures_main

    return figures_main(argv)


def _whatif(argv: Sequence[str]) -> int:
    from broker.reporting.whatif.command import whatif_main

    return whatif_main(argv)


# -- all of them


COMMANDS: Final = (
    Command(
        name="serve",
        does="run the broker",
        example="parley serve parley.toml",
        declare=_serve_arguments,
        run=_serve,
        more="SIGTERM and SIGINT end it in good order, SIGHUP makes it read FILE again. "
        "Exit status: 0 after a drain, 1 when it cannot start, 2 on a faulty configuration, "
        "3 when the store is lost.",
    ),
    Command(
        name="check",
        does="check a configuration",
        example="parley check parley.toml",
        declare=_check_arguments,
        run=_check,
        more="Exit status: 0 when it is good, 1 when not.",
    ),
    Command(
        name="hash-token",
        does="read a secret, print its hash for token_hash",
        example="parley hash-token < secret.txt",
        run=_hash_token,
        more="At a terminal it asks for the secret; otherwise it reads one line.",
    ),
    Command(
        name="hash-password",
        does="read an agent's password, print its hash for password_hash",
        example="parley hash-password",
        run=_hash_password,
        more="At a terminal it asks for the password; otherwise it reads one line.",
    ),
    Command(
        name="totp",
        does="make an agent's second factor: its totp_secret, and the otpauth URI for their app",
        example="parley totp alice",
        declare=_totp_arguments,
        run=_totp,
    ),
    Command(name="visitor", does="talk as a visitor, at a terminal", own=_visitor),
    Command(name="agent", does="work as an agent, at a terminal", own=_agent),
    Command(name="sms", does="carry SMS between the broker and providers", own=_sms),
    Command(name="conform", does="hold a connector against the protocol", own=_conform),
    Command(name="desk", does="let agents work in their browsers", own=_desk),
    Command(name="web", does="bring visitors of web pages to the broker", own=_web),
    Command(name="email", does="carry mail between the broker and mail servers", own=_email),
    Command(
        name="record",
        does="record every frame that passes between clients and a broker",
        example="parley record --listen 127.0.0.1:7170 --to 127.0.0.1:7070 --out talk.jsonl",
        declare=_record_arguments,
        run=_record,
        more="Clients connect to A; Ctrl-C ends the recording. Tokens are not recorded.",
    ),
    Command(
        name="replay",
        does="play the client side of recordings and compare what comes back",
        example="parley replay talk.jsonl --to 127.0.0.1:7070 --speed 0",
        declare=_replay_arguments,
        run=_replay,
        more="Exit status: 0 when all was as recorded, 1 when not, 2 when F is no recording or no "
        "broker answers.",
    ),
    Command(
        name="import",
        does="make a recording of bytes that another program captured",
        example="parley import capture.txt --out talk.jsonl",
        declare=_import_arguments,
        run=_import,
        more="Each line of CAPTURE has a mark, `>` for bytes of the client and `<` for those of the "
        "broker, and the bytes in hex or base64; docs/recordings.md says more. "
        "Exit status: 2 when CAPTURE is none.",
    ),
    Command(name="bench", does="load a broker over TCP and print what it does", own=_bench),
    Command(
        name="explain", does="say why a chat went to whom, and why it took so long", own=_explain
    ),
    Command(name="report", does="print the figures of a contact center", own=_report),
    Command(name="figures", does="tell over HTTP how a contact center stands now", own=_figures),
    Command(
        name="whatif", does="replay a recorded time against another configuration", own=_whatif
    ),
    Command(name="simulate", does="run the broker under faults in virtual time", own=_simulate),
)


def parser_of(commands: Sequence[Command], chosen: str | None) -> Parser:
    """The parser of the command line; only the chosen command has its arguments."""
    parser = argparse.ArgumentParser(
        prog="parley",
        description="Parley, a chat broker for contact centers.",
        epilog="`parley COMMAND --help` says more about a command.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    found: Any = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in commands:
        sub = found.add_parser(
            command.name,
            help=command.does,
            description=f"{command.does[0].upper()}{command.does[1:]}. {command.more}".strip(),
            epilog=f"Example: {command.example}",
            formatter_class=DefaultsHelp,
        )
        if command.name == chosen:
            sub.set_defaults(run=command.run)
            command.declare(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        Its exit status.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in given if not word.startswith("-")), None)
    return guarded(chosen or "", lambda: _run(given, chosen))


def _run(given: list[str], chosen: str | None) -> int:
    for command in COMMANDS:
        if command.own is not None and given[:1] == [command.name]:
            return command.own(given[1:])
    parser = parser_of(COMMANDS, chosen)
    arguments = parser.parse_args(given)
    if arguments.version:
        from importlib.metadata import version

        print(f"parley {version('parley')}")
        return 0
    if "run" not in arguments:
        parser.print_help(sys.stderr)
        return 2
    return int(arguments.run(arguments))


if __name__ == "__main__":
    sys.exit(main())
