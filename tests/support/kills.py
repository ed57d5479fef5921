"""A real broker is killed under load, again and again, and what its clients saw is judged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import trio
from attrs import frozen

from broker.checker import check
from broker.checker.dump import Dump
from broker.checker.history import History, Kind
from broker.child import ServedBroker, free_port
from broker.config.load import load
from broker.simulation.dump_reader import dump_of
from broker.simulation.rng import Rng
from broker.simulation.setup import describe
from tests.support.recorded_clients import RecordedClients, wall
from tests.support.recorded_post import RecordedCarrier, RecordedClerk

ECHO = "SE_CHAT_SENTENCE"
START_SECONDS = 120.0
"""How long a start may take: the machine may have much else to do, and it is not what is judged."""
INSTALLATION = """
[server]
listen = "127.0.0.1:{port}"
heartbeat = "5s"
[store]
url = "sqlite:///parley.db"
[distribution]
retry_after = "2s"
[[languages]]
name = "English"
culture = "en"
[[projects]]
name = "Support"
signal_duration = "5s"
[[gateways]]
name = "Web"
peer = "web"
token = "web-secret"
workplace_grace = "30s"
[[gateways]]
name = "Shop"
peer = "shop"
token = "shop-secret"
reactivate = true
workplace_grace = "30s"
[[gateways]]
name = "Phones"
peer = "phones"
token = "phones-secret"
workplace_grace = "30s"
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "mail-secret"
deadline = "3s"
retries = ["1s", "1s", "1s", "1s", "1s"]
workplace_grace = "30s"
acknowledge = "We have it."
[[message_gateways]]
name = "Texts"
peer = "texts"
channel = "SMS"
direction = "B"
token = "texts-secret"
as_chat = "Phones"
deadline = "3s"
retries = ["1s", "1s", "1s", "1s", "1s"]
[[message_rules]]
rank = 1
project = "Support"
[[gate_rules]]
rank = 1
[[project_rules]]
rank = 1
project = "Support"
{people}
"""
PEOPLE = """
[[workplaces]]
number = "{number}"
max_chats = 3
max_messages = 3
[[agents]]
name = "{login}"
login = "{login}"
token = "{login}-secret"
max_chats = 3
max_messages = 3
languages = {{ English = 100 }}
skills = {{ Support = 50 }}
"""
AGENTS = (("101", "ann"), ("102", "bob"), ("103", "cid"))


def write_installation(directory: Path, port: int) -> Path:
    people = "".join(PEOPLE.format(number=number, login=login) for number, login in AGENTS)
    path = directory / "parley.toml"
    path.write_text(INSTALLATION.format(port=port, people=people))
    return path


def dump_file(path: Path) -> Dump:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return dump_of(database)
    finally:
        database.close()


WRITERS = 3
"""How many write to each address."""


@frozen
class Post:
    """Who carries and who answers messages in a play."""

    carriers: list[RecordedCarrier]
    clerks: list[RecordedClerk]

    @classmethod
    def begin(cls, clients: RecordedClients) -> Post:
        """They begin, and so do those who write; the desks are there already."""
        carriers = [
            RecordedCarrier(clients.carrier(f"{peer}-carrier", peer), clients.history, peer)
            for peer in ("mail", "texts")
        ]
        clerks = [RecordedClerk(program) for program in clients.desks]
        for carrier in carriers:
            clients.nursery.start_soon(carrier.go_on)
            for index in range(WRITERS):
                address = f"{carrier.peer}{index}@example.org"
                chance = clients.chance.fork(address)
                clients.nursery.start_soon(carrier.write, chance, address, lambda: clients.quiet)
        for clerk in clerks:
            clients.nursery.start_soon(clerk.work)
        clients.also += [carrier.is_settled for carrier in carriers]
        clients.also += [clerk.is_settled for clerk in clerks]
        return cls(carriers, clerks)


async def play(broker: ServedBroker, history: History, kills: int, seed: str) -> Post:
    """Let clients talk and write, kill the broker under them, and let all come to rest."""
    chance = Rng(seed)
    async with trio.open_nursery() as nursery:
        clients = RecordedClients(broker.address, history, chance, nursery)
        web, web2 = clients.connector("web", "web"), clients.connector("web2", "web")
        shop = clients.connector("shop", "shop")
        for number, login in AGENTS:
            clients.desk(number, login)
        post = Post.begin(clients)
        for index in range(10):
            program, peer = ((web, "web"), (web2, "web"), (shop, "shop"))[index % 3]
            clients.visitor(program, peer, f"visitor{index}")
        for _ in range(kills):
            await trio.sleep(0.4 + chance.fraction())  # real time: the load goes on meanwhile
            history.add(wall(), Kind.CRASHED, window="kill -9")
            await trio.to_thread.run_sync(broker.kill)
            await trio.to_thread.run_sync(broker.start)
            history.add(wall(), Kind.STARTED)
        await trio.sleep(1.0)  # real time: the load goes on once more
        history.add(wall(), Kind.CALM)
        clients.quiet = True
        await clients.settle(60, rest=3)
        await trio.sleep(1.0)  # real time: what is under way arrives
        history.add(wall(), Kind.PROBE)
        for program in clients.programs:
            program.note_view()
            program.verify()
        await trio.sleep(2.0)  # real time: the answers to the probes
        history.add(wall(), Kind.END)
        nursery.cancel_scope.cancel()
    return post


@frozen
class Killed:
    """What came of a broker that was killed.

    Attributes:
        violations: The laws that were broken, for people.
        echoes: Sentences that their senders saw acknowledged.
        sentences: Sentences that the store holds at the end.
        taken: Messages that a carrier was told are taken.
        answers: Messages that an agent was told are stored.
        carried: Messages that went out at the far side.
    """

    violations: tuple[str, ...]
    echoes: int
    sentences: int
    taken: int
    answers: int
    carried: int


async def killed(directory: Path, kills: int, seed: str) -> Killed:
    """Kill a broker of its own under load, and have the simulator's checker judge it."""
    port = free_port()
    path = write_installation(directory, port)
    history = History()
    history.add(wall(), Kind.SETUP, **describe(load(path).config))
    with ServedBroker(path, ("127.0.0.1", port), directory / "log", START_SECONDS) as broker:
        post = await play(broker, history, kills, seed)
        dump = dump_file(directory / "parley.db")
    echoes = sum(
        event.kind is Kind.GOT and event.frame is not None and event.frame.type == ECHO
        for event in history
    )
    violations = [str(violation) for violation in check(history, dump)]
    violations += [f"message {name} was not taken" for c in post.carriers for name in c.refused]
    return Killed(
        tuple(violations),
        echoes,
        len(dump.sentences),
        taken=sum(carrier.taken for carrier in post.carriers),
        answers=sum(clerk.answered for clerk in post.clerks),
        carried=sum(len(carrier.went) for carrier in post.carriers),
    )
