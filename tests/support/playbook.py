"""Plays the core as a script: who says what, who hears what, in order.

Every step is followed by the core's own laws (`invariants.check`), and everything that somebody
hears must be asked for: what is left unheard at the end of a test fails it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from broker.config.merge import merge
from broker.core.effects import Dismiss, Effect, LogEntry, ScanWanted, Send
from broker.core.inputs import FrameArrived, Reloaded, SessionClosed, SessionOpened
from protocol.codec import from_wire, to_wire
from protocol.frame import Frame
from protocol.values import Role
from tests.support.core_in_memory import CoreInMemory, read_config

CONFIG = """
[[languages]]
name = "English"
culture = "en"

[[projects]]
name = "Support"
signal_duration = "30s"
[[projects]]
name = "Sales"
wrapup = "20s"

[[gateways]]
name = "Web chat"
peer = "web"
token = "web-secret"
inactivity_timeout = "10m"
inactivity_warning = "60s"
[[gateways]]
name = "Messenger"
peer = "im"
chat_type = "SocialIM"
token = "im-secret"
reactivate = true

[[gate_rules]]
rank = 10
ext_response = "^stop$"
signal = "Closed"

[[project_rules]]
rank = 10
ext_response = "^sales$"
project = "Sales"
[[project_rules]]
rank = 20
culture = "en"
project = "Support"
language = "English"
skill = 10
[[project_rules]]
rank = 30
ext_response = "^expert$"
project = "Support"
skill = 60
[[project_rules]]
rank = 40
ext_response = "^$"
project = "Support"

[[workplaces]]
number = "101"
max_chats = 3
[[workplaces]]
number = "102"
max_chats = 3

[[agents]]
name = "Alice Novak"
nickname = "Alice"
login = "alice"
token = "alice-secret"
max_chats = 2
languages = { English = 100 }
skills = { Support = 50, Sales = 10 }
[[agents]]
name = "Bob"
login = "bob"
token = "bob-secret"
max_chats = 1
languages = { English = 100 }
skills = { Support = 80 }

[[pause_reasons]]
name = "Lunch"

[[scenarios]]
name = "Contact"
culture = "en"
[[scenarios.screens]]
name = "First"
[[scenarios.screens.controls]]
name = "E-mail"
control_type = "TextArea"
"""


class Client:
    """One session of the script."""

    def __init__(self, play: Playbook, number: int, base: Mapping[str, Any]) -> None:
        self.play = play
        self.number = number
        self.base = dict(base)
        # Type, members by their wire names, what it answers, and the structure itself.
        self.heard: deque[tuple[str, Any, int | str | None, Any]] = deque()
        self.more: int | None = None
        """Where the last list goes on."""

    def says(self, type: str, id: int | str | None = None, **members: Any) -> None:
        """Send a frame; members by their wire names, the address is filled in."""
        payload = from_wire(type, {**self.base, **members})
        headers = {"Id": id} if id is not None else None
        self.play.put(FrameArrived(self.number, Frame(type, payload, headers)))

    def hears(self, type: str, re: int | str | None = None, **members: Any) -> dict[str, Any]:
        """Take the next frame, which must have this type and these members.

        A member expected as None must be absent; one expected as `...` must be there.
        """
        assert self.heard, f"expected {type}, heard nothing"
        got_type, got, got_re, _payload = self.heard.popleft()
        seen = f"{got_type} re {got_re} {str(got)[:300]}"
        assert (got_type, got_re) == (type, re), f"expected {type} re {re}, got {seen}"
        if not isinstance(got, dict):
            return {"items": got}
        for name, wanted in members.items():
            value = got.get(name)
            if wanted is ...:
                assert value is not None, f"{type}.{name} is missing"
            else:
                assert value == wanted, f"{type}.{name} is {value!r}, expected {wanted!r}"
        return got

    def refused(self, code: str, re: int | str | None = None) -> str:
        """Take the next frame, which must be this refusal; gives its text."""
        return str(self.hears("SYS_ERROR", re, Code=code, Fatal=False)["Text"])

    def silent(self) -> None:
        """Nothing was heard."""
        assert not self.heard, f"unexpected: {str(self.heard[0])[:300]}"

    def leaves(self) -> None:
        """The connection ends."""
        self.play.put(SessionClosed(self.number))


class Playbook(CoreInMemory):
    """The core under a script, with a real store behind it."""

    def __init__(self, config: str = CONFIG) -> None:
        self.clients: dict[int, Client] = {}
        self.dismissed: list[tuple[int, str]] = []
        self.notes: list[LogEntry] = []
        self.scans: list[ScanWanted] = []
        super().__init__(config)

    def release(self, effect: Effect) -> None:
        """Let everybody hear what is for them."""
        if isinstance(effect, Send):
            for session in effect.sessions:
                client = self.clients.get(session)
                if client is not None:
                    re = effect.re if session == effect.answer_to else None
                    heard = (effect.type, to_wire(effect.payload), re, effect.payload)
                    client.heard.append(heard)
                    client.more = effect.more if heard[0].endswith("_LIST") else client.more
        elif isinstance(effect, Dismiss):
            self.dismissed.append((effect.session, effect.code.value))
        elif isinstance(effect, ScanWanted):
            self.scans.append(effect)
        elif isinstance(effect, LogEntry):
            self.notes.append(effect)

    def connector(
        self, *peers: str, takes_pieces: bool = False, software: str | None = None
    ) -> Client:
        """A connector for the gateways of these addresses; its frames go to the first."""
        chats, messages = self.config.gateways.values(), self.config.message_gateways.values()
        gateways = tuple(gateway.id for gateway in chats if gateway.peer in peers)
        gateways += tuple(gateway.id for gateway in messages if gateway.peer in peers)
        client = self.join(Role.CONNECTOR, {"Peer": peers[0]})
        hello = SessionOpened(
            session=client.number,
            role=Role.CONNECTOR,
            gateways=gateways,
            takes_pieces=takes_pieces,
            software=software,
        )
        self.put(hello)
        client.hears("SYS_WELCOME", WorkplaceNumber=None)
        return client

    def agent(
        self,
        login: str,
        workplace: str,
        state: str | None = "Ready",
        *,
        takes_pieces: bool = False,
        takes_messages: bool = True,
    ) -> Client:
        """An agent at a workplace, in a state (None: as the broker has them)."""
        agent = self.config.agent_by_login[login]
        client = self.join(Role.WORKPLACE, {"Peer": workplace})
        self.put(
            SessionOpened(
                session=client.number,
                role=Role.WORKPLACE,
                workplace=workplace,
                agent_id=agent.id,
                takes_pieces=takes_pieces,
                takes_messages=takes_messages,
            )
        )
        client.hears("SYS_WELCOME", AgentId=agent.id, WorkplaceNumber=workplace)
        client.hears("SC_AGENT_STATE")
        if state is not None:
            client.says("CS_AGENT_STATE", State=state)
            client.hears("SC_AGENT_STATE", State=state)
        return client

    def join(self, role: Role, base: Mapping[str, Any]) -> Client:
        """A connection that has not said hello yet."""
        client = Client(self, len(self.clients) + 1, base)
        self.clients[client.number] = client
        return client

    def restart(self) -> None:
        """The process ends at once and starts again; every session is gone."""
        self.clients.clear()
        super().restart()

    def reload(self, config: str) -> None:
        """Take a new configuration, as a running broker does: what is gone is retired (C-4)."""
        self.config = merge(self.config, read_config(config))
        self.put(Reloaded(self.config))

    def silent(self) -> None:
        """Nobody heard anything that was not asked for."""
        for client in self.clients.values():
            client.silent()
