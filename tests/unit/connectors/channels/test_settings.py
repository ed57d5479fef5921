"""The file of a channel: the frame's sections and the channel's own."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from connectors.channels.converter import FaultsError, Secret
from connectors.channels.settings import Broker, Limits, load
from tests.support.certificates import Authority

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
    assert line.startswith("is not valid TOML: ")  # the program says of which file
    (tmp_path / "c.toml").write_bytes(b"\xff")
    with pytest.raises(FaultsError, match="is not UTF-8"):
        load(tmp_path / "c.toml", "own", Own, {})
    with pytest.raises(FaultsError, match="No such file"):
        load(tmp_path / "none.toml", "own", Own, {})
    assert faults(tmp_path, "own = 3\n")[-1] == "own: must be a table, not a whole number"


@frozen(kw_only=True)
class Boxes:
    names: tuple[str, ...] = ()

    def gateways(self) -> Iterator[tuple[str, str]]:
        for number, name in enumerate(self.names):
            yield f"names[{number}]", name


def test_a_section_names_gateways_that_are_served(tmp_path: Path) -> None:
    text = GOOD.replace('folder = "in"', 'names = ["mail", "post"]')
    with pytest.raises(FaultsError) as found:
        load(written(tmp_path, text), "own", Boxes, {"T": "secret"})
    assert [str(fault) for fault in found.value.faults] == [
        "own.names[1]: post is none of [broker] gateways: mail"
    ]
    good = text.replace(', "post"', "")
    assert load(written(tmp_path, good), "own", Boxes, {"T": "secret"}).own.names == ("mail",)


def test_a_file_of_certificates_is_looked_into_at_once(tmp_path: Path) -> None:
    """Not only when the first connection is made, where nobody knows what was not found."""
    ca = tmp_path / "ca.pem"
    text = GOOD.replace("[store]", f'ca = "{ca}"\n[store]').replace("token_env", "token")
    assert faults(tmp_path, text) == [f"broker.ca: {ca} cannot be read: No such file or directory"]
    ca.write_text("no certificate")
    (line,) = faults(tmp_path, text)
    assert line.startswith(f"broker.ca: {ca} has no certificates: ")
    Authority(tmp_path)  # which writes it
    assert load(written(tmp_path, text), "own", Own, {}).broker.ca == ca


def test_tls_trusts_whom_the_file_names() -> None:
    broker = Broker(gateways=("m",), token=Secret("s"), tls=True)
    context = broker.context()
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
