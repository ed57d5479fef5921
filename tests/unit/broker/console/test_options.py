"""What the arguments of commands may be, and what each is refused with."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import pytest

from broker.console import options


@pytest.mark.parametrize(
    ("read", "good", "wrong"),
    [
        (options.address, ["127.0.0.1:7070", "[::1]:0", ":65535"], ["host", "host:", "h:65536"]),
        (options.positive, ["1", "64"], ["0", "-1"]),
        (options.seconds, ["0.5", "999999"], ["0", "-1", "1e6", "nan"]),
        (options.speed, ["0", "2.5"], ["-0.1", "inf"]),
        (options.rate, ["0.1", "2000"], ["0", "nan"]),
        (options.renamed, ["a=b", "a=b=c"], ["a", "=b", "a="]),
    ],
)
def test_an_argument_is_read_or_refused_in_words(
    read: Callable[[str], object], good: list[str], wrong: list[str]
) -> None:
    for text in good:
        read(text)
    for text in wrong:
        with pytest.raises(argparse.ArgumentTypeError, match="is no"):
            read(text)


def test_what_is_called_otherwise_may_have_the_sign_in_its_new_name() -> None:
    assert options.renamed("a=b=c") == ("a", "b=c")


def test_commands_that_talk_to_a_broker_find_the_one_beside_them() -> None:
    parser = argparse.ArgumentParser()
    options.add_to(parser)
    options.add_config(parser, "tells who is who")
    found = parser.parse_args([])
    assert (found.to, found.config) == (options.LOCAL, None)
    assert "the broker's: tells who is who" in parser.format_help()
