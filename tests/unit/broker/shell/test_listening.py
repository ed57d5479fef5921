"""Where a configuration wants the broker to listen; what cannot be is told by its member (C-1)."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from attrs import evolve

from broker.config.model import Address, Config
from broker.shell.listening import bound, tls_of

ANYWHERE: Address = ("127.0.0.1", 0)


def test_all_places_are_listened_at_until_the_end() -> None:
    with bound("server.listen", [ANYWHERE, ANYWHERE]) as sockets:
        assert len({held.getsockname() for held in sockets}) == 2
        for held in sockets:
            socket.create_connection(held.getsockname()).close()
    assert [held.fileno() for held in sockets] == [-1, -1]


def test_a_place_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken: Address = ("127.0.0.1", other.getsockname()[1])
        with (
            pytest.raises(OSError, match=rf"cannot listen on 127.0.0.1:{taken[1]} \(server.http\)"),
            bound("server.http", [ANYWHERE, taken]),
        ):
            pass


def test_connections_are_plain_unless_there_is_a_certificate() -> None:
    assert tls_of(Config()) is None


def test_a_certificate_that_is_none_is_told_by_its_member(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nonsense")
    server = evolve(Config().server, tls_cert=str(tmp_path / "cert.pem"))
    with pytest.raises(OSError, match=r"server\.tls_cert: "):
        tls_of(Config(server=server))
