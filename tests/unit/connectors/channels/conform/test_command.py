"""`parley conform` as it is called, against a channel over TCP."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from broker.cli import main
from connectors.channels.conform.command import conform_main
from connectors.channels.conform.table import SCENARIOS

PIGEONS = """
import sys
from attrs import frozen
from connectors.channels import Sent, channel_main
from tests.support.played_channel import Loft, Pigeons

@frozen
class Own:
    pass

class Liar(Pigeons):
    async def run(self, host):
        await host.stopped()

    async def send(self, message):
        return await super().send(message) if {good} else Sent()

sys.exit(channel_main("pigeons", Own, lambda own: Liar(Loft()), sys.argv[1:]))
"""


def arguments(path: Path, *more: str, good: bool = True) -> list[str]:
    """The command line for a channel that is started by the kit on a free port."""
    (path / "pigeons.py").write_text(PIGEONS.format(good=good))
    (path / "pigeons.toml").write_text(
        f'[broker]\naddress = "127.0.0.1:{free_port()}"\ngateways = ["loft"]\n'
        'token = "loft-secret"\n[store]\npath = "store"\n'
    )
    listen = (path / "pigeons.toml").read_text().split('"')[1]
    return [
        "--connector", "--listen", listen, "--gateway", "loft", "--token", "loft-secret",
        *more, "--", sys.executable, str(path / "pigeons.py"), str(path / "pigeons.toml"),
    ]  # fmt: skip


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_good_connector_gets_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[5]))
    chosen = ("--only", "gateways", "sent", "ping", "taken")
    assert conform_main(arguments(tmp_path, *chosen)) == 0
    out = capsys.readouterr().out
    assert "nothing is wrong in 3 scenarios" in out
    assert "not tried: needs inject" in out


def test_findings_are_printed_by_clause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[5]))
    chosen = ("--only", "impossible", "--bad-to", "nobody")
    assert conform_main(arguments(tmp_path, *chosen, good=False)) == 1
    assert "B-55: says that it has sent what cannot be sent [impossible]" in capsys.readouterr().out
    assert conform_main(arguments(tmp_path, *chosen, "--json", good=False)) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["findings"] == [
        {"clause": "B-55", "text": "says that it has sent what cannot be sent"}
    ]


def test_what_cannot_be_tried_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[5]))
    assert conform_main(["--connector", "--only", "nonsense"]) == 2
    assert "no scenario nonsense" in capsys.readouterr().err
    chosen = ("--only", "taken", "--inject", "exit 9")
    assert conform_main(arguments(tmp_path, *chosen)) == 2
    assert "ended with status 9" in capsys.readouterr().err
    assert conform_main(["--connector", "--only", "ping", "--", "/no/such/program"]) == 2
    assert "/no/such/program" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        conform_main([])


def test_the_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [[one.name, one.clause] for one in SCENARIOS]


def test_it_is_a_command_of_parley() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "broker", "conform", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--inject CMD" in done.stdout
