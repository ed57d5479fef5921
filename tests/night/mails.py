"""Thousands of mails in and out through real servers, none of them lost: `python -m tests.night.mails`.

A mailbox (Dovecot), a submission server, the broker and `parley email` run as they do elsewhere; agents
answer and close each conversation. Broker and channel are killed meanwhile, as often as is wanted. In the end
it is counted in the store and at the submission server what became of each mail.

nice python -m tests.night.mails --count 300 --kills 4
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import trio
from attrs import Factory, define, field, frozen

from broker.bench.figures import Process
from broker.child import ServedBroker, free_port
from connectors.client.connect import WorkplaceClient, connect_workplace
from connectors.client.conversation_events import ConversationAlerted, MessageAdded
from connectors.client.errors import ConnectorError, Ended, Refused
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.values import AgentState, Direction, Guid
from tests.night.letters import letter, number_in
from tests.night.posted import Judged, judge, sent
from tests.support import dovecot, submission
from tests.support.dovecot import Dovecot
from tests.support.submission import Submission

AGENTS: Final = 8
STORE: Final = "mass.db"
_BROKER: Final = """\
[server]
listen = "{broker}"
node = "mass"
[store]
url = "sqlite:///mass.db"
[[languages]]
name = "English"
culture = "en"
[[projects]]
name = "Support"
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "mail-secret"
deadline = "20s"
retries = ["2s", "5s", "10s", "10s", "10s", "10s", "10s", "10s"]
[[message_rules]]
gateway = "Mail"
project = "Support"
"""
_AGENT: Final = """
[[workplaces]]
number = "{number}"
max_messages = 20
[[agents]]
name = "Agent {number}"
login = "{number}"
token = "agent-secret"
max_messages = 20
languages = {{ English = 100 }}
skills = {{ Support = 50 }}
"""
_CHANNEL: Final = """\
[broker]
address = "{broker}"
gateways = ["mail"]
token = "mail-secret"
[store]
path = "channel.sqlite"
[[email.accounts]]
gateway = "mail"
address = "service@example.com"
imap = {{ host = "127.0.0.1", port = {imap}, tls = "off", user = "service", password = "{password}" }}
smtp = {{ host = "127.0.0.1", port = {smtp}, tls = "off" }}
"""
_BATCH: Final = 50
_TELL_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.5


@frozen(kw_only=True)
class Mass:
    """How much of what.

    Attributes:
        count: Mails that come in, each of which is answered by one.
        kills: How often broker and channel are killed, in turn, spread over the run.
        minutes: After so long it is given up.
    """

    count: int = 300
    kills: int = 0
    minutes: float = 60.0


@define
class Cost:
    """What one program took, over all of its lives."""

    cpu_seconds: float = 0.0
    rss_bytes: int = 0
    _lives: float = 0.0

    def look(self, pid: int) -> None:
        """Take what the program has used up in this life."""
        with suppress(OSError):
            now = Process.read(pid)
            self.cpu_seconds = self._lives + now.cpu_seconds
            self.rss_bytes = max(self.rss_bytes, now.rss_bytes)

    def over(self) -> None:
        """Its life is over."""
        self._lives = self.cpu_seconds


@define
class ChannelProgram:
    """`parley email` as a process."""

    file: Path
    _child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start it."""
        with self.file.with_suffix(".log").open("ab") as log:
            command = [sys.executable, "-m", "broker", "email", str(self.file)]
            self._child = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End it at once."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@define
