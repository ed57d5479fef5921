"""Logins at a desk, on real TCP (W-18)."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from attrs import evolve

from broker.config import secret
from broker.config.secret import hash_token
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.session import Bye, LoginRequest, LoginResult, SysError
from protocol.values import LoginOutcome, Role
from tests.integration.peers import Peer, Served, command, serving, write_config

GOOD = LoginRequest(
    version=1, token="desk-secret", login="anna", password="open sesame", address="192.0.2.1"
)
LOGINS = '[logins]\ntoken = "desk-secret"\n'
ANNA = """
    [[agents]]
    name = "Anna"
    login = "anna"
    password_hash = "{hash}"
    role = "{role}"
"""


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes that cost nothing."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(secret, "PasswordHasher", cheap)


def anna(password: str = "open sesame", role: str = "agent") -> str:
    return ANNA.format(hash=hash_token(password), role=role)


def config(directory: Path, more: str) -> Path:
    return write_config(directory, more=more + LOGINS)


async def asks(served: Served, request: LoginRequest = GOOD) -> Frame:
    peer = await served.peer()
    peer.connection.log_in(request, 7)
    await peer.flush()
    frame = await peer.get()
    assert await peer.rest() == []  # that was all
    assert frame.re == 7
    return frame


async def logs_in(served: Served, **said: Any) -> LoginResult:
    frame = await asks(served, evolve(GOOD, **said))
    assert isinstance(frame.payload, LoginResult)
    return frame.payload


async def sits_down(served: Served, voucher: str | None, **more: Any) -> tuple[Peer, Frame]:
    peer = await served.peer()
    hello = {"login": "anna", "token": "desk-secret", "voucher": voucher, **more}
    return peer, await peer.hello(Role.WORKPLACE, "102", **hello)


def code_of(frame: Frame) -> ErrorCode | ByeCode | None:
    assert isinstance(frame.payload, SysError | Bye)
    return frame.payload.code


async def test_a_login_gives_a_voucher_and_that_a_session(tmp_path: Path) -> None:
    """W-18."""
    async with serving(config(tmp_path, anna())) as served:
        result = await logs_in(served)
        assert (result.outcome, result.agent_name) == (LoginOutcome.GOOD, "Anna")
        assert result.workplaces == ("101", "102")
        _, welcome = await sits_down(served, result.voucher)
        assert welcome.type == "SYS_WELCOME"
        assert (await logs_in(served, password="x")).outcome is LoginOutcome.REFUSED
        assert served.broker.server.sessions.counters.logins == {"Good": 1, "Refused": 1}


@pytest.mark.parametrize(
    "more",
    [
        {"voucher": "x"},
        {"voucher": None},
        {"token": "x"},
        {"token": "open sesame"},
        {"login": "alice"},
        {"login": "alice", "token": "alice-secret"},
    ],
)
async def test_a_session_needs_the_desk_and_the_voucher_of_its_agent(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    """W-18."""
    async with serving(config(tmp_path, anna())) as served:
        result = await logs_in(served)
        _, refused = await sits_down(served, **{"voucher": result.voucher, **more})
        assert code_of(refused) is ErrorCode.AUTH_FAILED


async def test_a_stranger_is_no_desk(tmp_path: Path) -> None:
    """W-18."""
    async with serving(config(tmp_path, anna())) as served:
        refused = await asks(served, evolve(GOOD, token="x"))
        assert code_of(refused) is ErrorCode.AUTH_FAILED
    async with serving(write_config(tmp_path, more=anna())) as served:
        assert code_of(await asks(served)) is ErrorCode.AUTH_FAILED


async def test_a_frame_behind_a_login_ends_it(tmp_path: Path) -> None:
    """W-18, W-10."""
    async with serving(config(tmp_path, anna())) as served:
        peer = await served.peer()
        peer.connection.log_in(GOOD)
        data = peer.connection.data_to_send()
        await peer.stream.send_all(data * 2)
        assert code_of(await peer.get()) is ErrorCode.BAD_HELLO
        peer, _ = await sits_down(served, (await logs_in(served)).voucher)
        await peer.send("SYS_LOGIN", GOOD, 8)
        refused = await peer.get("SYS_ERROR")
        assert (code_of(refused), refused.re) == (ErrorCode.NOT_ALLOWED, 8)


REMOVED: dict[str, Callable[[], str]] = {
    "removed": str,
    "another password": lambda: anna("another one"),
    "another role": lambda: anna(role="supervisor"),
}


@pytest.mark.parametrize("name", REMOVED)
async def test_who_is_removed_or_changed_by_a_reload_is_out_at_once(
    tmp_path: Path, name: str
) -> None:
    """W-18, C-4."""
    path = config(tmp_path, anna())
    async with serving(path) as served:
        result = await logs_in(served)
        peer, _ = await sits_down(served, result.voucher)
        alice = await served.workplace("101", "alice")
        config(tmp_path, REMOVED[name]())
        assert await served.broker.reload()
        bye = await peer.get("SYS_BYE")
        assert code_of(bye) is ByeCode.LOGGED_OFF
        _, refused = await sits_down(served, result.voucher)
        assert code_of(refused) is ErrorCode.AUTH_FAILED
        await alice.send("CS_CHAT_RESYNC", command("101"), 3)
        assert (await alice.get("SC_CHAT_LIST")).re == 3  # a program of somebody else goes on


async def test_a_reload_that_changes_nothing_of_them_leaves_them_alone(tmp_path: Path) -> None:
    """W-18, C-4; and the voucher outlives a restart."""
    path = config(tmp_path, anna())
    text = path.read_text()
    async with serving(path) as served:
        result = await logs_in(served)
        peer, _ = await sits_down(served, result.voucher)
        path.write_text(text.replace('name = "Anna"', 'name = "Anna"\nnickname = "A."'))
        assert await served.broker.reload()
        await peer.send("CS_CHAT_RESYNC", command("102"), 3)
        assert (await peer.get("SC_CHAT_LIST")).re == 3
    async with serving(path) as served:
        _, welcome = await sits_down(served, result.voucher)
        assert welcome.type == "SYS_WELCOME"
