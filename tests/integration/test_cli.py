"""The command line as a program: what it prints, what it heeds, how it ends."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from broker.cli import COMMANDS
from broker.console.output import CUT_SHORT
from protocol.errors import ByeCode
from protocol.session import Bye
from tests.integration.peers import PATIENCE, sentence, start_chat, write_config
from tests.integration.program import PARLEY, Client, run, serving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    """W-13."""
    with serving(write_config(tmp_path)) as child, Client(child.address) as client:
        client.ask("ES_CHAT_START", start_chat(), 1)
        client.ask("ES_CHAT_SENTENCE", sentence("s1", "A secret of mine"), 2)
        child.process.send_signal(number)
        while client.receive():
            pass
        bye = client.frames[-1].payload
        client.sock.close()
        status, log = child.end(number)
        assert isinstance(bye, Bye)
        assert bye.code is ByeCode.SHUTDOWN
        assert status == 0
        events = [line["event"] for line in log]
        assert events[-1] == "broker_stopped"
        assert events.count("session_closed") == 1
        assert "secret" not in json.dumps([line for line in log if "finding" not in line])


def test_sighup_reloads_a_good_file_and_refuses_a_faulty_one(tmp_path: Path) -> None:
    """C-4."""
    path = write_config(tmp_path)
    good = path.read_text()
    with serving(path) as child, Client(child.address) as client:
        assert child.process.stderr is not None
        lines = iter(child.process.stderr.readline, "")
        path.write_text("faulty = 1\nalso = 2\n" + good)
        child.process.send_signal(signal.SIGHUP)
        found = next(
            line for line in map(json.loads, lines) if line["event"] == "configuration_fault"
        )
        assert "faulty: unknown key" in found["finding"]
        refused = next(line for line in map(json.loads, lines) if line["event"] == "reload_refused")
        assert refused["faults"] == 2

        path.write_text(good)
        child.process.send_signal(signal.SIGHUP)
        next(line for line in map(json.loads, lines) if line["event"] == "configuration_reloaded")
        assert client.ask("ES_CHAT_START", start_chat(), 1).type == "SE_CHAT_STATUS"


def test_a_faulty_configuration_is_refused_with_all_its_faults(tmp_path: Path) -> None:
    """C-1."""
    path = write_config(tmp_path, server="colour = 1", limits="frame_bytes = 'many'")
    for command, status in (("serve", 2), ("check", 1)):
        found = run(command, path)
        assert found.returncode == status
        said = found.stdout + found.stderr
        assert "server.colour" in said
        assert "limits.frame_bytes" in said
    assert not list(tmp_path.glob("parley.db*"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    found = run("serve", tmp_path / "none.toml")
    assert found.returncode == 2
    assert "none.toml" in found.stderr


@pytest.mark.parametrize("member", ["listen", "http"])
def test_a_port_in_use_is_named(tmp_path: Path, member: str) -> None:
    path = write_config(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        path.write_text(
            path.read_text().replace(f'{member} = "127.0.0.1:0"', f'{member} = "{taken}"')
        )
        found = run("serve", path)
    assert found.returncode == 1
    assert f"cannot listen on {taken} (server.{member})" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_database_that_another_broker_has_is_refused(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    with serving(path):
        found = run("serve", path)
        assert found.returncode == 3
        assert "Traceback" not in found.stderr


def test_a_database_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    path.write_text(path.read_text().replace("parley.db", "parley.toml/parley.db"))
    found = run("serve", path)
    assert found.returncode == 3
    assert "store_lost" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_tls_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nonsense")
    files = 'tls_cert = "cert.pem"\ntls_key = "cert.pem"'
    found = run("serve", write_config(tmp_path, server=files))
    assert found.returncode == 1
    assert "server.tls_cert" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_a_help_with_an_example(name: str) -> None:
    found = run(name, "--help")
    assert found.returncode == 0
    assert f"usage: parley {name}" in found.stdout
    assert "example" in found.stdout.lower()
    assert name in run("--help").stdout


def test_the_version_is_told() -> None:
    assert run("--version").stdout.startswith("parley ")


def test_output_that_nobody_reads_is_no_crash(tmp_path: Path) -> None:
    """As in `parley check parley.toml | head -1`."""
    config = write_config(tmp_path)
    with subprocess.Popen(
        [*PARLEY, "check", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == CUT_SHORT
        assert process.stderr.read() == ""


def test_no_command_is_a_fault_with_the_list_of_commands() -> None:
    found = run()
    assert found.returncode == 2
    assert "serve" in found.stderr


def test_an_unknown_command_is_a_fault() -> None:
    assert run("sing").returncode == 2


def test_a_hash_is_of_the_secret_that_was_read(tmp_path: Path) -> None:
    """C-3."""
    from broker.config.model import Secret
    from broker.config.secret import verify

    found = run("hash-token", given="a-secret\n")
    assert verify(Secret(argon2=found.stdout.strip()), "a-secret")
