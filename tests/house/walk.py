"""Walks a how-to: does what the page says in a copy of the project, exactly as it stands there.

A page is read from top to bottom. A block of `diff` with a title changes that file: each part (they are
divided by `@@`) has lines that stay, go and come, and what stays and goes must stand in the file once. A
block of any other language with a title is a new file. A block of `sh` is run.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from attrs import Factory, define, frozen

ROOT: Final = Path(__file__).parents[2]
_COPIED: Final = ("broker", "protocol", "connectors", "docs", "tests")
_LEFT_OUT: Final = shutil.ignore_patterns("node_modules", "*.jsonl", "seeds.txt", ".*")
_BLOCK: Final = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
_RECIPE: Final = r"^{}:[^\n]*\n((?:\t[^\n]*\n)+)"


class NotAsWrittenError(Exception):
    """The page does not say what the project is."""


@frozen
class Block:
    """A block of code of a page; without a title it is to be run."""

    language: str
    title: str | None
    text: str


@define
class Walk:
    """One walk through a page.

    Attributes:
        root: The copy of the project.
        touched: The files that were made or changed by hand, in order.
        ran: What was run.
    """

    root: Path
    touched: dict[str, None] = Factory(dict)
    ran: list[str] = Factory(list)

    @property
    def counted(self) -> list[str]:
        """The touched files outside the tests."""
        return [name for name in self.touched if not name.startswith("tests/")]

    def do(self, block: Block) -> None:
        """Do what one block says."""
        if block.title is None:
            for line in block.text.splitlines():
                self._run(line)
            return
        path = self.root / block.title
        self.touched[block.title] = None
        if block.language == "diff":
            path.write_text(patched(path.read_text("utf-8"), block), "utf-8")
        elif path.exists():
            raise NotAsWrittenError(f"{block.title} is there already")
        else:
            path.write_text(block.text, "utf-8")

    def _run(self, line: str) -> None:
        self.ran.append(line)
        made = re.fullmatch(r"make (\w+)", line)
        for command in recipe(self.root, made[1]) if made else [line]:
            words = command.replace("$(BIN)/", "").split()
            if words[0] != "python":
                raise NotAsWrittenError(f"{command!r} is nothing that a walk runs")
            done = subprocess.run(
                [sys.executable, *words[1:]],
                cwd=self.root,
                env={**os.environ, "PYTHONPATH": str(self.root)},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise NotAsWrittenError(f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}")


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are to be done, in order."""
    found = [Block(*m.groups()) for m in _BLOCK.finditer(page.read_text("utf-8"))]
    return [block for block in found if block.title is not None or block.language == "sh"]


def patched(text: str, block: Block) -> str:
    """The text of a file with the changes of a block made.

    Raises:
        NotAsWrittenError: What the block says stands there does not, or more than once.
    """
    for part in re.split(r"^@@.*\n", block.text, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
        after = "".join(line[1:] or "\n" for line in lines if line[0] != "-")
        found = len(re.findall(f"^{re.escape(before)}", text, re.MULTILINE))
        if found != 1 or not before:
            raise NotAsWrittenError(f"{block.title}: this is there {found} times:\n{before}")
        start = re.search(f"^{re.escape(before)}", text, re.MULTILINE)
        assert start is not None
        text = text[: start.start()] + after + text[start.end() :]
    return text


def recipe(root: Path, target: str) -> list[str]:
    """What `make` runs for a target."""
    found = re.search(_RECIPE.format(target), (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise NotAsWrittenError(f"make {target} makes nothing")
    return [line.strip().lstrip("@") for line in found[1].splitlines()]


def copied(into: Path) -> Walk:
    """A copy of the project to walk in."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, into / name, ignore=_LEFT_OUT)
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy2(ROOT / name, into / name)
    return Walk(into)
