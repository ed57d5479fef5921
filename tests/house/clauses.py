"""Write which test holds which clause: docs/clauses.md.

    python -m tests.house.clauses

A test holds the clauses that its docstring cites (`W-21`, `B-20..B-25`). The clauses are those of
our own documents; the tests are read, not run.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TESTS = ROOT / "tests"
PAGE = DOCS / "clauses.md"
MOST_SHOWN = 6

_SOURCES = {"W": "protocol.md", "B": "behaviour.md", "C": "configuration.md", "I": "invariants.md"}
_HEADING = re.compile(r"^### (?P<id>[WBC]-\d+) (?P<title>.+)$", re.MULTILINE)
_ROW = re.compile(r"^\| \*\*(?P<id>I-\d+)\*\* \| (?P<title>.+?) \| (?P<text>.+) \|$", re.MULTILINE)
_UNSERVED = re.compile("not served by this version", re.IGNORECASE)
_CITED = re.compile(r"\b([WBIC])-(\d+)\b(?:(?:\.\.| to )(?:\1-)?(\d+)\b)?")


@frozen
class Clause:
    """A clause of one of our documents.

    Attributes:
        id: Its number, for instance W-21.
        title: Its heading.
        link: Where it stands, from the folder of the documents.
        served: Whether this version does what it says.
    """

    id: str
    title: str
    link: str
    served: bool


@frozen
class Holder:
    """A test, or a module of tests, with the clauses that it cites.

    Attributes:
        name: As pytest names it.
        clauses: What its docstring cites.
        is_module: Whether it is a module, whose word counts less.
    """

    name: str
    clauses: frozenset[str]
    is_module: bool = False


def cited(text: str) -> frozenset[str]:
    """The clauses that a text names, alone, in lists or in ranges."""
    return frozenset(
        f"{kind}-{number}"
        for kind, first, last in _CITED.findall(text)
        for number in range(int(first), int(last or first) + 1)
    )


def clauses() -> list[Clause]:
    """Every clause of the documents, in their order."""
    found: list[Clause] = []
    for kind, name in _SOURCES.items():
        text = (DOCS / name).read_text(encoding="utf-8")
        found += _rows(text, name) if kind == "I" else _headings(text, name)
    return found


def _rows(text: str, page: str) -> Iterator[Clause]:
    for row in _ROW.finditer(text):
        yield Clause(row["id"], row["title"], page, not _UNSERVED.search(row["text"]))


def _headings(text: str, page: str) -> Iterator[Clause]:
    badges = re.findall(r'^!!! note "(.*)"$', text, re.MULTILINE)
    unserved = {name for badge in badges if _UNSERVED.search(badge) for name in cited(badge)}
    for heading in _HEADING.finditer(text):
        badge = text[heading.end() :].lstrip("\n").split("\n", 1)[0]
        anchor = re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading[0][4:].lower()))
        own = badge.startswith("!!! note") and _UNSERVED.search(badge)
        served = heading["id"] not in unserved and not own
        yield Clause(heading["id"], heading["title"], f"{page}#{anchor}", served)


def holders(tests: Path = TESTS) -> list[Holder]:
    """Every test and module of tests that cites a clause."""
    found = []
    for path in sorted(tests.rglob("*.py")):
        name = path.relative_to(tests.parent).as_posix()
        found += [h for h in _holders(ast.parse(path.read_text("utf-8")), name) if h.clauses]
    return found


def _holders(tree: ast.Module, name: str) -> Iterator[Holder]:
    if Path(name).name.startswith("test_"):
        yield Holder(name, cited(ast.get_docstring(tree) or ""), is_module=True)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                test = _test_of(node, name)
                if test is not None:
                    yield Holder(test, cited(ast.get_docstring(node) or ""))
            case ast.Call(func=ast.Name(id="Plant"), args=[bug, law, *_]):
                case = ast.literal_eval(bug).replace(" ", "-")
                test = f"tests/simulation/test_plants.py::test_a_planted_bug_is_caught[{case}]"
                yield Holder(test, cited(ast.literal_eval(law)))
            case _:
                pass


def _test_of(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> str | None:
    """The name of the test that a function is, or is the script of."""
    if node.name.startswith("test_"):
        return f"{name}::{node.name}"
    if any(ast.unparse(mark).startswith("scenario(") for mark in node.decorator_list):
        case = node.name.replace("_", "-")
        return f"tests/replay/test_replay.py::test_the_broker_does_as_recorded[{case}]"
    return None


def page() -> str:
    """What docs/clauses.md is to hold."""
    found = holders()
    lines = [
        "# Clauses and their tests",
        "",
        "Which test holds which clause, as the docstrings of the tests say. `make clauses` writes this page;",
        "a clause that this version serves and that no test holds fails the suite.",
        "",
        "| clause | | held by | also cited by the modules |",
        "| --- | --- | --- | --- |",
    ]
    for clause in clauses():
        tests = _names(found, clause.id, is_module=False)
        shown = [f"`{test}`" for test in tests[:MOST_SHOWN]]
        if more := len(tests) - len(shown):
            shown.append(f"and {more} more")
        if not clause.served:
            shown.insert(0, "*not served by this version*")
        modules = [f"`{test}`" for test in _names(found, clause.id, is_module=True)]
        cells = f"{clause.title} | {'<br>'.join(shown)} | {'<br>'.join(modules)}"
        lines.append(f"| [{clause.id}]({clause.link}) | {cells} |")
    return "\n".join(lines) + "\n"


def _names(found: list[Holder], clause: str, *, is_module: bool) -> list[str]:
    return sorted(h.name for h in found if clause in h.clauses and h.is_module == is_module)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
