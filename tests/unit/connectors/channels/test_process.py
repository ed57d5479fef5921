"""The program of a channel: its arguments, its exit status, its end by a signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute
from attrs import frozen

from connectors.channels import process
from connectors.channels.channel import Channel
from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.process import channel_main
from connectors.channels.settings import load
from tests.support.played_channel import GATEWAYS, Loft, Pigeons

ROOT = Path(__file__).parents[4]
PROGRAM = """
import sys
from attrs import frozen
from connectors.channels import channel_main
from tests.support.played_channel import Loft, Pigeons

@frozen
class Own:
    seconds: float = 0.1

sys.exit(channel_main("pigeons", Own, lambda own: Pigeons(Loft(seconds=own.seconds)), sys.argv[1:]))
"""
CONFIG = """
[broker]
address = "127.0.0.1:{port}"
gateways = ["loft"]
token = "{token}"
[store]
path = "store"
"""


@frozen
class Own:
    word: str = "x"


def made(_: Own) -> Channel:
    return Pigeons(Loft())


def written(path: Path, port: int = 1, token: str = "loft-secret") -> Path:
    (path / "c.toml").write_text(CONFIG.format(port=port, token=token))
    return path / "c.toml"


def test_a_file_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path)
    assert channel_main("pigeons", Own, made, ["--check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: good\n"
    file.write_text("[broker]\n[pigeons]\nwrod = 1\n")
    assert channel_main("pigeons", Own, made, [str(file)]) == 2
    err = capsys.readouterr().err.splitlines()
    assert f"{file}: pigeons.wrod: unknown key; did you mean word?" in err
    assert f"{file}: broker.token: is missing" in err


async def _program(path: Path, token: str, scenario: str, broker: PlayedBroker) -> tuple[int, str]:
    """Run the program against a played broker until it ends; its status and its log."""
    (path / "program.py").write_text(PROGRAM)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    file = written(path, listener.extra(SocketAttribute.local_port), token)
    with anyio.fail_after(60):
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, broker.serve)
            child = await anyio.open_process(
                [sys.executable, str(path / "program.py"), str(file)],
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            if scenario == "stop":
                assert await broker.until(lambda: bool(broker.heard("ES_SL_GETGATEWAYS")), 30)
                child.send_signal(signal.SIGTERM)
            assert child.stderr is not None
            log = b"".join([chunk async for chunk in child.stderr]).decode()
            status = await child.wait()
            await child.aclose()
            tasks.cancel_scope.cancel()
    return status, log


@pytest.mark.parametrize(
    ("token", "scenario", "status", "text"),
    [
        ("loft-secret", "stop", 0, "SIGTERM: stopping"),
        ("wrong", "end", 3, "the broker refuses this program: Rejected: AuthFailed"),
    ],
)
def test_a_program_ends_with_its_status(
    tmp_path: Path, token: str, scenario: str, status: int, text: str
) -> None:
    broker = PlayedBroker(GATEWAYS, "loft-secret")
    found, log = anyio.run(_program, tmp_path, token, scenario, broker, backend="trio")
    assert (found, text in log) == (status, True), log
    if scenario == "stop":
        assert broker.lines[-1].said_bye


def test_a_second_signal_ends_it_with_its_number_and_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hurried(*_: object) -> None:
        raise BaseExceptionGroup("of tasks", [SystemExit(143)])

    monkeypatch.setattr(process, "_serve", hurried)
    settings = load(written(tmp_path), "pigeons", Own, {})
    with pytest.raises(SystemExit) as ended:
        process.run(made(settings.own), settings)
    assert ended.value.code == 143


def test_a_store_that_cannot_be_opened_is_a_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path)
    (tmp_path / "store").write_text("no store, but long enough to be taken for something " * 99)
    assert channel_main("pigeons", Own, made, [str(file)]) == 1
    assert "not a database" in caplog.text
