"""How the help of commands is laid out."""

import argparse
from collections.abc import Callable

import pytest

from broker.console.help import HelpLayout
from broker.reporting import report
from broker.reporting.explain import command as explain
from broker.reporting.whatif import command as whatif


@pytest.mark.parametrize("parser", [report.parser, explain.parser, whatif.parser])
def test_a_description_flows_and_examples_stay(
    parser: Callable[[], argparse.ArgumentParser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    made = parser()
    text = made.format_help()
    described = text.split("\n\n")[1]
    assert described.replace("\n", " ") == made.description
    assert max(map(len, described.splitlines())) < 80
    assert made.epilog is not None
    assert made.epilog.strip() in text


def test_a_short_description_is_one_line() -> None:
    made = argparse.ArgumentParser(
        prog="x", description="Does it.", epilog="a\n  b\n", formatter_class=HelpLayout
    )
    assert "\n\nDoes it.\n\n" in made.format_help()
    assert made.format_help().endswith("a\n  b\n")
