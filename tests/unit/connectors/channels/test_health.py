"""The pages of a channel, over HTTP."""

import socket
import urllib.error
import urllib.request

import pytest

from connectors.channels.figures import Figures
from connectors.channels.health import REQUESTS, served
from connectors.channels.pulse import Pulse


def fetched(port: int | None, page: str, method: str = "GET") -> tuple[int, str]:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{page}", method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_pages_say_how_the_channel_is_doing() -> None:
    now = 0.0
    figures = Figures("pigeons", Pulse(lambda: now))
    with served(figures, "127.0.0.1:0") as port:
        assert fetched(port, "/healthz") == (200, "healthy\n")
        assert fetched(port, "/readyz") == (503, "no session with the broker\n")
        figures.connected = True
        assert fetched(port, "/readyz") == (200, "ready\n")
        assert "parley_channel_connected" in fetched(port, "/metrics")[1]
        assert fetched(port, "/else")[0] == 404
        assert fetched(port, "/healthz", "POST")[0] == 405
        now = 60.0
        assert fetched(port, "/healthz") == (503, "the loop does not run\n")
        assert fetched(port, "/readyz")[0] == 503
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port or 0), timeout=5)


def test_who_sits_there_does_not_keep_the_pages_from_others() -> None:
    with served(Figures("pigeons"), "127.0.0.1:0") as port:
        idle = [socket.create_connection(("127.0.0.1", port or 0)) for _ in range(REQUESTS)]
        extra = socket.create_connection(("127.0.0.1", port or 0))
        extra.settimeout(10)
        assert extra.recv(1) == b""
        for one in (*idle, extra):
            one.close()


def test_without_an_address_nothing_is_served() -> None:
    with served(Figures("pigeons"), None) as port:
        assert port is None
