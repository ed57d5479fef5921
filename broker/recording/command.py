"""`parley replay`: plays recordings against a broker and reports what is not as recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import trio
from attrs import Factory, asdict, frozen

from broker.console.output import complain, for_people, for_programs
from broker.recording.format import BadRecording, Recording, load
from broker.recording.names import fresh_names, renamed
from broker.recording.player import BrokerAway, Finding, Pace, Player, unplayable
from broker.recording.proxy import parse_address
from broker.recording.tokens import Tokens, read_token_file, read_tokens
from protocol.display import shown


@frozen(kw_only=True)
class Replay:
    """How recordings are to be replayed.

    Attributes:
        to: `HOST:PORT` of the broker.
        speed: 1 is the recording's own time, 0 as fast as causality allows.
        seconds: How long an expected frame may take longer than recorded.
        config: The broker's configuration: the tokens that the recordings name are taken from it.
        token_file: A file of `OWNER=TOKEN` lines, for the same.
        names: What is to be called otherwise in this run.
        fresh: A text of this run's own: what the broker would remember gets names with it.
        partial: Whether the broker's frames may have members that were not recorded.
        as_json: Report in JSON in place of lines for people.
    """

    to: str
    speed: float = 1.0
    seconds: float = 10.0
    config: Path | None = None
    token_file: Path | None = None
    names: Mapping[str, str] = Factory(dict)
    fresh: str | None = None
    partial: bool = False
    as_json: bool = False

    def tokens(self) -> Tokens:
        """The secrets that the recordings name.

        Raises:
            BadRecording: A file of them cannot be read.
        """
        known: dict[str, str] = {}
        if self.config is not None:
            known |= read_tokens(self.config).by_name
        if self.token_file is not None:
            known |= read_token_file(self.token_file).by_name
        return Tokens(known)

    def play(self, recording: Recording, tokens: Tokens) -> list[Finding]:
        """Replay one recording.

        Raises:
            BadRecording: It wants what cannot be done.
            BrokerAway: There is no broker.
        """
        names = dict(self.names)
        if self.fresh is not None:
            names = fresh_names(recording, self.fresh) | names
        player = Player(
            renamed(recording, names),
            parse_address(self.to),
            pace=Pace(speed=self.speed, seconds=self.seconds),
            tokens=tokens,
            partial=self.partial,
        )
        return trio.run(player.play)


def replay_main(files: Sequence[Path], replay: Replay) -> int:
    """Replay recordings, one after the other; none of them when one cannot be played.

    Args:
        files: The recordings; `-` is standard input.
        replay: How.

    Returns:
        Exit status: 0 when all was as recorded, 1 when not, 2 when a file is no recording,
        wants what only a harness can do, or no broker answers.
    """
    found: list[tuple[Path, Recording, list[Finding]]] = []
    out = for_programs() if replay.as_json else for_people()
    try:
        tokens = replay.tokens()
    except BadRecording as error:
        return _refused([str(error)])
    recordings, faults = _loaded(files)
    if faults:
        return _refused(faults)
    file = Path()
    try:
        for file, recording in recordings:
            findings = replay.play(recording, tokens)
            found.append((file, recording, findings))
            if not replay.as_json:
                out.write(_told(file, findings))
    except BadRecording as error:
        return _refused([f"{file}: {error}"])
    except BrokerAway as error:
        return _refused([str(error)])
    if replay.as_json:
        out.write(_as_json(found) + "\n")
    return 1 if any(findings for _, _, findings in found) else 0


def _loaded(files: Sequence[Path]) -> tuple[list[tuple[Path, Recording]], list[str]]:
    """Read all of them, and say what keeps them from being played, a line for each file."""
    recordings: list[tuple[Path, Recording]] = []
    faults: list[str] = []
    for file in files:
        try:
            recording = load(file)
        except BadRecording as error:
            faults.append(str(error))
            continue
        recordings.append((file, recording))
        if (why := unplayable(recording)) is not None:
            faults.append(f"{file}: {why}")
    return recordings, faults


def _refused(why: Sequence[str]) -> int:
    for line in why:
        complain("replay", line)
    return 2


def _told(file: Path, findings: Sequence[Finding]) -> str:
    count = len(findings)
    said = f"{count} finding{'s' if count > 1 else ''}" if count else "as recorded"
    lines = (shown(f"{file.name}: {said}"), *(f"  {finding}" for finding in findings))
    return "".join(f"{line}\n" for line in lines)


def _as_json(found: Sequence[tuple[Path, Recording, list[Finding]]]) -> str:
    return json.dumps(
        {
            "as_recorded": not any(findings for _, _, findings in found),
            "recordings": [
                {
                    "file": str(file),
                    "title": recording.header.get("title"),
                    "findings": [_plain(finding) for finding in findings],
                }
                for file, recording, findings in found
            ],
        },
        indent=1,
        ensure_ascii=False,
        default=repr,
    )


def _plain(finding: Finding) -> dict[str, object]:
    return {
        **asdict(finding, filter=lambda attribute, _: attribute.name != "differences"),
        "differences": [asdict(item) for item in finding.differences],
    }
