"""The how-tos hold: each is walked, exactly as it is written, in a copy of the project."""

import re
from pathlib import Path

import pytest

from tests.house.walk import ROOT, Block, NotAsWrittenError, Walk, blocks, copied, patched, recipe

PAGES = sorted((ROOT / "docs" / "howto").glob("add-*.md"))
MOST_FILES = 5
"""What one thing more may touch outside the tests: more says that it is named in too many places."""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_true(page: Path, tmp_path: Path) -> None:
    """Its changes fit, what it runs succeeds, and its own test holds, which does not without them."""
    walk = copied(tmp_path)
    steps = blocks(page)
    for step in steps:
        walk.do(step)
    assert len(walk.counted) <= MOST_FILES
    sources = " ".join(name for name in walk.touched if name.endswith(".py"))
    walk.do(
        Block(
            "sh", None, f"python -m ruff check {sources}\npython -m ruff format --check {sources}"
        )
    )
    (proof,) = [
        step.title
        for step in steps
        if step.title is not None and re.match(r"tests/.*/test_", step.title)
    ]
    assert any(proof in line for line in walk.ran)
    bare = copied(tmp_path / "bare")
    bare.do(next(step for step in steps if step.title == proof))
    with pytest.raises(NotAsWrittenError, match=r"\d failed|ImportError"):
        bare.do(Block("sh", None, f"python -m pytest -q {proof}"))


def test_there_are_pages() -> None:
    assert {page.stem for page in PAGES} >= {"add-a-fact", "add-a-frame", "add-a-member"}


def test_what_is_not_there_is_not_changed() -> None:
    text = "one\ntwo\nthree\ntwo\n"
    assert patched(text, Block("diff", "f", " one\n-two\n+2\n three\n")) == "one\n2\nthree\ntwo\n"
    twice = Block("diff", "f", " one\n+1\n@@ further down\n three\n-two\n")
    assert patched(text, twice) == "one\n1\ntwo\nthree\n"
    for wrong in ("-four\n", " two\n+2\n", "+nowhere\n", " wo\n"):
        with pytest.raises(NotAsWrittenError):
            patched(text, Block("diff", "f", wrong))


def test_a_walk_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("text\n")
    (tmp_path / "Makefile").write_text("all: setup\n\t@$(BIN)/python -c pass\n")
    walk = Walk(tmp_path)
    for block in (
        Block("python", "there", "new\n"),
        Block("sh", None, "rm there\n"),
        Block("sh", None, "make nothing\n"),
        Block("sh", None, "python -c assert(False)\n"),
    ):
        with pytest.raises(NotAsWrittenError):
            walk.do(block)
    walk.do(Block("sh", None, "make all\n"))
    (tmp_path / "tests").mkdir()
    walk.do(Block("python", "tests/new", "new\n"))
    assert recipe(tmp_path, "all") == ["$(BIN)/python -c pass"]
    assert (walk.ran[-1], walk.counted) == ("make all", ["there"])
