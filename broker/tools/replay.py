"""`parley replay`: plays recordings against a broker and reports what is not as recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import trio

from broker.tools.record import parse_address
from broker.tools.recording import BadRecording, Tokens, load
from broker.tools.replay_player import Pace, Player
from broker.tools.tokens import read_tokens


def replay_main(
    files: Sequence[Path],
    to: str,
    *,
    speed: float = 1.0,
    seconds: float = 10.0,
    config: Path | None = None,
) -> int:
    """Replay recordings, one after the other, against the broker at `to`.

    Args:
        files: The recordings.
        to: `HOST:PORT` of the broker.
        speed: 1 is the recording's own time, 0 as fast as causality allows.
        seconds: How long an expected frame may take longer than recorded.
        config: The broker's configuration: the tokens that the recordings name are taken from it.

    Returns:
        Exit status: 0 when all was as recorded, 1 when not, 2 when a file is no recording.
    """
    tokens = read_tokens(config) if config else Tokens()
    status = 0
    for file in files:
        try:
            player = Player(
                load(file),
                parse_address(to),
                pace=Pace(speed=speed, seconds=seconds),
                tokens=tokens,
            )
            findings = trio.run(player.play)
        except BadRecording as error:
            print(error)
            return 2
        print(f"{file.name}: {'as recorded' if not findings else f'{len(findings)} findings'}")
        for finding in findings:
            print(f"  {finding}")
        if findings:
            status = 1
    return status
