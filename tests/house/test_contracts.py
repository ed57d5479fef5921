"""The import contracts in pyproject.toml find a planted import across a border."""

import os
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
]
LINT = Path(sysconfig.get_path("scripts"), "lint-imports")
PACKAGES = ["protocol", "broker", "connectors"]
MODULES = (
    [
        f"broker/{module}.py"
        for module in ("app", "child", "cli", "companion", "console", "process", "signals")
    ]
    + ["connectors/channels/__init__.py", "connectors/web/__init__.py", "broker/cleaning/worker.py"]
    + [
        f"broker/{room}/__init__.py"
        for room in (
            "bench",
            "checker",
            "cleaning",
            "config",
            "core",
            "recording",
            "reporting",
            "shell",
            "simulation",
            "store",
        )
    ]
)


IGNORED = {
    "broker/cleaning/kind.py": "import puremagic",
    "broker/cleaning/layout.py": "import inscriptis",
    "broker/cleaning/policy.py": "import nh3",
    "protocol/pattern.py": "import re2",
    "connectors/channels/converter.py": "import cattrs",
    "connectors/web/converting.py": "import cattrs",
    "protocol/codec.py": "import msgpack",
    "protocol/numbers.py": "import phonenumbers",
}
"""What contracts make an exception for; an exception that nothing needs is a fault as well."""


PLANTS: list[tuple[str, dict[str, str]]] = [
    ("protocol stands alone", {"protocol/a.py": "import trio"}),
    ("protocol stands alone", {"protocol/a.py": "import broker.config"}),
    ("only protocol.codec knows", {"broker/shell/a.py": "import msgpack"}),
    ("only broker.config and the converter", {"protocol/a.py": "import cattrs"}),
    ("only broker.config and the converter", {"connectors/channels/a.py": "import cattrs"}),
    ("only protocol.pattern knows", {"broker/core/a.py": "import re2"}),
    ("only protocol.numbers knows", {"connectors/a.py": "import phonenumbers"}),
    ("only the process that cleans", {"broker/cleaning/a.py": "import nh3"}),
    ("nobody meets strange HTML", {"broker/shell/a.py": "import broker.cleaning.policy"}),
    ("the core is pure", {"broker/core/a.py": "import time"}),
    (
        "the core is pure",
        {
            "broker/core/a.py": "import broker.config.b",
            "broker/config/b.py": "import structlog",
        },
    ),
    ("connectors never see", {"connectors/a.py": "import broker.core"}),
    ("the broker's rings", {"broker/store/a.py": "import broker.shell"}),
    ("the broker's rings", {"broker/shell/a.py": "import broker.app"}),
    ("the broker's rings", {"broker/shell/a.py": "import broker.store"}),
    ("the broker's rings", {"broker/config/a.py": "import broker.core"}),
    ("the broker's rings", {"broker/signals.py": "import broker.config"}),
    ("the broker's rings", {"broker/cluster/__init__.py": ""}),
    ("the broker's rings", {"broker/recording/a.py": "import broker.checker"}),
    (
        "the rooms of the core",
        {
            "broker/core/chats/__init__.py": "import broker.core.distribution",
            "broker/core/distribution/__init__.py": "",
        },
    ),
    (
        "chats, messages and distribution are neighbours",
        {
            "broker/core/distribution/__init__.py": "import broker.core.a",
            "broker/core/a.py": "import broker.core.chats",
            "broker/core/chats/__init__.py": "",
        },
    ),
    (
        "the rooms of the core",
        {
            "broker/core/state.py": "import broker.core.views",
            "broker/core/views/__init__.py": "",
        },
    ),
    ("the rooms of the core", {"broker/core/cellar/__init__.py": ""}),
    ("the checker knows the protocol", {"broker/checker/a.py": "import broker.config"}),
    ("only the command line and", {"broker/shell/a.py": "import connectors"}),
    ("reports read the store", {"broker/reporting/a.py": "import broker.shell"}),
    (
        "no cycles",
        {"connectors/a.py": "import connectors.b", "connectors/b.py": "import connectors.a"},
    ),
]


def lint(root: Path, planted: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the project's contracts over empty packages with some modules planted in them."""
    empty = [f"{package}/__init__.py" for package in PACKAGES] + MODULES
    for path, text in {**dict.fromkeys(empty, ""), **IGNORED, **planted}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    shutil.copy(ROOT / "pyproject.toml", root)
    environment = {**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1"}
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_has_a_planted_fault() -> None:
    named = [contract["name"] for contract in CONTRACTS]
    planted = {name for name, _ in PLANTS}
    assert [name for name in named if not any(name.startswith(p) for p in planted)] == []
    assert [p for p in planted if not any(name.startswith(p) for name in named)] == []


@pytest.mark.parametrize(
    ("contract", "members", "but"),
    [
        ("only broker.config and the converter", "source_modules", {"config"}),
        ("the core is pure", "forbidden_modules", {"core", "config"}),
        ("the checker knows", "forbidden_modules", {"checker"}),
        ("only the command line and", "source_modules", {"cli", "simulation"}),
    ],
)
def test_a_contract_that_names_all_but_some_names_them_all(
    contract: str, members: str, but: set[str]
) -> None:
    """A new package is beside none of the borders that were drawn before it came."""
    (found,) = (one for one in CONTRACTS if one["name"].startswith(contract))
    inside = {path.stem for path in (ROOT / "broker").iterdir() if _is_module(path)}
    named = {name.partition(".")[2] for name in found[members] if name.startswith("broker.")}
    assert named == inside - but


def _is_module(path: Path) -> bool:
    return (path / "__init__.py").exists() or (path.suffix == ".py" and path.stem[:2] != "__")


def test_empty_packages_keep_every_contract(tmp_path: Path) -> None:
    assert lint(tmp_path, {}).returncode == 0


@pytest.mark.parametrize(
    ("contract", "planted"),
    PLANTS,
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_a_planted_import_breaks_its_contract(
    tmp_path: Path, contract: str, planted: dict[str, str]
) -> None:
    result = lint(tmp_path, planted)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), result.stdout
