"""What happened in a run, as values: the checker's only source besides the final dump.

A history is made by the simulator, and just as well by programs that talk to a real broker over
TCP. What a client can see is enough for most laws; what only the simulator sees (`GAVE`, `LEFT`,
`COMMITTED`, `RESTORED`, `BACKLOG`) makes the others decidable. As text it is JSON lines, one event
a line: `t` time, `k` kind, `c` connection, `f` frame as on a WebSocket (W-9), `d` data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import IO, Any, Final

from attrs import define, field, frozen

from protocol.frame import Frame
from protocol.json_codec import decode_json, encode_json

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Kind(StrEnum):
    """What an event says. In brackets: its data.

    Of the run: SETUP (`setup.describe`), CALM (no fault after it), PROBE (from here on the clients ask for
    fresh snapshots), END. Of a connection, as its client sees it: DIALLED (client, role, peers, login,
    ready), SENT and GOT a frame, GONE (why). Of a client: VIEW (what it believes at the end: role, peers,
    ready, waiting, chats). Of the broker, seen by the simulator only: STARTED, CRASHED (window), FAILED
    (its store did: it serves nobody until it is STARTED again), both with what it may have decided and lost
    (`undurable`: since when), GAVE a frame to a connection, LEFT it
    (serves it no more), COMMITTED (facts: see `facts.summary`), RESTORED (same, difference), BROKEN (a law
    of the state: text), BACKLOG (frames, bytes, of a connection's queue), REPLAYED (same, difference),
    CLOCK (from what the broker's clock says, `core`, on, it is `lag` ahead of the history's), FROZEN
    (nothing of its process moves `until` then), RESUMED (it noticed that it was `deaf` for so long),
    READ (bytes are read while so many inputs are `waiting`, more than ever before), UNSERVED (what, since:
    somebody waits, and nothing hinders the broker), RELOADED (lost: the connections that it cost), DRAINING
    (heard: how many frames of each connection; what comes later it does not read), STOPPED (cut: how many
    connections, at the end of the drain). Of a far side: CARRIED (a copy of a `message` went out, under
    which `name`). FAULT (what) is for the reader.
    """

    SETUP = "setup"
    CALM = "calm"
    PROBE = "probe"
    END = "end"
    DIALLED = "dialled"
    SENT = "sent"
    GOT = "got"
    GONE = "gone"
    VIEW = "view"
    STARTED = "started"
    CRASHED = "crashed"
    FAILED = "failed"
    GAVE = "gave"
    LEFT = "left"
    COMMITTED = "committed"
    RESTORED = "restored"
    BROKEN = "broken"
    BACKLOG = "backlog"
    REPLAYED = "replayed"
    CLOCK = "clock"
    FROZEN = "frozen"
    RESUMED = "resumed"
    READ = "read"
    UNSERVED = "unserved"
    RELOADED = "reloaded"
    DRAINING = "draining"
    STOPPED = "stopped"
    CARRIED = "carried"
    FAULT = "fault"


@frozen
class Event:
    """One thing that happened.

    Attributes:
        at: Microseconds since the Unix epoch.
        kind: What happened.
        conn: Name of the connection (VIEW: of the client), or "".
        frame: The frame of SENT, GOT, GAVE; None for bytes that are no frame.
        data: The rest, as plain values.
    """

    at: int
    kind: Kind
    conn: str = ""
    frame: Frame | None = None
    data: Mapping[str, Any] = NOTHING

    def to_json(self) -> str:
        """One line of text."""
        line: dict[str, Any] = {"t": self.at, "k": self.kind.value}
        if self.conn:
            line["c"] = self.conn
        if self.frame is not None:
            line["f"] = _frame_to_list(self.frame)
        if self.data:
            line["d"] = dict(self.data)
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Event:
        """The event of a line."""
        line = json.loads(text)
        frame = _frame_of_list(line["f"]) if "f" in line else None
        return cls(line["t"], Kind(line["k"]), line.get("c", ""), frame, line.get("d", NOTHING))


def _frame_to_list(frame: Frame) -> list[Any]:
    if frame.payload is None:  # nothing to say, or a bad client's payload, of which nothing is kept
        return [frame.type, None, dict(frame.headers or {})]
    written: list[Any] = json.loads(encode_json(frame))
    return written


def _frame_of_list(written: list[Any]) -> Frame:
    if written[1] is None:
        return Frame(written[0], None, written[2] or None)
    return decode_json(json.dumps(written))


@define
class History:
    """Events in the order in which they happened, and a digest of all of them.

    Two runs with the same digest were the same run: it covers the bytes of every frame.
    """

    events: list[Event] = field(factory=list)
    _hash: Any = field(factory=lambda: blake2b(digest_size=16), repr=False)

    def add(
        self,
        at: int,
        kind: Kind,
        conn: str = "",
        frame: Frame | None = None,
        raw: bytes = b"",
        **data: Any,
    ) -> None:
        """Append an event; `raw` are the bytes of its frame, for the digest."""
        self.events.append(Event(at, kind, conn, frame, data or NOTHING))
        text = json.dumps(data, sort_keys=True, default=str) if data else ""
        self._hash.update(f"{at}|{kind.value}|{conn}|{text}|{len(raw)}|".encode())
        self._hash.update(raw)

    @property
    def digest(self) -> str:
        """The digest of everything so far."""
        return str(self._hash.hexdigest())

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


def write(events: Iterable[Event], file: IO[str]) -> None:
    """Write a history as JSON lines."""
    for event in events:
        file.write(event.to_json() + "\n")


def read(file: IO[str]) -> list[Event]:
    """Read what `write` wrote."""
    return [Event.from_json(line) for line in file if line.strip()]
