"""Real brokers for recordings: child processes that a recording may restart, kill and reload."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import trio
from attrs import define

import tests.replay.dialogues
from broker.child import ServedBroker, free_port
from broker.recording.format import Directive
from tests.replay import clamd
from tests.replay.cells import Cell, write_config
from tests.replay.stage import SCENARIOS

assert tests.replay.dialogues.__all__  # importing them registers the scenarios

LIMITS: Final = {
    "tight": "frame_bytes = 65536\n",
    "small": "frame_bytes = 65536\n",
    "pieces": "frame_bytes = 6144\nlist_chats = 2\n",
    "few": "conversations = 2\ndrafts = 1\nput_aside = 1\n",
    "scanned": "attachment_bytes = 200000000\n",
    "slow": "frames_per_second = 1\n",
    "terse": "answer_bytes_per_second = 1024\ngateway_sessions = 2\n",
}
"""Lines of `[limits]` of each kind of broker that has any."""
_BRISK: Final = """
transfer_timeout = "1200ms"
bot_timeout = "1200ms"
max_parked = 1
park_reserve = 1
"""
_REMINDING: Final = """
park_timeout = "1200ms"
park_warning = "600ms"
"""
DISTRIBUTION: Final = {"brisk": _BRISK, "reminding": _REMINDING}
"""The same of `[distribution]`."""
_SCANNED: Final = """
[attachments]
scanner = "tcp://127.0.0.1:{port}"
types = ["text/*", "image/*"]
"""
_CLAMD: Final = 3310
"""Where a real one listens."""
_RELOADED: Final = ("configuration_replaced", "reload_refused")
_PATIENCE: Final = 15.0
_POLL: Final = 0.02


def cells_of(kind: str) -> list[Cell]:
    """The cells of one kind of broker."""
    return [item.cell for item in SCENARIOS.values() if item.broker == kind]


@define
class TestBroker:
    """A broker of one kind, with the cells of all recordings that need it."""

    __test__ = False

    kind: str
    directory: Path
    address: tuple[str, int]
    served: ServedBroker
    scanner: int = _CLAMD

    @classmethod
    def in_directory(
        cls, kind: str, directory: Path, address: tuple[str, int] | None = None
    ) -> TestBroker:
        """Configure it; it is not started yet."""
        is_ours = address is None
        address = address or ("127.0.0.1", free_port())
        config = directory / f"{kind}.toml"
        broker = cls(
            kind, directory, address, ServedBroker(config, address, directory / f"{kind}.log")
        )
        if kind == "scanned" and is_ours:
            broker.scanner = clamd.serve()
        broker.configure()
        return broker

    def configure(self, without: tuple[str, ...] = ()) -> None:
        """Write its configuration, without the cells that are named."""
        cells = [cell for cell in cells_of(self.kind) if cell.name not in without]
        limits, distribution = LIMITS.get(self.kind, ""), DISTRIBUTION.get(self.kind, "")
        write_config(self.served.config, self.address, cells, limits, distribution)
        if self.kind == "scanned":
            with self.served.config.open("a", encoding="utf-8") as file:
                file.write(_SCANNED.format(port=self.scanner))
        if self.kind == "tight":
            text = self.served.config.read_text(encoding="utf-8")
            text = text.replace('heartbeat = "30s"', 'heartbeat = "1s"')
            self.served.config.write_text(text, encoding="utf-8")

    async def do(self, directive: Directive) -> None:
        """Carry out what a recording says."""
        match directive.do:
            case "wait":
                await trio.sleep(directive.arguments["seconds"])  # real time: a real broker's
            case "restart":
                await trio.to_thread.run_sync(partial(self._again, killed=False))
            case "kill":
                await trio.to_thread.run_sync(partial(self._again, killed=True))
            case "reload":
                await trio.to_thread.run_sync(self._reload, directive)
            case other:
                raise AssertionError(other)

    def _again(self, *, killed: bool) -> None:
        if killed:
            self.served.kill()
        else:
            assert self.served.stop() == 0
        self.served.start()

    def _reload(self, directive: Directive) -> None:
        seen = self._reloads()
        if directive.arguments.get("faulty"):
            self.served.config.write_text("nonsense = true\n")
        else:
            self.configure(tuple(directive.arguments["without"]))
        self.served.reload()
        deadline = time.monotonic() + _PATIENCE
        while self._reloads() == seen:
            if time.monotonic() > deadline:
                raise AssertionError("no reload in the log")
            time.sleep(_POLL)  # real time: the log of another process
        if directive.arguments.get("faulty"):
            self.configure()

    def _reloads(self) -> int:
        log = self.served.log.read_text(errors="replace")
        return sum(log.count(event) for event in _RELOADED)


BrokerOf = Callable[[str], TestBroker]
"""From a kind to its running broker."""
