"""A shift of a contact center: people with moods play the real core, and a store remembers.

Everything follows from the seed. It knows nothing of how a shift is replayed; it has what a day has:
offers missed and turned down, pauses, wrap-ups, visitors who give up, come back or fall silent, an
agent whose line is cut, and one who wants to go home while their chats last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import frozen

from broker.config.model import SECOND
from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatRouted,
    ChatStarted,
    Fact,
    OfferMade,
    WrapupStarted,
)
from broker.store.store import Store
from protocol.values import ChatStatus
from tests.support.playbook import Client, Playbook

CONFIG: Final = """
[distribution]
max_missed = 2
retry_after = "40s"

[[languages]]
name = "English"
culture = "en"

[[projects]]
name = "Support"
signal_duration = "20s"
wrapup = "30s"
[[projects]]
name = "Sales"
signal_duration = "30s"

[[gateways]]
name = "Web chat"
peer = "web"
token = "web-secret"
inactivity_timeout = "10m"
inactivity_warning = "60s"
workplace_grace = "60s"
[[gateways]]
name = "Messenger"
peer = "im"
chat_type = "SocialIM"
token = "im-secret"
inactivity_timeout = "5m"
workplace_grace = "60s"

[[gate_rules]]
rank = 10
ext_response = "^stop$"
signal = "Closed"

[[project_rules]]
rank = 10
form = { "Contact/Topic" = "buy" }
project = "Sales"
[[project_rules]]
rank = 20
ext_response = "^sales$"
project = "Sales"
[[project_rules]]
rank = 30
ext_response = "^expert$"
project = "Support"
skill = 60
[[project_rules]]
rank = 40
project = "Support"

[[workplaces]]
number = "101"
max_chats = 3
[[workplaces]]
number = "102"
max_chats = 3
[[workplaces]]
number = "103"
max_chats = 3
[[workplaces]]
number = "104"
max_chats = 3

[[agents]]
name = "Alice"
login = "alice"
token = "alice-secret"
max_chats = 2
skills = { Support = 50, Sales = 10 }
[[agents]]
name = "Bob"
login = "bob"
token = "bob-secret"
max_chats = 1
skills = { Support = 80 }
[[agents]]
name = "Carol"
login = "carol"
token = "carol-secret"
max_chats = 1
skills = { Support = 20, Sales = 50 }

[[pause_reasons]]
name = "Lunch"

[[scenarios]]
name = "Contact"
culture = "en"
[[scenarios.screens]]
name = "First"
[[scenarios.screens.controls]]
name = "Topic"
control_type = "TextArea"
"""


@frozen
class SavedShift:
    """A shift that was played.

    Attributes:
        store: The database.
        config: The file of the configuration.
        facts: What was decided.
    """

    store: Path
    config: Path
    facts: list[Fact]


class Shift:
    """People at work, and visitors."""

    def __init__(self, config: str = CONFIG, seed: int = 1) -> None:
        self.random = Random(seed)
        self.play = Playbook(config)
        self.agenda: list[tuple[int, int, Callable[[], None]]] = []
        self.planned = self.heard = 0
        self.connectors = {peer: self.play.connector(peer) for peer in ("web", "im")}
        self.agents: dict[str, Client] = {}
        self.login = {agent.id: login for login, agent in self.play.config.agent_by_login.items()}
        self.visitor: dict[str, tuple[str, str]] = {}

    # -- time

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Plan something, to the millisecond."""
        self.planned += 1
        at = self.play.now + max(1, round(seconds * 1_000)) * 1_000
        heappush(self.agenda, (at, self.planned, act))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.play.now + round(seconds * SECOND)
        while True:
            self.react()
            due = self.play.state.timers.due
            planned = self.agenda[0][0] if self.agenda else end
            # One timer at a time, since people react to what it brings.
            at = min(planned, end, max(due, self.play.now) if due is not None else end)
            self.play.wait((at - self.play.now) / SECOND)
            if self.heard < len(self.play.facts):
                continue
            if at >= end:
                return
            if self.agenda and self.agenda[0][0] <= at:
                heappop(self.agenda)[2]()

    def react(self) -> None:
        """Let people react to what was decided."""
        while self.heard < len(self.play.facts):
            fact = self.play.facts[self.heard]
            self.heard += 1
            match fact:
                case ChatStarted():
                    peer = self.play.config.gateways[fact.gateway].peer
                    self.visitor[fact.chat] = (peer, fact.tracking_id)
                case ChatRouted():
                    self.after(self.random.expovariate(1 / 150), partial(self.leave, fact.chat))
                case OfferMade():
                    self.offered(fact)
                case ChatMoved() if fact.status is ChatStatus.ANSWERED and fact.agent:
                    self.talk(fact.chat, self.login[fact.agent])
                case WrapupStarted() if self.random.random() < 0.5:
                    self.after(
                        self.random.uniform(1, 29),
                        partial(self.wrap_up, fact.chat, self.login[fact.agent]),
                    )
                case AgentMoved() if fact.cause == "missed":
                    act = partial(self.ready, self.login[fact.agent])
                    self.after(self.random.uniform(20, 60), act)
                case _:
                    pass

    # -- visitors

    def start(self, peer: str, tracking: str, **more: Any) -> None:
        """A visitor comes."""
        self.connectors[peer].says("ES_CHAT_START", TrackingId=tracking, **more)

    def leave(self, chat: str) -> None:
        """They give up unless they were answered."""
        known = next((c for c in self.play.state.chats.values() if c.id == chat), None)
        if known is not None and known.is_open and known.waiting.answered_at is None:
            self.stop(chat)

    def stop(self, chat: str) -> None:
        """They end the chat."""
        peer, tracking = self.visitor[chat]
        self.connectors[peer].says("ES_CHAT_STOP", TrackingId=tracking)

    def write(self, chat: str, word: str) -> None:
        """They write."""
        peer, tracking = self.visitor[chat]
        self.connectors[peer].says("ES_CHAT_SENTENCE", TrackingId=tracking, ID=word, Text=word)

    # -- agents

    def comes(self, login: str, workplace: str, state: str | None = "Ready") -> None:
        """An agent sits down."""
        self.agents[login] = self.play.agent(login, workplace, state)

    def says(self, login: str, type: str, **more: Any) -> None:
        """An agent does something, if they are there."""
        client = self.agents.get(login)
        if client is not None and client.number in self.play.state.sessions:
            client.says(type, **more)

    def ready(self, login: str) -> None:
        """An agent is ready again."""
        self.says(login, "CS_AGENT_STATE", State="Ready")

    def offered(self, fact: OfferMade) -> None:
        """An agent answers, turns down or misses an offer."""
        mood, delay = self.random.random(), self.random.uniform(1, 12)
        frame = "CS_CHAT_ANSWER" if mood < 0.8 else "CS_CHAT_HANGUP" if mood < 0.88 else None
        if frame is not None:
            act = partial(self.answer, fact.chat, self.login[fact.agent], fact.offer, frame)
            self.after(delay, act)

    def answer(self, chat: str, login: str, offer: int, frame: str) -> None:
        """They do it if the offer still stands."""
        known = next((c for c in self.play.state.chats.values() if c.id == chat), None)
        standing = known.offer if known is not None else None
        if standing is not None and standing.number == offer:
            self.says(login, frame, ChatId=chat)

    def talk(self, chat: str, login: str) -> None:
        """A conversation, ended by one of the two or by silence."""
        length, mood = self.random.uniform(20, 400), self.random.random()
        self.after(length / 2, partial(self.write, chat, "w1"))
        if mood < 0.6:
            self.after(length, partial(self.says, login, "CS_CHAT_HANGUP", ChatId=chat))
        elif mood < 0.85:
            self.after(length, partial(self.stop, chat))

    def wrap_up(self, chat: str, login: str) -> None:
        """The work after a chat is done."""
        self.says(login, "CS_CHAT_WRAPUP", ChatId=chat)

    def end_line(self, login: str) -> None:
        """The connection of an agent is cut."""
        self.agents.pop(login).leaves()