class Office:
    """Everything that runs, and how far it is.

    Attributes:
        wanted: How much of what.
        read: Numbers of the mails that agents have read.
        closed: Conversations that agents have closed.
        began: When the first mail was delivered.
        all_in: When agents had read all mails.
    """

    wanted: Mass
    store: Path
    imap: Dovecot
    smtp: Submission
    broker: ServedBroker
    channel: ChannelProgram
    read: set[int] = Factory(set)
    closed: set[Guid] = Factory(set)
    began: float = field(factory=time.monotonic)
    all_in: float = 0.0
    costs: dict[str, Cost] = Factory(lambda: {"broker": Cost(), "channel": Cost()})

    @property
    def seems_done(self) -> bool:
        """Whether all mails are answered, as far as can be seen without asking the store."""
        count = self.wanted.count
        return len(self.closed) >= count and len(self.smtp.taken) >= count

    def is_done(self) -> bool:
        """Whether the broker has heard of each answer that it is sent."""
        return self.seems_done and sent(self.store) >= self.wanted.count

    def look(self) -> None:
        """Read what the programs have used up."""
        self.costs["broker"].look(self.broker.pid)
        self.costs["channel"].look(self.channel.pid)

    def deliver(self) -> None:
        """Put the mails into the mailbox."""
        numbers = range(1, self.wanted.count + 1)
        for first in range(0, len(numbers), _BATCH):
            self.imap.deliver(*map(letter, numbers[first : first + _BATCH]))


@contextmanager
def office(directory: Path, wanted: Mass) -> Iterator[Office]:
    """Start everything but the agents."""
    address = ("127.0.0.1", free_port())
    config, file = directory / "mass.toml", directory / "channel.toml"
    where = f"{address[0]}:{address[1]}"
    agents = (_AGENT.format(number=number) for number in range(AGENTS))
    config.write_text(_BROKER.format(broker=where) + "".join(agents))
    broker = ServedBroker(config, address, directory / "broker.log", start_seconds=120.0)
    with dovecot.running(quota="1G") as imap, submission.running() as smtp, broker:
        ports = {"imap": imap.plain, "smtp": smtp.port, "password": dovecot.PASSWORD}
        file.write_text(_CHANNEL.format(broker=where, **ports))
        channel = ChannelProgram(file)
        channel.start()
        try:
            yield Office(wanted, directory / STORE, imap, smtp, broker, channel)
        finally:
            channel.kill()


# --- the agents


async def work(there: Office, number: int) -> None:
    """Be an agent: take what is offered, answer it, close it."""
    host, port = there.broker.address
    login = connect_workplace(
        f"{host}:{port}", str(number), str(number), "agent-secret", conversations=True
    )
    async with login as client, trio.open_nursery() as nursery:
        await client.set_state(AgentState.READY)
        async for event in client.events():
            match event:
                case ConversationAlerted(key):
                    nursery.start_soon(_take, client, key)
                case MessageAdded(key, message) if message.direction is not Direction.O:
                    there.read.add(number_in(message.body_text or ""))
                    if len(there.read) == there.wanted.count and not there.all_in:
                        there.all_in = time.monotonic()
                    nursery.start_soon(_reply, there, client, key, message)
                case _:
                    pass


async def _take(client: WorkplaceClient, key: Guid) -> None:
    # What is lost here is offered again, or comes as answered when there is a session again.
    with suppress(ConnectorError):
        await client.conversations.answer(key)


async def _reply(
    there: Office, client: WorkplaceClient, key: Guid, message: MessageContentInfo
) -> None:
    number = number_in(message.body_text or "")
    reply = MessageContentInfo(
        conversation_id=key,
        request_id=f"answer {number}",
        subject_field=f"Re: {message.subject_field}",
        body_text=f"This is answer {number}.",
    )
    await _again(partial(client.conversations.send, reply))
    await _again(partial(client.conversations.close, key))
    there.closed.add(key)


async def _again(do: Callable[[], Awaitable[object]]) -> None:
    """Do it until it is done; what is closed already, or somebody else's, is done."""
    while True:
        try:
            await do()
        except Ended:
            raise
        except Refused as error:
            if error.code is not ErrorCode.RATE_LIMITED:
                return
        except ConnectorError:
            pass
        else:
            return
        await trio.sleep(_LOOK_SECONDS)  # real time: real programs come back


# --- the run


