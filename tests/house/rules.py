"""Check the house rules that no linter knows; `house.toml` says what they are.

    python -m tests.house.rules [ROOT]

Prints one line for each fault and exits with 1 if there is any.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen

RULES = Path(__file__).with_name("house.toml")
TEXT_SUFFIXES = {
    ".py",
    ".js",
    ".ts",
    ".tsx",
    ".css",
    ".html",
    ".md",
    ".toml",
    ".json",
    ".yaml",
    ".yml",
    ".txt",
    ".sh",
    ".cfg",
}
CODE_SUFFIXES = {".py", ".js", ".ts", ".tsx", ".css", ".sh"}


@frozen
class Fault:
    """A place where the house rules are broken."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@frozen
class Source:
    """A file of the project."""

    path: str
    text: str

    @property
    def module(self) -> str:
        """The dotted name that Python knows it by."""
        parts = Path(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_python(self) -> bool:
        """Tell whether it is Python."""
        return self.path.endswith(".py")

    def line_at(self, offset: int) -> int:
        """The number of the line in which a character stands."""
        return self.text.count("\n", 0, offset) + 1


def sources(root: Path, generated: Sequence[str]) -> Iterator[Source]:
    """Read the project's own text files: those that git tracks or would track."""
    for name in _names(root):
        path = root / name
        is_text = path.suffix in TEXT_SUFFIXES or path.suffix == ""
        if path.is_file() and is_text and not _any_match(name, generated):
            yield Source(name, path.read_text(encoding="utf-8"))


def places(root: Path) -> frozenset[str]:
    """The dotted names of the modules and packages that a checkout has."""
    return frozenset(Source(name, "").module for name in _names(root) if name.endswith(".py"))


def faults(source: Source, rules: Mapping[str, Any], modules: Collection[str]) -> Iterator[Fault]:
    """Find every fault of one file, in a project that has these modules."""
    yield from text_faults(source, rules["texts"])
    yield from mirror_faults(source, rules["proved"]["mirror"], modules)
    if Path(source.path).suffix in CODE_SUFFIXES:
        yield from length_faults(source, rules["max_file_lines"])
    if not source.is_python:
        return
    if any(re.search(rules["module_names"], name) for name in source.module.split(".")):
        yield Fault(source.path, 1, "a module's name says what is in it")
    tree = ast.parse(source.text, source.path)
    yield from function_faults(source, tree, rules["max_function_lines"])
    yield from skip_faults(source, tree)
    if not source.path.endswith("__init__.py"):
        yield from unproved_faults(source, tree, rules["proved"], modules)
    yield from sharing_faults(source, tree, rules["test_files"])
    for rule in rules["imports"]:
        yield from import_faults(source, tree, rule)
    for rule in rules["retired"]:
        yield from retired_faults(source, tree, rule)
    if any(_inside(source.module, package) for package in rules["pure"]["packages"]):
        yield from purity_faults(source, tree, rules["pure"]["calls"])
    if _inside(source.module, rules["composed"]["package"]):
        yield from patching_faults(source, tree, rules["composed"])


def mirror_faults(source: Source, mirror: str, modules: Collection[str]) -> Iterator[Fault]:
    """Find a file of unit tests that is not where the module it tests is in its package."""
    path = PurePosixPath(source.path)
    if not path.is_relative_to(mirror) or not path.match("test_*.py"):
        return
    package = path.parent.relative_to(mirror).parts
    words = path.stem.removeprefix("test_").split("_")
    tested = (".".join((*package, "_".join(words[:n]))) for n in range(1, len(words) + 1))
    if not package or not any(name in modules for name in tested):
        text = "named after no module or package; a test lies beside what it tests"
        yield Fault(source.path, 1, text)


def retired_faults(source: Source, tree: ast.AST, rule: Mapping[str, Any]) -> Iterator[Fault]:
    """Find what is called by a name that was given up."""
    if not _inside(source.module, rule["package"]):
        return
    for line, name in _defined(source, tree):
        better = rule["names"].get(name.strip("_").lower())
        if better is not None:
            yield Fault(source.path, line, f"{name} is called {better} here")


def unproved_faults(
    source: Source, tree: ast.AST, rule: Mapping[str, Any], modules: Collection[str]
) -> Iterator[Fault]:
    """Find a module that does something and has no file of tests of its own."""
    if not any(_inside(source.module, package) for package in rule["packages"]):
        return
    if not any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree)):
        return  # it only declares what others use
    package, _, name = source.module.rpartition(".")
    own = f"{rule['mirror'].replace('/', '.')}.{package}.test_{name}"
    if not any(module == own or module.startswith(f"{own}_") for module in modules):
        yield Fault(source.path, 1, f"no tests of its own: {own.replace('.', '/')}.py")


