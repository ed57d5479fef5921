"""Build and judge what browsers run, with the Node of the virtual environment.

python .ci/ui.py build    into connectors/web/static and connectors/desk/static, if the sources changed since
python .ci/ui.py check    format, lint, types
python .ci/ui.py fix      format, and repair what the linter can
python .ci/ui.py test     its own tests
"""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from npm import NODE_FOLDER, install

UI = Path(__file__).parents[1] / "connectors" / "web" / "ui"
STATIC = UI.parent / "static"
DESK = UI.parents[1] / "desk" / "static"
BUILT_OF = UI / "node_modules" / ".parley-built"
_APART = {"node_modules", "dist", "test"}


def digest(folder: Path = UI) -> str:
    """What the sources are, in one word; tests are not among them."""
    whole = sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not _APART & set(inside.parts):
            whole.update(f"{inside}\0".encode() + path.read_bytes() + b"\0")
    return whole.hexdigest()


def build() -> None:
    """Build, unless what is there was made of these sources."""
    sources = digest()
    is_built = STATIC.exists() and DESK.exists() and BUILT_OF.exists()
    if is_built and BUILT_OF.read_text(encoding="utf-8") == sources:
        return
    print("setup: what browsers run", flush=True)
    try:
        install(UI)
    except SystemExit:
        print("setup: its tools could not be had; make setup will try again")
        return
    node("build.ts")
    BUILT_OF.write_text(sources, encoding="utf-8")


def check() -> None:
    """Format, lint, types."""
    install(UI)
    tool("@biomejs/biome/bin/biome", "ci", "--colors=off", "--error-on-warnings", ".")
    tool("typescript/bin/tsc", "--project", ".")


def fix() -> None:
    """Format, and repair what the linter can."""
    install(UI)
    tool("@biomejs/biome/bin/biome", "check", "--write", ".")


def test() -> None:
    """Run its own tests."""
    install(UI)
    tool("vitest/vitest.mjs", "run")


def tool(program: str, *arguments: str) -> None:
    """Run a program of an installed package."""
    node(str(Path("node_modules", *program.split("/"))), *arguments)


def node(*arguments: str) -> None:
    """Run Node among the sources; a failure ends this program with its status."""
    path = f"{NODE_FOLDER / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [NODE_FOLDER / "bin" / "node", *arguments],
        cwd=UI,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        check=False,
    )
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    {"build": build, "check": check, "fix": fix, "test": test}[sys.argv[1]]()
