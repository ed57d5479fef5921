"""Who carries and who writes in a run that has post: the far sides, their carriers and correspondents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from attrs import define, field

from broker.config.model import Config
from broker.simulation import installation, post
from broker.simulation.actors.agents import AgentPerson
from broker.simulation.actors.carriers import Carrier, FarSide
from broker.simulation.actors.clerks import Clerk
from broker.simulation.actors.correspondents import Correspondent
from broker.simulation.actors.texters import Texter
from broker.simulation.clients import Net, Program
from broker.simulation.habits import Texting, texting_of
from broker.simulation.rng import Rng
from broker.simulation.texts import PEER
from broker.simulation.texts import WRITERS as TEXTERS
from broker.simulation.world import MS
from connectors.client.settings import ConnectorSettings, Tuning
from protocol.encoding import JSON, MESSAGEPACK
from protocol.message import MessageContentInfo

WRITERS = {"mail": 3, "sms": 2, "news": 0, PEER: TEXTERS}
"""How many write to each address."""


@define(eq=False)
class Postroom:
    """Everybody outside who has to do with messages; nobody, in a run without them."""

    carriers: list[Carrier] = field(factory=list)
    writers: list[Correspondent] = field(factory=list)
    clerks: list[Clerk] = field(factory=list)
    texting: list[Texting] = field(factory=list)

    @classmethod
    def staffed(
        cls,
        net: Net,
        rng: Rng,
        config: Config,
        tuning: Tuning,
        agents: Sequence[AgentPerson],
    ) -> Postroom:
        """The people of a run; the agents have clerks if there is post."""
        room = cls()
        if post.has_post(config):
            outbound = tuple(g.id for g in config.message_gateways.values() if g.sends)
            room.clerks = [
                Clerk(net.world, rng.fork(a.settings.login), agent=a, gateways=outbound)
                for a in agents
            ]
        for office in post.OFFICES:
            if office.peer in config.message_gateways_by_peer:
                room._open(net, rng.fork(office.peer), config, tuning, office)
        room.texting = texting_of(rng.fork("texting"), net.world, config, agents)
        return room

    def _open(
        self, net: Net, rng: Rng, config: Config, tuning: Tuning, office: post.Office
    ) -> None:
        far = FarSide(office.peer)
        served = config.message_gateways_by_peer[office.peer]
        carriers = [
            Carrier(
                net.world,
                rng.fork(f"carrier{index}"),
                net=net,
                settings=ConnectorSettings(
                    gateways=(),
                    token=installation.token_of("post"),
                    messages=(office.peer,),
                    encoding=JSON if index else MESSAGEPACK,
                    tuning=tuning,
                ),
                name=f"{office.peer}-carrier{index}",
                far=far,
                deadline=served[0].deadline,
                remembers=rng.fork(f"carrier{index}").happens(0.6),
            )
            for index in range(office.carriers)
        ]
        writes = Texter if office.peer == PEER else Correspondent
        writers = [
            writes(
                net.world,
                rng.fork(f"writer{index}"),
                far=far,
                channel=office.channel,
                address=f"{office.peer}{index}@example.com",
                post=partial(_fetch, carriers),
            )
            for index in range(WRITERS[office.peer])
        ]
        far.on_news = partial(_delivered, writers)
        self.carriers += carriers
        self.writers += writers

    def begin(self) -> None:
        """They all begin."""
        for person in (*self.carriers, *self.writers, *self.clerks, *self.texting):
            person.begin()

    def settle_down(self) -> None:
        """The faults are over: carriers do what they are there for."""
        for carrier in self.carriers:
            carrier.settle_down()

    def fall_silent(self) -> None:
        """Nobody writes any more; what is under way is still carried."""
        for person in (*self.writers, *self.clerks, *self.texting):
            person.quiet = True

    @property
    def programs(self) -> list[Program]:
        """What carries now."""
        return [c.program for c in self.carriers if c.program is not None]

    def stop(self) -> None:
        """Nobody does anything any more."""
        for carrier in self.carriers:
            carrier.quiet = True


def _fetch(carriers: list[Carrier], name: str) -> None:
    """Something lies in the box: one carrier sees it, or all do."""
    for carrier in carriers:
        if carrier is carriers[0] or carrier.rng.happens(0.5):
            carrier.later(500 * MS, partial(carrier.bring, name))


def _delivered(writers: list[Correspondent], message: MessageContentInfo, name: str) -> None:
    for writer in writers:
        if (message.remote_address or "").casefold() == writer.address.casefold():
            writer.reads(message, name)
