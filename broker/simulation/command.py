"""`parley simulate`: plays seeds, prints what each came to, and stops the build when one fails."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from broker.checker.history import write
from broker.simulation.run import Script, play
from broker.simulation.shrink import shrink
from protocol.display import shown

SHOWN: Final = 8
"""Violations of a run that are printed; there are often many of one cause."""
SIZES: Final = ("visitors", "agents", "vandals", "faults", "storm")


@frozen
class Verdict:
    """What one run came to, small enough to pass between processes."""

    script: Script
    digest: str
    counts: dict[str, int]
    violations: tuple[str, ...]
    laws: tuple[str, ...]


def judge(script: Script) -> Verdict:
    """Play one run."""
    outcome = play(script)
    return Verdict(
        script,
        outcome.digest,
        outcome.counts,
        tuple(str(violation) for violation in outcome.violations),
        tuple(violation.law for violation in outcome.violations),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parley simulate",
        description="Run the broker with clients, people and faults in one process under virtual "
        "time, and check what must hold in every run. The same seed gives the same run.",
        epilog="example: parley simulate --seed 1 --runs 200 --processes 2",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first seed (1)")
    parser.add_argument("--runs", type=int, default=1, metavar="K", help="how many seeds (1)")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write the history of --seed N")
    parser.add_argument("--processes", type=int, default=1, metavar="P", help="at a time (1)")
    parser.add_argument("--shrink", action="store_true", help="look for a smaller failing run")
    normal = Script(seed="")
    for name in SIZES:
        value = getattr(normal, name)
        unit = ", in seconds" if name == "storm" else ""
        parser.add_argument(
            f"--{name}", type=int, default=value, metavar="COUNT", help=f"{name}{unit} ({value})"
        )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status: 1 when a law was broken."""
    arguments = _parser().parse_args(argv)
    base = Script(seed="", **{name: getattr(arguments, name) for name in SIZES})
    if arguments.trace is not None:
        _trace(evolve(base, seed=str(arguments.seed)), arguments.trace)
    seeds = range(arguments.seed, arguments.seed + arguments.runs)
    failed: list[Verdict] = []
    total: dict[str, int] = {}
    for verdict in _verdicts([evolve(base, seed=str(seed)) for seed in seeds], arguments.processes):
        print(_line(verdict), flush=True)
        for name, count in verdict.counts.items():
            total[name] = total.get(name, 0) + count
        if verdict.violations:
            failed.append(verdict)
            _complain(verdict, small=arguments.shrink)
    counts = ", ".join(f"{count} {name}" for name, count in total.items())
    print(f"{len(seeds)} seeds, {len(failed)} failed: {counts}")
    return 1 if failed else 0


def _verdicts(scripts: Sequence[Script], processes: int) -> Iterable[Verdict]:
    if processes <= 1:
        yield from map(judge, scripts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(judge, scripts)


def _line(verdict: Verdict) -> str:
    counts = " ".join(f"{name} {count}" for name, count in verdict.counts.items())
    word = "FAILED" if verdict.violations else "ok"
    return f"seed {verdict.script.seed} {verdict.digest} {word} {counts}"


def _options(script: Script) -> str:
    """The options that make a run again."""
    normal = Script(seed=script.seed)
    changed = [
        f" --{name} {getattr(script, name)}"
        for name in SIZES
        if getattr(script, name) != getattr(normal, name)
    ]
    return f"--seed {script.seed}{''.join(changed)}"


def _complain(verdict: Verdict, *, small: bool) -> None:
    for text in verdict.violations[:SHOWN]:
        print(f"  {shown(text)}", file=sys.stderr)
    more = len(verdict.violations) - SHOWN
    if more > 0:
        print(f"  and {more} more", file=sys.stderr)
    script = shrink(verdict.script, verdict.laws[0]) if small else verdict.script
    again = f"parley simulate {_options(script)} --trace seed-{script.seed}.jsonl"
    print(f"  again, with a trace: {again}", file=sys.stderr)


def _trace(script: Script, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        write(play(script).history, file)
    print(f"the history of seed {script.seed} is in {path}")
