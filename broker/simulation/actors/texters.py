"""People whose texts are sentences of chats, and agents who begin such chats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import define, evolve, field

from broker.config.model import SECOND, Config
from broker.core.limits import LONGEST_TEXT
from broker.simulation.actors.agents import AgentPerson
from broker.simulation.actors.correspondents import Correspondent
from broker.simulation.actors.visitors import guid_from
from broker.simulation.habits import Habit
from broker.simulation.rng import Rng
from broker.simulation.texts import CHATS, WRITERS, address_of, has_texts
from broker.simulation.world import World
from protocol.chat import ChatServiceInfo
from protocol.message import MessageContentInfo

LENGTHS: Final = (
    (0, 30),
    (3, 30),
    (200, 20),
    (2_000, 10),
    (LONGEST_TEXT, 2),
    (2 * LONGEST_TEXT, 1),
)
"""By how much a text is longer than it need be, and how often: the last ones are several sentences."""


@define(eq=False, repr=False)
class Texter(Correspondent):
    """Somebody who chats by texts: they write soon again, and answer most of what they get."""

    def reads(self, message: MessageContentInfo, name: str) -> None:
        """A text has come: mostly they answer."""
        if self.rng.happens(0.6):
            self.later(4 * SECOND, lambda: self._write([]))

    def _write(self, thread: list[str] | None = None) -> None:
        if thread is None:
            self.later(20 * SECOND, self._write)
            more = self.rng.weighed(((0, 3), (1, 3), (2, 1)))
            for _ in range(more):
                self.later(SECOND, lambda: self._write([]))
        self._put([])

    def _message(self, name: str, thread: list[str]) -> MessageContentInfo:
        message = super()._message(name, thread)
        text = message.body_text
        if text is not None:
            text += " " * self.rng.weighed(LENGTHS)
        return evolve(message, remote_address=self.address, body_text=text)


@define(eq=False, repr=False)
class Texting(Habit):
    """An agent who writes to somebody first, by a chat of their own."""

    asked: list[ChatServiceInfo] = field(factory=list)

    def begin(self) -> None:
        """Begin after a while."""
        self.later(20 * SECOND, self._open)

    def _open(self) -> None:
        self.later(20 * SECOND, self._open)
        if self.asked and self.rng.happens(0.2):
            wish = self.asked[-1]
        else:
            wish = ChatServiceInfo(
                peer=CHATS,
                remote_address=address_of(self.rng.between(0, WRITERS)),
                return_chat_id=guid_from(self.rng) if self.rng.happens(0.7) else None,
            )
            self.asked.append(wish)
        self._request("CS_CHAT_OPEN", wish)


def texting_of(
    rng: Rng, world: World, config: Config, agents: Sequence[AgentPerson]
) -> list[Texting]:
    """Who writes first, in a run with texts."""
    if not has_texts(config):
        return []
    return [Texting(world, rng.fork(a.settings.login), agent=a) for a in agents]
