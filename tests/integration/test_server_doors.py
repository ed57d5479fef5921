"""How one gets in: several addresses, and strangers before the door."""

import errno
import socket
from pathlib import Path
from typing import Any

import pytest
import trio

from broker.config.model import Secret
from broker.config.secret import hash_token
from broker.shell import checks
from broker.shell.listening import bound
from protocol.errors import ErrorCode
from protocol.session import Hello, SysError
from protocol.values import Role
from tests.integration.peers import Peer, serving, start_chat, write_config

STRANGERS = 60


def hashed_app() -> str:
    """A gateway whose token takes a slow check."""
    return f"""
        [[gateways]]
        name = "App"
        peer = "app"
        token_hash = "{hash_token("app-secret")}"
    """


async def test_it_serves_all_its_addresses(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    both = 'listen = ["127.0.0.1:0", "[::1]:0"]'
    path.write_text(path.read_text().replace('listen = "127.0.0.1:0"', both))
    async with serving(path) as served:
        lines = served.out.getvalue().splitlines()
        assert [line.rpartition(":")[0] for line in lines[:2]] == [
            "listening on 127.0.0.1",
            "listening on [::1]",
        ]
        for line in lines[:2]:
            host, _, port = line.removeprefix("listening on ").rpartition(":")
            peer = await served.peer(at=(host.strip("[]"), int(port)))
            welcome = await peer.hello(Role.CONNECTOR, "web", token="web-secret")
            assert welcome.type == "SYS_WELCOME"
            await peer.send("ES_CHAT_START", start_chat(f"t {host}"), 1)
            assert (await peer.get("SE_CHAT_STATUS")).re == 1
        remotes = {link.remote for link in served.broker.server.sessions.clients.values()}
        assert {remote.rpartition(":")[0] for remote in remotes} == {"127.0.0.1", "[::1]"}


async def test_an_address_in_use_lets_go_of_those_before_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = probe.getsockname()
        with (
            pytest.raises(OSError, match=rf"on 127.0.0.1:{taken[1]} \(server.listen\)") as caught,
            bound("server.listen", [free, taken]),
        ):
            raise AssertionError
        assert caught.value.errno == errno.EADDRINUSE
        socket.create_server(free).close()


async def test_strangers_who_left_hold_up_nobody(tmp_path: Path) -> None:
    """W-10: of many wrong hellos of somebody who is gone no more is checked than was begun."""
    may = trio.Event()
    asked: list[str] = []

    async def check(secret: Secret, token: str) -> bool:
        asked.append(token)
        await may.wait()
        return token == "app-secret"

    async with serving(write_config(tmp_path, more=hashed_app())) as served:
        sessions = served.broker.server.sessions
        sessions.checks.authentication.check_slowly = check
        wrong = Hello(version=1, role=Role.CONNECTOR, peers=("app",), token="wrong")
        for _ in range(STRANGERS):
            stranger = await Peer.connect(served.address)
            stranger.connection.hello(wrong)
            await stranger.flush()
            await trio.testing.wait_all_tasks_blocked()
            await trio.aclose_forcefully(stranger.stream)
        while sessions.clients:
            await trio.testing.wait_all_tasks_blocked()
        honest = await served.peer()
        welcome: list[Any] = []

        async def enter() -> None:
            welcome.append(await honest.hello(Role.CONNECTOR, "app", token="app-secret"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(enter)
            await trio.testing.wait_all_tasks_blocked()
            may.set()
        assert welcome[0].type == "SYS_WELCOME"
        assert asked == ["wrong"] * checks.CHECKERS + ["app-secret"]
        again = await served.peer()
        assert (await again.hello(Role.CONNECTOR, "app", token="app-secret")).type == "SYS_WELCOME"
        assert len(asked) == checks.CHECKERS + 1  # who is known is not checked again


async def test_hellos_beyond_the_queue_of_slow_checks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14."""

    async def stuck(secret: Secret, token: str) -> bool:
        await trio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(checks, "OF_ONE_ORIGIN", 1)
    async with serving(write_config(tmp_path, more=hashed_app())) as served:
        served.broker.server.sessions.checks.authentication.check_slowly = stuck
        for _ in range(checks.CHECKERS + 1):
            waiting = await served.peer()
            waiting.connection.hello(
                Hello(version=1, role=Role.CONNECTOR, peers=("app",), token="x")
            )
            await waiting.flush()
            await trio.testing.wait_all_tasks_blocked()
        peer = await served.peer()
        refused = await peer.hello(Role.CONNECTOR, "app", token="app-secret")
        assert isinstance(refused.payload, SysError)
        assert (refused.payload.code, refused.payload.fatal) == (ErrorCode.OVERLOADED, True)
        await served.connector()
