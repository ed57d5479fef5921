"""`parley bench`: its arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from broker.bench.main import Bench, bench_core, bench_main, bench_store
from broker.bench.settings import Load
from broker.console import options
from broker.console.help import DefaultsHelp


def bench_command(argv: Sequence[str]) -> int:
    """Run the command.

    Returns:
        Its exit status: 1 when the broker failed.
    """
    parser = argparse.ArgumentParser(
        prog="parley bench",
        description="Load a broker over TCP and print what it does. Exit status: 1 when the broker failed.",
        epilog="Example: parley bench --outstanding 64 1000 --json",
        formatter_class=DefaultsHelp,
    )
    _declare(parser)
    return _run(parser.parse_args(argv))


def _declare(parser: argparse.ArgumentParser) -> None:
    load = Load()
    parser.add_argument(
        "--to",
        metavar="B",
        type=options.address,
        help="HOST:PORT of a broker with the benchmark's configuration; default: one of its own",
    )
    parser.add_argument("--pid", type=int, help="the process of that broker, to read its cost")
    for name, text in (
        ("connectors", "connections of connectors"),
        ("agents", "connections of workplaces"),
        ("chats", "open chats"),
        ("processes", "processes that make the load"),
        ("text-bytes", "length of a sentence"),
    ):
        default = getattr(load, name.replace("-", "_"))
        parser.add_argument(
            f"--{name}", metavar="N", type=options.positive, default=default, help=text
        )
    parser.add_argument(
        "--seconds", type=options.seconds, default=load.seconds, help="length of a measurement"
    )
    parser.add_argument("--warmup", type=float, default=load.warmup, help="seconds before it")
    for name, kind, text in (
        ("outstanding", options.positive, "sentences on their way at any moment"),
        ("rate", options.rate, "sentences a second"),
        ("open-chats", options.positive, "open chats, with a fresh broker for each"),
        ("prefill-rows", int, "rows in the store before the start"),
    ):
        parser.add_argument(
            f"--{name}",
            metavar="N",
            type=kind,
            nargs="+",
            default=[],
            help=f"{text}; one measurement for each N",
        )
    parser.add_argument(
        "--idle", metavar="N", type=int, default=0, help="memory of N idle sessions"
    )
    for name, text in (
        ("core", "measure decisions of the core alone, with 1,000 agents and 5,000 waiting chats"),
        ("store", "measure what a sentence costs the store alone"),
        ("json", "print JSON in place of a table"),
    ):
        parser.add_argument(f"--{name}", action="store_true", help=text)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.core or arguments.store:
        return (bench_core if arguments.core else bench_store)(as_json=arguments.json)
    load = Load(
        connectors=arguments.connectors,
        agents=arguments.agents,
        chats=arguments.chats,
        processes=arguments.processes,
        seconds=arguments.seconds,
        warmup=arguments.warmup,
        text_bytes=arguments.text_bytes,
    )
    bench = Bench(
        load=load,
        to=arguments.to,
        pid=arguments.pid,
        outstanding=arguments.outstanding,
        rates=arguments.rate,
        open_chats=arguments.open_chats,
        prefill_rows=arguments.prefill_rows,
        idle=arguments.idle,
    )
    return bench_main(bench, as_json=arguments.json)
