"""Make the recordings anew: `python -m tests.replay.make [NAME...]`.

A recording says what a broker must do, so it is not made and taken as it is: read the difference
(`git diff tests/replay`) against docs/protocol.md and docs/behaviour.md before it is kept.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections import deque
from functools import partial
from pathlib import Path

import trio
from attrs import asdict

from broker.recording.compare import Bindings
from broker.recording.format import BadRecording, Directive, Line, Passed, Recording, load, parse
from broker.recording.proxy import Proxy, Recorder
from tests.replay.brokers import TestBroker, cells_of
from tests.replay.stage import SCENARIOS, Scenario, Stage, tokens

HERE = Path(__file__).parent


async def act(scenario: Scenario, broker: TestBroker) -> str:
    """Act out a dialogue against a broker.

    Returns:
        Its recording.
    """
    out = io.StringIO()
    recorder = Recorder(out, tokens(cells_of(scenario.broker)))
    recorder.begin(title=scenario.title, broker=scenario.broker)
    proxy = Proxy(broker.address, recorder)
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, proxy.serve, 0, host="127.0.0.1"))
        address = listeners[0].socket.getsockname()
        stage = Stage(scenario.cell, address, proxy, recorder, broker, nursery)
        await scenario.act(stage)
        await stage.end()
        nursery.cancel_scope.cancel()
    return out.getvalue()


def main(names: list[str]) -> int:
    """Make the named recordings, or all; one that says nothing new is left as it is."""
    chosen = [SCENARIOS[name] for name in names] or list(SCENARIOS.values())
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for kind in sorted({item.broker for item in chosen}):
            broker = TestBroker.in_directory(kind, Path(directory))
            with broker.served:
                for scenario in chosen:
                    if scenario.broker == kind:
                        failed += not _made(scenario, broker)
    return 1 if failed else 0


def _made(scenario: Scenario, broker: TestBroker) -> bool:
    try:
        text = trio.run(act, scenario, broker)
    except BaseExceptionGroup as group:
        print(f"{scenario.name}: {group.exceptions[0]}")
        return False
    path = HERE / f"{scenario.name}.jsonl"
    kept = _kept(path)
    if kept is not None and says_the_same(kept, parse(text.splitlines())):
        print(f"{scenario.name}: as before")
        return True
    path.write_text(text, encoding="utf-8")
    print(f"{scenario.name}: {len(text.splitlines())} lines")
    return True


def _kept(path: Path) -> Recording | None:
    """The recording as it is, unless there is none that is read any more."""
    try:
        return load(path)
    except BadRecording:
        return None


def says_the_same(old: Recording, new: Recording) -> bool:
    """Whether two recordings differ only in what differs from run to run."""
    bindings = Bindings()
    queues: dict[object, deque[Line]] = {}
    for line in new.lines:
        queues.setdefault(_stream_of(line), deque()).append(line)
    if old.header != new.header or len(old.lines) != len(new.lines):
        return False
    return all(
        queues.get(_stream_of(line)) and _alike(bindings, line, queues[_stream_of(line)].popleft())
        for line in old.lines
    )


def _stream_of(line: Line) -> object:
    return "directives" if isinstance(line, Directive) else line.conn


def _alike(bindings: Bindings, old: Line, new: Line) -> bool:
    if not isinstance(old, Passed) or not isinstance(new, Passed):
        ours, theirs = (asdict(line) | {"at": 0} for line in (old, new))
        return type(old) is type(new) and ours == theirs
    if (old.sender, old.type) != (new.sender, new.type):
        return False
    if old.sender == "client":
        sent = bindings.send(old.frame)
        if type(old.frame[1]) is dict and type(new.frame[1]) is dict and "UntilUtc" in new.frame[1]:
            # Each making sets it from its own now.
            until = new.frame[1]["UntilUtc"]
            bindings.put_off(str(old.frame[1].get("UntilUtc", until)), until)
            sent[1] = {**sent[1], "UntilUtc": until}
        return sent == new.frame
    return not bindings.compare(old.frame, new.frame)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
