"""What a value of a configuration file is."""

import tomllib

import pytest

from protocol.toml_values import exactly, kind_of

ALL = tomllib.loads(
    't = "x"\nn = 7\nf = 1.5\nb = true\nl = []\nm = {}\nd = 2026-01-01\nh = 10:00:00'
)


def test_kinds_in_words() -> None:
    assert [kind_of(value) for value in ALL.values()] == [
        "a text",
        "a whole number",
        "a number",
        "true or false",
        "a list",
        "a table",
        "a date or time",
        "a date or time",
    ]


def test_nothing_is_coerced() -> None:
    assert exactly(7, int) == 7
    assert exactly(7, float, int) == 7
    for value, kind in ((True, int), (7, bool), ("7", int), (7, float), (None, str)):
        with pytest.raises(ValueError, match=r"must be .*, not "):
            exactly(value, kind)
