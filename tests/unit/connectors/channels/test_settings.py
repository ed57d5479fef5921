"""The file of a channel: the frame's sections and the channel's own."""

import ssl
from pathlib import Path

import pytest
from attrs import frozen

from connectors.channels.converter import FaultsError, Secret
from connectors.channels.settings import Broker, Limits, load

GOOD = """
[broker]
gateways = ["mail"]
token_env = "T"
[store]
path = "mail.sqlite"
[own]
folder = "in"
"""


@frozen(kw_only=True)
class Own:
    folder: str = "."


def written(path: Path, text: str) -> Path:
    (path / "c.toml").write_text(text, "utf-8")
    return path / "c.toml"


def faults(path: Path, text: str) -> list[str]:
    with pytest.raises(FaultsError) as found:
        load(written(path, text), "own", Own, {})
    return [str(fault) for fault in found.value.faults]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD), "own", Own, {"T": "secret"})
    assert found.own == Own(folder="in")
    assert (found.broker.address, found.broker.token.value) == ("127.0.0.1:7070", "secret")
    assert found.store.path == tmp_path / "mail.sqlite"
    assert (found.health.listen, found.limits) == (None, Limits())
    assert found.broker.context() is None


def test_faults_of_all_sections_are_told_together(tmp_path: Path) -> None:
    text = '[broker]\naddress = "nowhere"\ngateways = []\n[helath]\n[limits]\nstop = -1\n[own]\nx = 1\n'
    assert faults(tmp_path, text) == [
        "helath: unknown section; there are broker, store, health, limits, own",
        "broker.token: is missing",
        "broker.address: must be host:port",
        "broker.gateways: must not be empty",
        "store.path: is missing",
        "limits.stop: must be from 0 to 3600",
        "own.x: unknown key",
    ]


def test_a_file_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    (line,) = faults(tmp_path, "[broker\n")
    assert "is not valid TOML" in line
    (tmp_path / "c.toml").write_bytes(b"\xff")
    with pytest.raises(FaultsError, match="is not UTF-8"):
        load(tmp_path / "c.toml", "own", Own, {})
    with pytest.raises(FaultsError, match="No such file"):
        load(tmp_path / "none.toml", "own", Own, {})
    assert faults(tmp_path, "own = 3\n")[-1] == "own: must be a table, not a whole number"


def test_tls_trusts_whom_the_file_names() -> None:
    broker = Broker(gateways=("m",), token=Secret("s"), tls=True)
    context = broker.context()
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
