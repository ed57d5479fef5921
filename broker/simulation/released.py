"""What the engine releases for whom, written into the history."""

from __future__ import annotations

from attrs import define, field

from broker.checker.history import History, Kind
from broker.core.effects import Dismiss, Effect, Send
from broker.shell.sessions import Sessions
from broker.simulation.network import SimulatedConnection as Wire
from broker.simulation.world import World
from protocol.connection import State
from protocol.frame import Frame


@define(eq=False)
class Released:
    """Who is served, and what leaves for them."""

    world: World
    history: History
    sessions: Sessions
    wires: dict[int, Wire]
    _served: dict[int, None] = field(factory=dict)

    def note(self, effects: list[Effect]) -> list[tuple[str, str]]:
        """The frames that go to connections that are there, into the history."""
        given: list[tuple[str, str]] = []
        for number in list(self._served):
            if not self._is_open(number):
                self._left(number)
        for effect in effects:
            if isinstance(effect, Dismiss):
                self._left(effect.session)
            elif isinstance(effect, Send):
                for number in effect.sessions:
                    if effect.type == "SYS_WELCOME" and number in self.sessions.clients:
                        self._served[number] = None
                    elif number not in self._served:
                        continue
                    given.append((self._give(number, effect), effect.type))
        return given

    def _is_open(self, number: int) -> bool:
        client = self.sessions.clients.get(number)
        return client is not None and client.connection.state in (State.OPEN, State.CHECKING)

    def _left(self, number: int) -> None:
        if self._served.pop(number, 0) is None:
            self.history.add(self.world.now, Kind.LEFT, self.wires[number].name)

    def _give(self, number: int, effect: Send) -> str:
        re = effect.re if number == effect.answer_to else None
        frame = Frame(effect.type, effect.payload, {"Re": re} if re is not None else None)
        name = self.wires[number].name
        self.history.add(self.world.now, Kind.GAVE, name, frame)
        return name
