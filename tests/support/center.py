"""A short day of a contact center, played by the real core, in a store on disk.

14:13:20 alice and bob come; alice is ready, bob pauses
+10 s    t1 begins, alice answers after 4 s, hangs up after 161 s in all
+114 s   t2 begins; alice misses it, bob rejects it, then misses it; it waits to the end
+145 s   t3 is refused by the gate; t4 (sales) and t5 (needs skill 60) begin
+175 s   alice misses t4 and is set to pause; t4's visitor goes after 30 s
+180 s   bob is ready
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import frozen

from broker.core.facts import Fact
from broker.store.store import Store
from tests.support.memory_store import put_tables
from tests.support.playbook import CONFIG, Playbook

FROM_TO: Final = ("--from", "2026-09-21T14:13:20Z", "--to", "2026-09-21T14:23:20Z")
"""Arguments that ask for all of the day."""


@frozen
class Day:
    """What was played.

    Attributes:
        url: The store.
        config: The configuration that names it.
        chats: The chats by their TrackingIds.
        facts: Everything that was decided.
        end: When it ended.
    """

    url: str
    config: Path
    chats: dict[str, str]
    facts: list[Fact]
    end: int


def a_day(folder: Path, url: str | None = None) -> Day:
    """Put the day into a store; it was played once."""
    play, chats = _played()
    address = url or f"sqlite:///{folder}/day.db"
    if url is None:
        (folder / "day.db").write_bytes(_stored())
    else:
        _put(play, address)
    path = folder / "day.toml"
    path.write_text(f'[store]\nurl = "{address}"\n{CONFIG}', encoding="utf-8")
    return Day(address, path, dict(chats), list(play.facts), play.now)


@cache
def _stored() -> bytes:
    """The file of the day."""
    play, _chats = _played()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "day.db"
        put_tables(file)
        _put(play, f"sqlite:///{file}")
        return file.read_bytes()


def _put(play: Playbook, url: str) -> None:
    store = Store.open(url)
    store.commit([fact for fact in play.facts if fact.durable])
    store.close()


@cache
def _played() -> tuple[Playbook, dict[str, str]]:
    play = Playbook()
    web = play.connector("web")
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    chats: dict[str, str] = {}

    def start(tracking: str, **more: str) -> None:
        web.says("ES_CHAT_START", TrackingId=tracking, **more)
        chats[tracking] = next(
            c.id for c in play.state.chats.values() if c.visitor.tracking_id == tracking
        )

    play.wait(10)
    start("t1")
    play.wait(4)
    alice.says("CS_CHAT_ANSWER", ChatId=chats["t1"])
    play.wait(100)
    start("t2")
    play.wait(31)
    start("t3", ExtResponse="stop")
    start("t4", ExtResponse="sales")
    start("t5", ExtResponse="expert")
    play.wait(30)
    web.says("ES_CHAT_STOP", TrackingId="t4")
    alice.says("CS_CHAT_HANGUP", ChatId=chats["t1"])
    play.wait(5)
    bob.says("CS_AGENT_STATE", State="Ready")
    play.wait(12)
    bob.says("CS_CHAT_HANGUP", ChatId=chats["t2"])
    play.wait(100)
    return play, chats
