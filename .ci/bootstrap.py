"""Make the virtual environment: standard library only, since nothing else is there yet.

    python3 .ci/bootstrap.py .venv .ci/requirements/dev.txt

Installs the pinned packages (hashes are checked) and then Parley itself, editable. Says what it
does, as the first time takes a while.
"""

import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
INTERRUPTED = 130
"""The status of a program that SIGINT has ended, as shells tell it."""
NO_PIP = """\
error: this Python can make no virtual environment with pip in it.
Install what is missing (on Debian and Ubuntu: the packages python3-venv and python3-pip)
or name another interpreter: make setup PYTHON=/path/to/python3
"""


def run(*command: str | Path) -> None:
    """Run a command; a failure ends this program with the command's status."""
    done = subprocess.run([str(part) for part in command], check=False)
    if done.returncode:
        sys.stderr.write(f"error: this failed: {' '.join(map(str, command))}\n")
        sys.exit(done.returncode)


def make_environment(venv: Path) -> list[str | Path]:
    """Make the environment where it is missing or broken.

    Returns:
        The command that runs pip for it.
    """
    python = venv / "bin" / "python"
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    # One that was interrupted while it was made may have an interpreter and no pip.
    probe = [str(python), "-c", "import pip" if has_ensurepip else ""]
    works = python.exists() and subprocess.run(probe, check=False).returncode == 0
    if venv.exists() and not works:
        shutil.rmtree(venv)
    if has_ensurepip:
        if not works:
            run(sys.executable, "-m", "venv", venv)
        return [python, "-m", "pip"]
    if importlib.util.find_spec("pip") is None or importlib.util.find_spec("venv") is None:
        sys.exit(NO_PIP)
    if not works:
        run(sys.executable, "-m", "venv", "--without-pip", venv)
    return [sys.executable, "-m", "pip", "--python", python]


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(f"setup: {text}", flush=True)


def count(pins: Path) -> int:
    """How many packages a file of pins has."""
    return sum("==" in line for line in pins.read_text(encoding="utf-8").splitlines())


def main(venv: Path, pins: Path) -> None:
    """Make or refresh `venv` with the packages that `pins` lists."""
    if sys.version_info < OLDEST:
        sys.exit(f"error: Parley needs Python 3.11 or newer, this one is {sys.version.split()[0]}")
    began = time.monotonic()
    say(f"1 of 3: an environment for Python {sys.version.split()[0]} in {venv}")
    # Twice quiet leaves errors. What pip warns of (places of packages that this machine does not
    # have) is no matter: each package is checked by its hash.
    quiet = ("--quiet", "--quiet", "--disable-pip-version-check")
    pip = [*make_environment(venv), "install", *quiet]
    say(f"2 of 3: {count(pins)} pinned packages; at the first time this takes a minute or two")
    # The pins are complete. Resolving them again would let a dependency on an extra, such as
    # `coverage[toml]`, reach for a newer release than the pinned one.
    run(*pip, "--no-deps", "--require-hashes", "--requirement", pins)
    say("3 of 3: Parley itself")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    say(f"done in {time.monotonic() - began:.0f} s")


def program(venv: Path, pins: Path) -> int:
    """Do it, unless Ctrl-C ends it.

    Returns:
        The exit status.
    """
    try:
        main(venv, pins)
    except KeyboardInterrupt:
        sys.stderr.write("setup: interrupted; begin it again, what is there already is kept\n")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(program(Path(sys.argv[1]), Path(sys.argv[2])))
