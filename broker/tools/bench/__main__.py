"""`python -m broker.tools.bench`: the standard measurements."""

from broker.tools.bench.main import STANDARD, bench_main

if __name__ == "__main__":
    raise SystemExit(bench_main(STANDARD))
