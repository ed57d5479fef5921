"""The documentation holds together: links lead somewhere, cited clauses exist."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import rules

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
CLAUSE_PAGES = {
    "B": DOCS / "behaviour.md",
    "C": DOCS / "configuration.md",
    "I": DOCS / "invariants.md",
    "W": DOCS / "protocol.md",
}
CITED = re.compile(r"\b([WBIC])-(\d{1,2})\b(?!\d)")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+?)\s*$", prose(page), flags=re.MULTILINE)
    marks = re.findall(r'(?:id="|\{ *#)([\w-]+)', prose(page))
    words = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in headings)
    return {re.sub(r"[\s-]+", "-", word) for word in words} | set(marks)


def pages_of(nav: Any) -> Iterator[str]:
    for entry in nav:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else pages_of(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\((?!https?://|mailto:)([^)\s]+)\)", prose(page)):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_navigation() -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    assert sorted(pages_of(nav)) == sorted(
        str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")
    )


@pytest.mark.parametrize("kind", sorted(CLAUSE_PAGES))
def test_every_clause_that_is_cited_exists(kind: str) -> None:
    written = set(CITED.findall(CLAUSE_PAGES[kind].read_text(encoding="utf-8")))
    unknown = {
        f"{kind}-{number} in {source.path}"
        for source in rules.sources(ROOT, ["*.md", "tests/house/*"])
        for letter, number in CITED.findall(source.text)
        if letter == kind and (letter, number) not in written
    }
    assert unknown == set()
