"""The TypeScript client against what is ours: its fold, its brain beside Python's, and a real broker."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from connectors.client.connect import connect_workplace
from connectors.client.events import Alerted, ChatRef, SentenceAdded
from connectors.client.workplace import WorkplaceClient
from protocol.values import AgentState
from tests.conformance import folds
from tests.support.requires import NODE, ROOT
from tests.support.terminals import sample_broker

TALK = ROOT / "connectors" / "web" / "ui" / "client" / "test" / "talk.ts"
LINES = 60
SESSIONS = ("", "_chats", "_parties", "_resync", "_refused", "_pieces", "_exactly_once")
OURS_ALONE = (
    "bad_name",  # what else the protocol forbids is left to the broker to refuse
    "at_once and text2",
    "hello_that_no_broker_takes",
    "wants_one_list",  # it always takes pieces
)


@pytest.mark.requires("node", "ui")
def test_it_folds_recorded_connections_as_we_do(tmp_path: Path) -> None:
    """W-22, W-23, W-25: what is told, with losses and without, comes to the same view."""
    cases = tmp_path / "folds.json"
    cases.write_text(json.dumps(folds.cases()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, ".ci/ui.py", "test"],
        cwd=ROOT,
        env={**os.environ, "PARLEY_FOLDS": str(cases)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.requires("node", "ui")
def test_it_says_and_tells_what_ours_does() -> None:
    """W-10..W-16, W-20..W-27: the scripts of our own session, with a twin that must be alike."""
    files = [f"tests/unit/connectors/client/test_session{name}.py" for name in SESSIONS]
    left_out = " or ".join(f"({name})" for name in OURS_ALONE)
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.support.twins",
        "-k",
        f"not ({left_out})",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 80


@pytest.mark.requires("node", "ui")
async def test_over_tcp_nothing_is_lost_or_doubled_when_the_broker_is_killed(
    tmp_path: Path,
) -> None:
    """W-20, W-21, W-22, W-26: from Node to a broker that is killed twice in mid-chat, both ways."""
    broker = sample_broker(tmp_path)
    transcript: list[tuple[int, str | None, bool]] = []
    with broker:
        where = f"{broker.address[0]}:{broker.address[1]}"
        arguments = [str(NODE), str(TALK), broker.address[0], str(broker.address[1])]
        async with (
            connect_workplace(where, "101", "alice", "alice-secret") as alice,
            trio.open_nursery() as nursery,
        ):
            await alice.set_state(AgentState.READY)

            said = [trio.Event(), trio.Event()]

            async def agent() -> None:
                async for event in alice.events():
                    match event:
                        case Alerted(ref):
                            await alice.answer(ref)
                        case SentenceAdded(ref, sentence, mine):
                            transcript.append((sentence.counter, sentence.text, mine))
                            if not mine:
                                nursery.start_soon(alice.send, ref, f"agent {sentence.text}")
                            for enough, reached in zip((LINES // 3, LINES), said, strict=True):
                                if len(transcript) >= enough:
                                    reached.set()
                            if len(transcript) == 2 * LINES:
                                await all_confirmed(alice, ref)
                                await alice.hang_up(ref)
                                return
                        case _:
                            pass

            async def kills() -> None:
                for reached in said:
                    await reached.wait()
                    broker.kill()
                    await trio.to_thread.run_sync(broker.start)

            process = await trio.lowlevel.open_process(
                [*arguments, "web-secret", str(LINES)], stdout=subprocess.PIPE
            )
            nursery.start_soon(agent)
            nursery.start_soon(kills)
            text = b""
            assert process.stdout is not None
            with trio.fail_after(60):
                async for piece in process.stdout:
                    text += piece
                assert await process.wait() == 0
    judge([json.loads(line) for line in text.splitlines()], transcript)


async def all_confirmed(alice: WorkplaceClient, ref: ChatRef) -> None:
    """Wait until the broker knows that the agent has every line; an end before that leaves one open."""
    while any(
        sentence.confirmed_time is None
        for sentence in (await alice.status(ref)).sentences or ()
        if not sentence.is_outbound
    ):
        pass  # each question goes to the broker and back


def judge(told: list[dict[str, object]], transcript: list[tuple[int, str | None, bool]]) -> None:
    """Hold what the visitor was told against what the agent was."""
    end = told[-1]
    assert [line["echoed"] for line in told if "echoed" in line] == [
        f"visitor {n}" for n in range(LINES)
    ]
    assert end["heard"] == [[counter, text, not mine] for counter, text, mine in transcript]
    assert [counter for counter, _, _ in transcript] == list(range(1, 2 * LINES + 1))
    assert len({text for _, text, _ in transcript}) == 2 * LINES
    assert end["confirmed"] == LINES
    # With much on its way at once the second kill may come before they are back from the first.
    assert end["connected"] in {2, 3}
