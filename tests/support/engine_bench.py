"""An engine without sockets and disk, whose commits end when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from broker.config.load import loads
from broker.core.broker import restore
from broker.core.effects import Dismiss, Effect, Send, StoredKey
from broker.core.facts import ChatStarted, Fact
from broker.core.inputs import FrameArrived, SessionOpened
from broker.core.state import Recovered
from broker.shell.engine import Engine, Found
from protocol.chat import ChatCommandInfo, ChatServiceInfo
from protocol.frame import Frame
from protocol.values import Role
from tests.support.core_in_memory import START
from tests.support.playbook import CONFIG

Done = Callable[[BaseException | None], None]


class Bench:
    """An engine whose commits end when the test says so."""

    def __init__(self, batch_limit: int = 256) -> None:
        config = loads(CONFIG, path="engine.toml").config
        self.now = START
        self.commits: list[tuple[list[Fact], Done]] = []
        self.reads: list[list[StoredKey]] = []
        self.held: list[Callable[[Found | BaseException], None]] | None = None
        """What waits for what it wanted read, where a test holds that back."""
        self.sent: list[str] = []
        self.dismissed: list[int] = []
        self.failures: list[BaseException] = []
        self.engine = Engine(
            restore(config, Recovered(), START),
            self,
            self,
            lambda: self.now,
            b"bench",
            self.failures.append,
            batch_limit,
        )
        gateways = tuple(g.id for g in config.gateways.values())
        self.engine.submit(SessionOpened(session=1, role=Role.CONNECTOR, gateways=gateways))
        self.engine.pump()
        assert self.sent == ["SYS_WELCOME"]
        self.sent.clear()

    def commit(self, facts: list[Fact], done: Done) -> None:
        """Remember what the engine wants stored."""
        self.commits.append((facts, done))

    def read(
        self, keys: Sequence[StoredKey], done: Callable[[Found | BaseException], None]
    ) -> None:
        """Remember what is wanted, and find nothing, or hold that back."""
        self.reads.append(list(keys))
        if self.held is None:
            done({})
        else:
            self.held.append(done)

    def deliver(self, effects: list[Effect]) -> None:
        """Remember what went out."""
        for effect in effects:
            if isinstance(effect, Send):
                self.sent.append(f"{effect.type} {getattr(effect.payload, 'tracking_id', '')}")
                self.sent[-1] = self.sent[-1].strip()
            elif isinstance(effect, Dismiss):
                self.dismissed.append(effect.session)

    def ask(self, type_: str, tracking_id: str) -> None:
        """One frame of the connector."""
        payload: object = ChatServiceInfo(
            peer="web", tracking_id=tracking_id, ext_response="expert"
        )
        if type_ in ("ES_CHAT_RESYNC", "ES_CHAT_STATUS"):
            payload = ChatCommandInfo(peer="web", tracking_id=tracking_id)
        self.engine.submit(FrameArrived(1, Frame(type_, payload)))

    def started(self, index: int) -> list[str]:
        """The chats that a commit makes."""
        return [f.tracking_id for f in self.commits[index][0] if isinstance(f, ChatStarted)]

    def finish(self, error: BaseException | None = None) -> None:
        """The commit that runs ends."""
        self.commits.pop(0)[1](error)
