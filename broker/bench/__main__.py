"""`python -m broker.bench`: the standard measurements."""

from __future__ import annotations

import argparse

from attrs import evolve

from broker.bench.main import STANDARD, bench_main


def main() -> int:
    """Measure what the documentation of the benchmark calls the standard set."""
    parser = argparse.ArgumentParser(prog="make bench", description=main.__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--seconds", type=float, default=STANDARD.load.seconds)
    arguments = parser.parse_args()
    load = evolve(STANDARD.load, seconds=arguments.seconds)
    return bench_main(evolve(STANDARD, load=load), as_json=arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
