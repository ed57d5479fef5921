"""A broker and a web process between which everything is recorded, for the checker to judge."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from attrs import define, evolve, field

from broker.checker import check
from broker.checker.history import Event, Kind
from broker.child import ServedBroker, free_port
from broker.config.load import load as load_config
from broker.recording.format import Closed, Line, Passed, Raw, Recording, load
from broker.simulation.setup import describe
from protocol.json_codec import decode_json
from protocol.session import Hello, Welcome
from protocol.values import to_micros
from tests.support.kills import dump_file
from tests.support.recorded_clients import wall
from tests.support.requires import ROOT
from tests.support.web_program import WebProgram


@define
class _NotedBroker(ServedBroker):
    """One whose deaths are noted."""

    deaths: list[Event] = field(factory=list)

    def kill(self) -> None:
        """End the child at once."""
        self.deaths.append(Event(wall(), Kind.CRASHED, data={"window": "kill -9"}))
        super().kill()

    def start(self) -> None:
        """Start the child."""
        super().start()
        if self.deaths:
            self.deaths.append(Event(wall(), Kind.STARTED))


@define
class RecordedProgram(WebProgram):
    """Both of them, with `parley record` before the broker."""

    front: int = field(factory=free_port)
    _recorder: subprocess.Popen[str] | None = None

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        it = self.broker
        self.broker = _NotedBroker(it.config, it.address, it.log, it.start_seconds)

    @property
    def address(self) -> tuple[str, int]:
        """Where clients find the broker: what passes there is recorded."""
        return ("127.0.0.1", self.front)

    @property
    def recording(self) -> Path:
        """The file of it."""
        return self.folder / "broker.jsonl"

    def __enter__(self) -> Self:
        record = [sys.executable, "-m", "broker.cli", "record", "--out", str(self.recording)]
        record += ["--listen", "{}:{}".format(*self.address)]
        record += ["--to", "{}:{}".format(*self.broker.address)]
        self._recorder = subprocess.Popen(record, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._recorder.stdout is not None
        assert self._recorder.stdout.readline().startswith("recording ")
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop_recording()
        super().__exit__(*error)

    def stop_recording(self) -> None:
        """Record no more: nobody has the broker then."""
        if self._recorder is not None:
            self._recorder.terminate()
            self._recorder.communicate()
            self._recorder = None

    def judged(self, recording: Recording | None = None) -> list[str]:
        """End the recording, and have the checker judge it; the laws that were broken.

        Args:
            recording: What is to be judged in its place.
        """
        self.stop_recording()
        assert isinstance(self.broker, _NotedBroker)
        setup = describe(load_config(self.broker.config).config)
        passed = [*history_of(recording or load(self.recording))]
        assert any(one.frame is not None and one.frame.type == "SE_CHAT_SENTENCE" for one in passed)
        between = sorted([*passed, *self.broker.deaths], key=lambda event: event.at)
        first, last = between[0].at, between[-1].at
        events = [Event(first, Kind.SETUP, data=setup), *between, Event(last + 1, Kind.END)]
        return [str(one) for one in check(events, dump_file(self.folder / "parley.db"))]


def history_of(recording: Recording) -> Iterator[Event]:
    """What a recording says, as the checker reads it.

    Its times are since its beginning. What a welcome says of the broker's clock puts them right.
    """
    base = _beginning(recording.lines)
    dialled: set[int] = set()
    for line in recording.lines:
        conn = f"#{getattr(line, 'conn', 0)}"
        match line:
            case Passed(at=at, sender=sender):
                frame = decode_json(json.dumps(line.frame))
                if isinstance(frame.payload, Hello) and line.conn not in dialled:
                    dialled.add(line.conn)
                    yield Event(base + at, Kind.DIALLED, conn, data=_who(frame.payload))
                kind = Kind.SENT if sender == "client" else Kind.GOT
                yield Event(base + at, kind, conn, frame)
            case Raw(at=at, sender=sender) if line.conn in dialled:
                yield Event(base + at, Kind.SENT if sender == "client" else Kind.GOT, conn)
            case Closed(at=at) if line.conn in dialled:
                yield Event(base + at, Kind.GONE, conn, data={"why": "ended"})
            case _:
                pass


def _beginning(lines: Iterable[Line]) -> int:
    for line in lines:
        if isinstance(line, Passed) and line.type == "SYS_WELCOME":
            welcome = decode_json(json.dumps(line.frame)).payload
            assert isinstance(welcome, Welcome)
            assert welcome.time_utc is not None
            return to_micros(welcome.time_utc) - line.at
    raise AssertionError("nobody was welcomed")


def _who(hello: Hello) -> dict[str, object]:
    peers = [*(hello.peers or ())]
    client = hello.login or "+".join(peers)
    return {"client": client, "role": hello.role, "peers": peers, "login": hello.login}


def doubled(recording: Recording, text: str) -> Recording:
    """The same recording, in which the agent hears a line twice."""
    lines: list[Line] = []
    for line in recording.lines:
        lines.append(line)
        is_pushed = isinstance(line, Passed) and line.type == "SC_CHAT_SENTENCE"
        if is_pushed and isinstance(line, Passed) and line.frame[1].get("Text") == text:
            said = {**line.frame[1], "Counter": line.frame[1]["Counter"] + 1}
            lines.append(evolve(line, frame=[line.frame[0], said]))
    assert len(lines) > len(recording.lines)
    return evolve(recording, lines=tuple(lines))