async def _kill(there: Office) -> None:
    """Kill broker and channel in turn, when so many mails have been answered as make equal parts."""
    for turn in range(1, there.wanted.kills + 1):
        while len(there.smtp.taken) < there.wanted.count * turn // (there.wanted.kills + 1):  # noqa: ASYNC110 - another thread does it
            await trio.sleep(_LOOK_SECONDS / 5)  # real time: another thread counts
        name, program = (("broker", there.broker), ("channel", there.channel))[turn % 2]
        there.look()
        there.costs[name].over()
        program.kill()
        await trio.to_thread.run_sync(program.start)


async def _tell(there: Office) -> None:
    while True:
        await trio.sleep(_TELL_SECONDS)  # real time: other programs work
        there.look()
        seconds = time.monotonic() - there.began
        print(
            f"after {seconds:.0f} s: {len(there.read):,} read, {len(there.closed):,} closed, "
            f"{len(there.smtp.taken):,} sent",
            flush=True,
        )


async def run(there: Office) -> float:
    """Let it run until all is answered or time is up; the seconds that it took."""
    there.began = time.monotonic()
    with trio.move_on_after(there.wanted.minutes * 60):
        async with trio.open_nursery() as nursery:
            for number in range(AGENTS):
                nursery.start_soon(work, there, number)
            nursery.start_soon(partial(trio.to_thread.run_sync, there.deliver))
            nursery.start_soon(_kill, there)
            nursery.start_soon(_tell, there)
            while not there.seems_done:  # noqa: ASYNC110 - other threads do it
                await trio.sleep(_LOOK_SECONDS / 5)  # real time: other programs work
            while not await trio.to_thread.run_sync(there.is_done):  # noqa: ASYNC110 - so does a program
                await trio.sleep(_LOOK_SECONDS)  # real time: other programs work
            there.look()
            nursery.cancel_scope.cancel()
    return time.monotonic() - there.began


@frozen(kw_only=True)
class Came:
    """What a run came to.

    Attributes:
        seconds: Until the last answer was at the submission server.
        in_seconds: Until agents had read the last mail.
        judged: What became of the mails.
        costs: What the programs took.
    """

    wanted: Mass
    seconds: float
    in_seconds: float
    judged: Judged
    costs: dict[str, Cost]

    def __str__(self) -> str:
        count = self.wanted.count
        rates = [
            f"{count:,} mails in and {count:,} out in {self.seconds / 60:.1f} minutes",
            f"{2 * count / self.seconds:.1f} mails a second",
            f"all were read after {self.in_seconds / 60:.1f} minutes",
        ]
        for name, cost in self.costs.items():
            rates.append(
                f"{name}: {cost.cpu_seconds:.1f} s of processor time, "
                f"{cost.cpu_seconds * 1000 / count:.1f} ms for a mail and its answer, "
                f"at most {cost.rss_bytes / 1e6:.0f} MB"
            )
        return "\n".join([*rates, str(self.judged)])


def measure(wanted: Mass, directory: Path) -> Came:
    """Let mails come in and be answered, and judge what became of them."""
    with office(directory, wanted) as there:
        seconds = trio.run(run, there)
        in_seconds = there.all_in - there.began
        there.channel.kill()
        there.broker.stop()
        judged = judge(directory / STORE, wanted.count, there.smtp.taken)
    return Came(
        wanted=wanted, seconds=seconds, in_seconds=in_seconds, judged=judged, costs=there.costs
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Let mails in and answers out, print what it came to.

    Returns:
        Exit status: 1 when a mail or an answer was lost or doubled.
    """
    usual = Mass()
    parser = argparse.ArgumentParser(prog="python -m tests.night.mails", description=main.__doc__)
    parser.add_argument("--count", type=int, default=usual.count, help="mails in, and as many out")
    parser.add_argument("--kills", type=int, default=usual.kills, help="of broker and channel")
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="at the most")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = vars(parser.parse_args(argv))
    keep = arguments.pop("keep")
    directory = Path(tempfile.mkdtemp(prefix="parley-mass-"))
    try:
        came = measure(Mass(**arguments), directory)
    finally:
        if keep:
            print(f"kept in {directory}")
        else:
            shutil.rmtree(directory)
    print(came)
    return 1 if came.judged.faults else 0


if __name__ == "__main__":
    sys.exit(main())
