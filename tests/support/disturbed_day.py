"""A short day of a contact center on which the broker was away for a while, or its clock was set.

In the broker's own time, that is without what it was away for:

0 s      alice comes and is ready, bob comes and pauses
10 s     t1 begins and is offered to alice, who answers at 14 s
100 s    t2 begins and is offered to alice
110 s    here the broker is away, or its clock is set
120 s    alice answers t2
200 s    alice hangs up both
300 s    bob is ready
400 s    the day ends
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import frozen

from broker.config.model import SECOND
from tests.support.core_in_memory import START
from tests.support.playbook import CONFIG, Playbook

AWAY_AT: Final = 110
"""When the broker is away, in seconds."""
LASTS: Final = 400
"""For how long the broker listens, in seconds."""


@frozen
class DisturbedDay:
    """What was played.

    Attributes:
        config: The configuration that names the store.
        store: The file of the store.
        end: When it ended, by the clock of then.
        chats: The chats by their TrackingIds.
    """

    config: Path
    store: Path
    end: int
    chats: dict[str, str]


def a_disturbed_day(folder: Path, away: float, after: float = 0) -> DisturbedDay:
    """Play the day into a store.

    Args:
        folder: Where.
        away: For how many seconds the broker is away; less than 0 for a clock that is set back.
        after: For how many seconds it goes on after the end.
    """
    play = Playbook()
    web = play.connector("web")
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    chats: dict[str, str] = {}

    def start(tracking: str) -> None:
        web.says("ES_CHAT_START", TrackingId=tracking)
        found = (c.id for c in play.state.chats.values() if c.visitor.tracking_id == tracking)
        chats[tracking] = next(found)

    play.wait(10)
    start("t1")
    play.wait(4)
    alice.says("CS_CHAT_ANSWER", ChatId=chats["t1"])
    play.wait(86)
    start("t2")
    play.wait(10)
    play.freeze(away)
    play.wait(10)
    alice.says("CS_CHAT_ANSWER", ChatId=chats["t2"])
    play.wait(80)
    for chat in chats.values():
        alice.says("CS_CHAT_HANGUP", ChatId=chat)
    play.wait(100)
    bob.says("CS_AGENT_STATE", State="Ready")
    play.wait(100)
    assert play.now == START + LASTS * SECOND
    play.wait(after)
    play.store.note_life(play.wall)
    return DisturbedDay(*saved_beside(play, folder), play.wall, chats)


def saved_beside(play: Playbook, folder: Path) -> tuple[Path, Path]:
    """The store of a playbook in a file, and a configuration that names it."""
    image = play.store._connection.connection.driver_connection
    assert image is not None
    store, config = folder / "day.db", folder / "day.toml"
    store.write_bytes(image.serialize())
    config.write_text(f'[store]\nurl = "sqlite:///{store}"\n{CONFIG}', encoding="utf-8")
    return config, store
