"""The `requires` marker, run by pytest inside pytest."""

import pytest

from tests.support.requires import Thing, lacking

INNER = """
import pytest
import tests.support.requires as requires

requires.THINGS["moon"] = requires.Thing(lambda: False, "wait for the night")

@pytest.mark.requires("moon")
def test_by_moonlight():
    pass
"""


def test_lacking_names_what_is_absent_and_how_to_get_it() -> None:
    things = {"sun": Thing(lambda: True, "-"), "moon": Thing(lambda: False, "wait for the night")}
    assert lacking(("sun",), things) is None
    assert lacking(("sun", "moon"), things) == "no moon: wait for the night"


@pytest.mark.parametrize(
    ("require_all", "outcome"), [("0", {"skipped": 1}), ("1", {"errors": 1})], ids=["skip", "fail"]
)
def test_a_missing_thing_skips_or_fails(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    require_all: str,
    outcome: dict[str, int],
) -> None:
    monkeypatch.setenv("PARLEY_REQUIRE_ALL", require_all)
    pytester.makepyfile(INNER)
    pytester.makeini("[pytest]\nmarkers =\n    requires(*things): what the test needs\n")
    result = pytester.runpytest_subprocess("-p", "tests.support.requires")
    result.assert_outcomes(**outcome)


def test_an_unknown_thing_is_an_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(INNER.replace('("moon")', '("mono")'))
    pytester.makeini("[pytest]\nmarkers =\n    requires(*things): what the test needs\n")
    result = pytester.runpytest_subprocess("-p", "tests.support.requires")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mono not in tests/support/requires.py*"])
