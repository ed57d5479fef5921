"""Every clause that this version serves is held by a test, and the page that says so is fresh."""

import re
from pathlib import Path

import pytest

from tests.house import clauses

SERVED = {
    *(f"W-{n}" for n in [*range(1, 19), *range(20, 28), 47]),
    *(f"B-{n}" for n in [*range(1, 15), *range(20, 31), 40, 41, 42, *range(50, 64)]),
    *(f"C-{n}" for n in range(1, 5)),
    *(f"I-{n}" for n in range(1, 21)),
}


def test_the_page_is_what_the_tool_writes() -> None:
    assert clauses.PAGE.read_text(encoding="utf-8") == clauses.page(), "make clauses"


def test_the_documents_have_these_clauses_and_serve_these() -> None:
    found = clauses.clauses()
    assert len({clause.id for clause in found}) == len(found)
    assert {clause.id for clause in found if clause.served} == SERVED


def test_every_served_clause_is_held_by_a_test() -> None:
    held = {name for h in clauses.holders() if not h.is_module for name in h.clauses}
    assert sorted(SERVED - held) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("W-21: once", "W-21"),
        ("B-5, B-6 and W-22", "B-5 B-6 W-22"),
        ("(W-20..W-22)", "W-20 W-21 W-22"),
        ("I-1..3", "I-1 I-2 I-3"),
        ("B-50 to B-52: later", "B-50 B-51 B-52"),
        ("W-1..B-3", "W-1 B-3"),
        ("UTF-8, RFC-1, X-2", ""),
    ],
)
def test_citations(text: str, names: str) -> None:
    assert clauses.cited(text) == set(names.split())


def test_tests_scripts_and_planted_bugs_hold_and_others_do_not(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(
        '"""W-1."""\n'
        'def test_two() -> None:\n    """W-2."""\n'
        'async def test_three() -> None:\n    """W-3."""\n'
        'def no_test() -> None:\n    """W-4."""\n'
        'def test_silent() -> None:\n    "Nothing."\n'
    )
    (tmp_path / "tests" / "other.py").write_text(
        '"""W-5."""\n'
        '@scenario("A title")\nasync def two_words() -> None:\n    """B-1."""\n'
        'PLANTS = (Plant("a bug", "I-1", patch),)\n'
    )
    found = clauses.holders(tmp_path / "tests")
    assert {(holder.name.split("::")[-1], *holder.clauses) for holder in found} == {
        ("tests/test_one.py", "W-1"),
        ("test_two", "W-2"),
        ("test_three", "W-3"),
        ("test_the_broker_does_as_recorded[two-words]", "B-1"),
        ("test_a_planted_bug_is_caught[a-bug]", "I-1"),
    }
    assert [holder.name for holder in found if holder.is_module] == ["tests/test_one.py"]


def test_a_test_that_is_named_exists() -> None:
    """A function with the name stands in the file, so that the name can be given to pytest."""
    for holder in clauses.holders():
        path, _, test = holder.name.partition("::")
        text = (clauses.ROOT / path).read_text(encoding="utf-8")
        assert not test or re.search(rf"def {test.split('[')[0]}\b", text), holder.name