def text_faults(source: Source, rules: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """Find words that no file of the project says."""
    for rule in rules:
        if _any_match(source.path, rule.get("in", ["*"])):
            for match in re.finditer(rule["pattern"], source.text):
                at = match.start("at") if "at" in match.groupdict() else match.start()
                yield Fault(source.path, source.line_at(at), rule["says"])


def length_faults(source: Source, most: int) -> Iterator[Fault]:
    """Find a file that is too long."""
    lines = source.text.count("\n")
    if lines > most:
        yield Fault(source.path, most + 1, f"{lines} lines in a file, at most {most}")


def function_faults(source: Source, tree: ast.AST, most: int) -> Iterator[Fault]:
    """Find functions that are too long."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > most:
                text = f"{node.name} has {lines} lines, at most {most}"
                yield Fault(source.path, node.lineno, text)


def skip_faults(source: Source, tree: ast.AST) -> Iterator[Fault]:
    """Find tests that are skipped, or expected to fail, for no stated reason."""
    marks = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
    excused = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(word.arg == "reason" for word in node.keywords)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node) in marks
            and id(node) not in excused
        ):
            yield Fault(source.path, node.lineno, "a test left out without its reason")


def sharing_faults(source: Source, tree: ast.AST, test_files: str) -> Iterator[Fault]:
    """Find imports from a file of tests, which would tie its tests to those of others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [*_imported(node, source), *(alias.name for alias in node.names)]
            if any(re.search(test_files, part) for name in names for part in name.split(".")):
                text = "imported from a file of tests; what they share lies in tests/support"
                yield Fault(source.path, node.lineno, text)


def import_faults(source: Source, tree: ast.AST, rule: Mapping[str, Any]) -> Iterator[Fault]:
    """Find imports that a package may not have."""
    if not _inside(source.module, rule["package"]):
        return
    also = [
        name
        for module, names in rule.get("also", {}).items()
        if _inside(source.module, module)
        for name in names
    ]
    allowed = [rule["package"], *rule["allow"], *also]
    for node in ast.walk(tree):
        for name in _imported(node, source):
            if not any(_inside(name, package) for package in allowed):
                line = getattr(node, "lineno", 1)
                yield Fault(source.path, line, f"{rule['package']} may not import {name}")


def purity_faults(source: Source, tree: ast.AST, calls: Sequence[str]) -> Iterator[Fault]:
    """Find what makes a pure package depend on more than its inputs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if (
                any(called == name or called.endswith(f".{name}") for name in calls if "." in name)
                or called in calls
            ):
                yield Fault(source.path, node.lineno, f"{called}() in a pure package")
        elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
            yield Fault(source.path, node.iter.lineno, "a walk over a set: its order is not fixed")


def patching_faults(source: Source, tree: ast.AST, rule: Mapping[str, Any]) -> Iterator[Fault]:
    """Find what searches, moves or replaces what a decision says already."""
    if source.module in rule["but"]:
        return
    for node in ast.walk(tree):
        patched: Sequence[ast.expr] = ()
        match node:
            case ast.Assign(targets=patched) | ast.Delete(targets=patched):
                pass
            case ast.For(iter=walked) | ast.comprehension(iter=walked):
                patched = (walked,)
            case ast.Subscript(value=searched):
                patched = (searched,)
            case ast.Attribute(value=changed, attr=how) if how != "append":
                patched = (changed,)
        for each in patched:
            if isinstance(each, ast.Attribute) and each.attr in rule["members"]:
                text = f"{each.attr} of a decision patched; compose it of what is to be said"
                yield Fault(source.path, each.lineno, text)


def _names(root: Path) -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=root, capture_output=True, check=False, text=True)
    if listing.returncode == 0:
        return sorted(set(listing.stdout.split("\0")) - {""})
    paths = (path.relative_to(root) for path in root.rglob("*"))  # no repository: an unpacked one
    made = {"node_modules", "site", "var", "__pycache__"}
    return sorted(
        str(path)
        for path in paths
        if not any(part in made or part.startswith(".") for part in path.parts)
    )


def _imported(node: ast.AST, source: Source) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if not node.level:
        module = node.module or ""
        return [f"{module}.{alias.name}" for alias in node.names]
    package = (
        source.module if source.path.endswith("__init__.py") else source.module.rpartition(".")[0]
    )
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return [f"{package}.{node.module}" if node.module else package]


def _defined(source: Source, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a module gives a name to: itself, functions, classes, variables, arguments."""
    yield 1, source.module.rpartition(".")[2]
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case _:
                pass


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}
    return isinstance(node, ast.Set | ast.SetComp)


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _any_match(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def main(root: Path) -> int:
    """Check a checkout and print what is wrong with it."""
    rules = tomllib.loads(RULES.read_text(encoding="utf-8"))
    count, modules = 0, places(root)
    for source in sources(root, rules["generated"]):
        for fault in faults(source, rules, modules):
            print(fault)
            count += 1
    if count:
        print(f"{count} fault(s) against the house rules")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
