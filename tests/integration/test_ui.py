"""What browsers run: its own tests, and what is built of it."""

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.requires import NODE, ROOT

UI = ROOT / "connectors" / "web" / "ui"
STATIC = UI.parent / "static"


def ran(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.requires("node", "ui")
def test_its_own_tests_pass() -> None:
    """W-1..W-9: the TypeScript client, against the golden frames and by itself."""
    done = ran(sys.executable, ".ci/ui.py", "test")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.requires("node", "ui")
def test_the_client_is_built_for_others_too(tmp_path: Path) -> None:
    compiler = UI / "node_modules" / "typescript" / "bin" / "tsc"
    project = UI / "client" / "tsconfig.build.json"
    done = ran(NODE, compiler, "--project", project, "--outDir", tmp_path)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "index.d.ts").exists()
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = "import('./index.js').then((m) => console.log(typeof m.MESSAGEPACK.encode))"
    assert ran(NODE, "--eval", script, cwd=tmp_path).stdout == "function\n"


@pytest.mark.requires("node", "ui")
@pytest.mark.parametrize(
    ("script", "most"), [("widget.js", 5), ("chat.js", 30), ("extras.js", 3), ("fallback.js", 2)]
)
def test_it_is_light(script: str, most: int) -> None:
    """What a visitor loads, in KiB by gzip; the client is in the chat."""
    packed = gzip.compress((STATIC / script).read_bytes())
    assert len(packed) <= most * 1_024


@pytest.mark.slow
@pytest.mark.requires("node", "ui")
def test_the_wheel_has_what_is_built_and_not_its_sources(tmp_path: Path) -> None:
    assert (STATIC / "client.js").exists(), "run make setup"
    program = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    done = ran(sys.executable, "-c", program, tmp_path)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = [n for n in zipfile.ZipFile(wheel).namelist() if n.startswith("connectors/web/")]
    for name in ("widget.js", "chat.js", "fallback.js", "client.js", "parley.d.ts"):
        assert f"connectors/web/static/{name}" in inside
    assert {"connectors/web/texts/en.json", "connectors/web/shop/index.html"} <= set(inside)
    assert not [name for name in inside if "/ui/" in name]