def a_shift(folder: Path, seed: int = 1, every: float = 40) -> SavedShift:
    """Play an hour's visitors into a store, to the last wrap-up; one comes every so many seconds."""
    shift = Shift(seed=seed)
    for login, workplace in (("alice", "101"), ("bob", "102"), ("carol", "103")):
        shift.comes(login, workplace)
    at, number = 0.0, 0
    contact = next(iter(shift.play.config.scenarios.values()))[0]
    topic = (
        contact.screens[0].controls[0] if contact.screens and contact.screens[0].controls else None
    )
    assert topic is not None
    while (at := at + shift.random.expovariate(1 / every)) < 3_600:
        number += 1
        visitor = number if number % 7 else max(1, number - 20)
        # Who they are does not change when they come again: the store keeps what they last said of it.
        more: dict[str, Any] = {}
        mood = Random(visitor).random()
        if mood < 0.05:
            more["ExtResponse"] = "stop"
        elif mood < 0.2:
            more["ExtResponse"] = "sales"
        elif mood < 0.35:
            more["ExtResponse"] = "expert"
        elif mood < 0.45:
            values = [{"ScreenControlId": topic.screen_control_id, "ResultText": "buy"}]
            more["ResultModel"] = {"ScenarioId": contact.scenario_id, "Values": values}
        peer = "im" if visitor % 4 == 0 else "web"
        shift.after(at, partial(shift.start, peer, f"v{visitor}", **more))
    shift.after(600, partial(shift.says, "bob", "CS_AGENT_STATE", State="Pause", Reason="Lunch"))
    shift.after(900, partial(shift.ready, "bob"))
    shift.after(1_500, partial(shift.end_line, "carol"))
    shift.after(1_900, partial(shift.comes, "carol", "104"))
    shift.after(2_400, partial(shift.says, "alice", "CS_AGENT_STATE", State="LogOff"))
    shift.after(3_000, partial(shift.comes, "alice", "101"))
    shift.run(7_200)
    return saved(shift.play, folder)


def saved(play: Playbook, folder: Path, config: str = CONFIG) -> SavedShift:
    """What was played, in a store on disk, with its configuration beside it."""
    store = folder / "shift.db"
    database = Store.open(f"sqlite:///{store}")
    database.commit([fact for fact in play.facts if fact.durable])
    database.close()
    path = folder / "old.toml"
    path.write_text(config, encoding="utf-8")
    return SavedShift(store, path, play.facts)
