"""The page on channels holds: its example is made, checked and held against the protocol as it is written."""

import os
import re
import socket
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.house.walk import ROOT, Block, blocks

PAGE = ROOT / "docs" / "channels.md"
TRIED = ("gateways", "sent", "sent-again", "impossible", "taken", "killed-after-answer", "stopped")
"""What is played here; all of it takes minutes, which the protocol asks for."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def run(command: str, where: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the page, with the project's own programs."""
    scripts = sysconfig.get_path("scripts")
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def commands(page: list[Block]) -> list[str]:
    text = "".join(block.text for block in page if block.language == "sh")
    return text.replace("\\\n", " ").splitlines()


@pytest.mark.slow
def test_the_example_is_made_and_holds(tmp_path: Path) -> None:
    page = blocks(PAGE)
    ports = {"7070": str(free_port()), "9101": str(free_port())}
    files = {block.title: block.text for block in page if block.title is not None}
    assert set(files) == {"files.py", "files.toml"}
    for name, text in files.items():
        (tmp_path / name).write_text(re.sub("7070|9101", lambda it: ports[it[0]], text))
    made, checked, ran, held = commands(page)
    assert run(made, tmp_path).returncode == 0
    looked = run(checked, tmp_path)
    assert (looked.returncode, looked.stdout) == (0, "files.toml: good\n"), looked.stderr
    assert held.endswith(f"-- {ran}")
    only = held.replace("7070", ports["7070"]).replace(" -- ", f" --only {' '.join(TRIED)} -- ")
    found = run(only, tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"nothing is wrong in {len(TRIED)} scenarios" in found.stdout


def test_the_sections_of_the_page_are_those_of_the_frame() -> None:
    """Every key of the frame's sections is in the table of the page."""
    from attrs import fields

    from connectors.channels.settings import Broker, Health, Limits, Storage

    text = PAGE.read_text("utf-8")
    keys = {one.name for kind in (Broker, Health, Limits, Storage) for one in fields(kind)}
    assert {key for key in keys if f"`{key}`" not in text} == set()
