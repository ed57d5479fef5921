"""`parley email` as a program, between a broker that is played and mail servers that are real."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from anyio.abc import SocketAttribute
from attrs import define, frozen

from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.conform.commands import CommandProgram
from connectors.channels.conform.play import play
from connectors.channels.conform.table import SCENARIOS
from connectors.email.parse import parse
from protocol.identifiers import derive
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo
from protocol.values import Channel, Direction
from tests.integration.program import run
from tests.support import dovecot, submission
from tests.support.at_stake import AT_STAKE
from tests.support.certificates import Authority
from tests.support.dovecot import Dovecot
from tests.support.mails.shape import head, mail
from tests.support.submission import Submission

pytestmark = [pytest.mark.requires("dovecot"), pytest.mark.slow, pytest.mark.timeout(600)]

_FILE = """
[broker]
address = "{broker}"
gateways = ["mail"]
token = "mail secret"

[store]
path = "mail.sqlite"

[[email.accounts]]
gateway = "mail"
address = "service@example.com"

[email.accounts.imap]
host = "127.0.0.1"
port = {imap}
tls = "off"
user = "service"
password = "{imap_password}"
{more}

[email.accounts.smtp]
host = "localhost"
port = {smtp}
tls = "starttls"
ca = "{ca}"
user = "service"
password = "{smtp_password}"
"""
_GATEWAYS = tuple(
    GatewayInfo(
        display_name="Mail",
        peer_address="mail",
        channel=Channel.EMAIL,
        direction=direction,
        id=derive("message_gateway", f"mail {direction}"),
    )
    for direction in (Direction.I, Direction.O)
)


@define
class Servers:
    """The far side of the kit: a mailbox and a submission server."""

    imap: Dovecot
    smtp: Submission
    address: str = "ann@customer.example"
    bad_address: str | None = "no address at all"
    can_inject: bool = True
    can_look: bool = True
    injected: int = 0

    async def inject(self, text: str) -> None:
        """Make a mail come in."""
        self.injected += 1
        data = mail(head(Message_ID=f"<in-{self.injected}@customer.example>"), f"{text}\n")
        await anyio.to_thread.run_sync(self.imap.deliver, data)

    async def arrived(self) -> list[str]:
        """The texts of the mails that were sent."""
        return [parse(data).text or "" for data in list(self.smtp.taken)]


@frozen
class Scene:
    """A broker that is played, servers, and the program, which is not started yet."""

    broker: PlayedBroker
    servers: Servers
    program: CommandProgram


@asynccontextmanager
async def scene(tmp_path: Path, more: str = "") -> AsyncIterator[Scene]:
    """Everything that is needed, in one."""
    broker = PlayedBroker(_GATEWAYS, "mail secret")
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    with dovecot.running() as imap, submission.running(context=imap.context(), login=True) as smtp:
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, broker.serve)
            port = listener.extra(SocketAttribute.local_port)
            file = tmp_path / "email.toml"
            file.write_text(
                _FILE.format(
                    broker=f"127.0.0.1:{port}",
                    imap=imap.plain,
                    smtp=smtp.port,
                    ca=imap.folder / "ca.pem",
                    imap_password=dovecot.PASSWORD,
                    smtp_password=submission.PASSWORD,
                    more=more,
                )
            )
            program = CommandProgram([sys.executable, "-m", "broker", "email", str(file)])
            try:
                yield Scene(broker, Servers(imap, smtp), program)
            finally:
                await program.kill()
            tasks.cancel_scope.cancel()


PLAYED = AT_STAKE | {"refused"}


async def test_the_program_holds_the_protocol(tmp_path: Path) -> None:
    """B-50, B-52, B-53, B-55: what the kit finds of a channel between real servers."""
    chosen = [scenario for scenario in SCENARIOS if scenario.name in PLAYED]
    async with scene(tmp_path) as stage:
        results = await play(chosen, stage.broker, stage.servers, stage.program)
    assert [str(finding) for played in results for finding in played.findings] == []
    assert [played.scenario.name for played in results if played.missing] == []
    assert len(results) == len(PLAYED)


@pytest.mark.parametrize(
    "more", ["", 'done = "move"', 'done = "keep"'], ids=["keyword", "move", "keep"]
)
async def test_no_mail_is_lost_on_its_way_in(tmp_path: Path, more: str) -> None:
    """B-50: the server, the program and the broker go away in turn, and each mail is taken once."""
    async with scene(tmp_path, f"timeout = 5\n{more}") as stage:
        broker, servers, program = stage.broker, stage.servers, stage.program
        await program.start()
        for number in range(12):
            await servers.inject(f"letter {number}")
            match number % 4:
                case 0:
                    await anyio.to_thread.run_sync(servers.imap.stop)
                    await anyio.to_thread.run_sync(servers.imap.start)
                case 1:
                    await broker.until(lambda: bool(broker.heard("ES_MESSAGE_RECEIVING")), 1)
                    await broker.cut()
                case 2:
                    await program.kill()
                    await program.start()
                case _:
                    await broker.until(_so_many(broker, number + 1), 40)
        assert await broker.until(lambda: len(broker.taken) == 12, 60)
    given = {one.payload.body_text.strip() for one in broker.heard("ES_MESSAGE_RECEIVING")}
    assert given == {f"letter {number}" for number in range(12)}


def _so_many(broker: PlayedBroker, number: int) -> Callable[[], bool]:
    return lambda: len(broker.taken) >= number


_FAULTS: tuple[tuple[str, str] | str | None, ...] = (
    None,
    ("RCPT", "450 4.7.1 greylisted"),
    ("RCPT", "452 4.2.2 mailbox full"),
    "EHLO",
    "DATA",
    "lost",
    ".",
    (".", "451 4.3.0 later"),
    ("MAIL", "421 4.3.0 going down"),
)


async def test_a_mail_is_doubled_only_where_nobody_knows(tmp_path: Path) -> None:
    """B-55: a copy at the far side for an attempt that nobody knows the outcome of, and for no other."""
    async with scene(tmp_path) as stage:
        broker, smtp = stage.broker, stage.servers.smtp
        await stage.program.start()
        assert await broker.until(lambda: len(broker.heard("ES_SL_GETGATEWAYS")) > 0, 30)
        for number, fault in enumerate(_FAULTS):
            match fault:
                case str():
                    smtp.cuts.append(fault)
                case tuple():
                    smtp.refuse.append(fault)
                case None:
                    pass
            assert await _sent(broker, f"letter {number}"), fault
        taken = [(parse(data).text or "").strip() for data in smtp.taken]
        ids = [parse(data).message_id for data in smtp.taken]
    copies = {fault: taken.count(f"letter {n}") for n, fault in enumerate(_FAULTS)}
    assert copies.pop(".") == 2
    assert set(copies.values()) == {1}
    assert len(set(ids)) == len(_FAULTS)  # the second one has the name of the first


@pytest.mark.parametrize("where", ["MAIL", "."])
async def test_what_the_server_cannot_have_comes_back_at_once_after_a_kill(
    tmp_path: Path, where: str
) -> None:
    """B-55: only of what was handed over to its last dot nobody knows."""
    async with scene(tmp_path) as stage:
        broker, smtp = stage.broker, stage.servers.smtp
        await stage.program.start()
        assert await broker.until(lambda: len(broker.heard("ES_SL_GETGATEWAYS")) > 0, 30)
        smtp.silences.append(where)
        await broker.sending(_message(broker, "first"))
        with anyio.fail_after(30):
            while not smtp.silent:  # noqa: ASYNC110 - another thread does it
                await anyio.sleep(0.02)  # real time: a real server
        await stage.program.kill()
        await stage.program.start()
        assert await broker.until(lambda: len(broker.heard("ES_SL_GETGATEWAYS")) > 1, 30)
        if where == "MAIL":
            assert await broker.until(lambda: bool(broker.heard("ES_MESSAGE_SENT")), 10)
        assert await _sent(broker, "second")
        first = derive("message", "first")
        told = [one.payload for one in broker.heard("ES_MESSAGE_SENT")]
        assert [one.data for one in told if one.id == first] == (
            ["throttled: the connector ended before the far side had it"] if where == "MAIL" else []
        )
        assert await _sent(broker, "first")
    assert sorted((parse(data).text or "").strip() for data in smtp.taken) == ["first", "second"]


async def _sent(broker: PlayedBroker, text: str) -> bool:
    """Ask for a message until it is said to be sent; what is not answered soon is unknown."""
    message = _message(broker, text)
    for _ in range(3):
        since = len(broker.log)
        await broker.sending(message)

        def answered(since: int = since) -> bool:
            return bool(broker.heard("ES_MESSAGE_SENT", since=since))

        if await broker.until(answered, 4):
            (answer,) = broker.heard("ES_MESSAGE_SENT", since=since)
            assert isinstance(answer.payload, CommandInfo)
            if answer.payload.data is None:
                return True
            assert not answer.payload.data.startswith("permanent:")
            await anyio.sleep(0.5)  # real time: a broker tries again after a while, never at once
    return False


def _message(broker: PlayedBroker, text: str) -> MessageContentInfo:
    return MessageContentInfo(
        message_id=derive("message", text),
        delivery_system_id=derive("delivery", text),
        gateway_id=broker.gateway(Direction.O).id,
        remote_address="ann@customer.example",
        received_sent_time=datetime.now(UTC),
        direction=Direction.O,
        subject_field="A letter",
        body_text=text,
    )


async def test_the_program_ends_in_good_order(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await stage.program.start()
        await stage.broker.until(lambda: stage.broker.line is not None, 30)
        assert await stage.program.stop(20) == 0


def test_a_faulty_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "email.toml"
    Authority(tmp_path)
    ca = tmp_path / "ca.pem"
    file.write_text(
        _FILE.format(
            broker="b:1", imap=1, smtp=1, ca=ca, imap_password="x", smtp_password="x", more=""
        ).replace('address = "service@example.com"', 'address = "service"')
    )
    done = run("email", file, "--check")
    assert done.returncode == 2
    assert "email.accounts[0].address: service is not an address" in done.stderr
    file.write_text(file.read_text().replace('"service"\n\n', '"s@example.com"\n\n'))
    assert run("email", file, "--check").returncode == 0
