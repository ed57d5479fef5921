"""`parley conform`: hold a connector against the protocol, whatever language it is written in."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Final

import anyio
from anyio.abc import SocketAttribute

from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.conform.commands import (
    CommandFailedError,
    CommandFarSide,
    CommandProgram,
)
from connectors.channels.conform.play import Played, play
from connectors.channels.conform.table import SCENARIOS, Scenario
from connectors.channels.telling import innermost
from protocol.display import shown
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.values import Channel, Direction

UNTRIED: Final = 2
"""Exit status when it could not be tried: no connector came, a command of the far side failed."""
_ABOUT: Final = """\
The kit listens and plays the broker; the connector under test is told its address, gateway and token, and
connects. With a COMMAND behind -- the kit starts the connector itself, and can kill it and start it again.
Two commands of a shell make it see more: --inject makes a message come in at the connector's far side (its
text is $TEXT), --sent prints what has arrived there, each message on a line with its text.
Exit status: 0 when nothing is wrong, 1 with findings, 2 when it could not be tried.
"""
_EXAMPLE: Final = """\
example: parley conform --connector --gateway files --token files-secret
           --inject 'echo "$TEXT" > new && mv new "in/$TEXT.txt"'
           --sent 'find out -name "*.txt" -exec cat {} +' -- python files.py files.toml
"""


def conform_main(argv: Sequence[str]) -> int:
    """Run the command.

    Returns:
        Its exit status.
    """
    own, command = _divided(list(argv))
    arguments = _parser().parse_args(own)
    if arguments.list:
        for scenario in SCENARIOS:
            print(f"{scenario.name:22} {scenario.clause:5} {scenario.does}")
        return 0
    if not arguments.connector:
        _parser().error("say what is tested: --connector")
    chosen = _chosen(arguments.only, long=not arguments.short)
    if chosen is None:
        names = {scenario.name for scenario in SCENARIOS}
        unknown = [name for name in arguments.only if name not in names]
        print(
            f"parley conform: no scenario {', '.join(unknown)}; --list shows them", file=sys.stderr
        )
        return UNTRIED
    try:
        results = anyio.run(_run, arguments, command, chosen, backend="trio")
    except (CommandFailedError, OSError, BaseExceptionGroup) as error:
        found = innermost(error)
        if not isinstance(found, CommandFailedError | OSError):
            raise
        print(f"parley conform: {shown(str(found))}", file=sys.stderr)
        return UNTRIED
    if arguments.json:
        print(json.dumps([_plain(one) for one in results], indent=1))
    else:
        _summarise(results)
    return 1 if any(one.findings for one in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parley conform",
        description=_ABOUT,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="parley conform --connector [options] [-- COMMAND ...]",
    )
    add = parser.add_argument
    add("--connector", action="store_true", help="a connector of messages is tested")
    add(
        "--listen",
        metavar="A",
        default="127.0.0.1:7079",
        help="HOST:PORT for it (default: %(default)s)",
    )
    add(
        "--gateway",
        metavar="G",
        default="conform",
        help="address of its gateways (default: %(default)s)",
    )
    add(
        "--token", metavar="T", default="conform-secret", help="their secret (default: %(default)s)"
    )
    add("--channel", default="Email", choices=[str(one) for one in Channel], help="their channel")
    add("--device", metavar="JSON", help="the Device of its gateways")
    add("--to", metavar="ADDRESS", default="conform@localhost", help="where outbound messages go")
    add("--bad-to", metavar="ADDRESS", help="where none can go: it must say permanent:")
    add("--inject", metavar="CMD", help="makes a message come in with the text $TEXT")
    add("--sent", metavar="CMD", help="prints what has arrived at the far side")
    add("--only", metavar="NAME", nargs="+", default=[], help="only these scenarios")
    add("--short", action="store_true", help="leave out those that wait for a minute")
    add("--list", action="store_true", help="print the scenarios and end")
    add("--json", action="store_true", help="print JSON in place of a table")
    add("--verbose", action="store_true", help="show what COMMAND prints")
    return parser


def _divided(argv: list[str]) -> tuple[list[str], list[str]]:
    """The arguments of the kit, and the command behind `--`."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _chosen(only: Sequence[str], *, long: bool) -> list[Scenario] | None:
    if not only:
        return [one for one in SCENARIOS if long or not one.long]
    found = [one for one in SCENARIOS if one.name in only]
    return found if len(found) == len(set(only)) else None


async def _run(
    arguments: argparse.Namespace, command: list[str], chosen: list[Scenario]
) -> list[Played]:
    broker = PlayedBroker(gateways_of(arguments), arguments.token)
    far = CommandFarSide(
        address=arguments.to,
        bad_address=arguments.bad_to,
        inject_command=arguments.inject,
        look_command=arguments.sent,
    )
    program = CommandProgram(command, quiet=not arguments.verbose) if command else None
    host, _, port = arguments.listen.rpartition(":")
    listener = await anyio.create_tcp_listener(local_host=host.strip("[]"), local_port=int(port))
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, broker.serve)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's, no SQL
        where = f"{host}:{port}"
        print(f"parley conform: waiting at {where}", file=sys.stderr)
        told: Callable[[Played], None] = (lambda played: None) if arguments.json else _tell
        results = await play(chosen, broker, far, program, told=told)
        tasks.cancel_scope.cancel()
    return results


def gateways_of(arguments: argparse.Namespace) -> tuple[GatewayInfo, ...]:
    """The gateways that are announced: one in each direction."""
    return tuple(
        GatewayInfo(
            display_name=f"Conformance {direction}",
            peer_address=arguments.gateway,
            device=arguments.device,
            channel=Channel(arguments.channel),
            direction=direction,
            id=derive("message_gateway", f"conform {arguments.gateway} {direction}"),
        )
        for direction in (Direction.I, Direction.O)
    )


def _tell(played: Played) -> None:
    scenario = played.scenario
    if played.missing:
        outcome = f"not tried: needs {', '.join(played.missing)}"
    else:
        outcome = f"{len(played.findings)} findings" if played.findings else "good"
    print(f"{scenario.name:22} {scenario.clause:5} {outcome}", flush=True)


def _summarise(results: Sequence[Played]) -> None:
    findings = sorted({one for played in results for one in played.findings}, key=_order)
    if not findings:
        print(f"\nnothing is wrong in {sum(not one.missing for one in results)} scenarios")
        return
    print()
    for finding in findings:
        print(f"{finding.clause}: {shown(finding.text)} [{finding.scenario}]")


def _order(finding: object) -> tuple[str, ...]:
    return tuple(str(getattr(finding, name)) for name in ("clause", "scenario", "text"))


def _plain(played: Played) -> dict[str, object]:
    return {
        "scenario": played.scenario.name,
        "clause": played.scenario.clause,
        "missing": list(played.missing),
        "findings": [{"clause": one.clause, "text": one.text} for one in played.findings],
    }
