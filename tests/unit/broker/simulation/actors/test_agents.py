"""Agents of the simulator: what they planned does not happen once they are to be quiet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from attrs import define, field

from broker.checker.history import History
from broker.config.model import SECOND
from broker.simulation import installation
from broker.simulation.actors.agents import AgentPerson
from broker.simulation.broker_process import Host
from broker.simulation.clients import Net
from broker.simulation.disk import Disk
from broker.simulation.faults import Faults
from broker.simulation.rng import Rng
from broker.simulation.world import World
from connectors.client.events import ChatRef
from connectors.client.settings import WorkplaceSettings

T = TypeVar("T")

CHAT = ChatRef("101", "55555555-5555-4555-a555-555555555555")


class Tardy(Rng):
    """Chance that has whoever is alerted answer late."""

    def fork(self, name: str) -> Rng:
        """No other source."""
        return self

    def happens(self, probability: float) -> bool:
        """Nothing besides."""
        return False

    def weighed(self, things: Sequence[tuple[T, int]]) -> T:
        """The last thing."""
        return things[-1][0]


@define(eq=False, repr=False)
class Recorded(AgentPerson):
    """An agent whose commands are kept in place of being sent."""

    commands: list[tuple[int, str, ChatRef]] = field(factory=list)

    def _command(self, kind: str, ref: ChatRef) -> None:
        self.commands.append((self.world.now, kind, ref))


def alerted() -> Recorded:
    """An agent who was just alerted, and will answer late."""
    world, rng = World(), Rng("agents")
    config = installation.build(rng, 2).config
    host = Host(world, rng, History(), Disk(), Faults(world, rng, lambda _: None), config)
    net = Net(world, rng, host.history, host)
    settings = WorkplaceSettings(number="101", login="agent0", token="t")
    agent = Recorded(world, Tardy("late"), net=net, settings=settings)
    agent._alerted(CHAT)
    return agent


def test_a_late_answer_comes_ten_seconds_after_the_alert() -> None:
    """I-7: so late that the offer has run out."""
    agent = alerted()
    begun = agent.world.now
    agent.world.run_until(begun + 11 * SECOND)
    assert agent.commands == [(begun + 10 * SECOND, "ANSWER", CHAT)]


def test_an_answer_that_was_put_off_is_not_given_once_all_are_quiet() -> None:
    """I-16: what is done after the clients said what they believe makes a lie of it."""
    agent = alerted()
    agent.world.run_until(agent.world.now + 5 * SECOND)
    agent.quiet = True
    agent.world.run_until(agent.world.now + 11 * SECOND)
    assert agent.commands == []
