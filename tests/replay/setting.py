"""Write what a broker must be configured with for the recordings of one kind.

    python -m tests.replay.setting KIND FOLDER      KIND: usual, brisk, tight, small, slow, ...

For implementations of others: FOLDER/KIND.toml says who works there and which rules hold,
FOLDER/KIND.tokens has the tokens that `parley replay --token-file` takes, FOLDER/KIND.txt the
recordings, and FOLDER/KIND.harness.txt those that want the broker restarted, killed or reloaded.
"""

from __future__ import annotations

import sys
from pathlib import Path

from broker.recording.format import load
from broker.recording.player import unplayable
from tests.replay.brokers import TestBroker, cells_of
from tests.replay.stage import tokens

HERE = Path(__file__).parent
ADDRESS = ("127.0.0.1", 7070)


def write(kind: str, folder: Path) -> list[Path]:
    """Write the files of one kind.

    Returns:
        The recordings of that kind that `parley replay` can play.
    """
    folder.mkdir(parents=True, exist_ok=True)
    TestBroker.in_directory(kind, folder, ADDRESS)
    owned = tokens(cells_of(kind)).by_name.items()
    lines = "".join(f"{owner}={token}\n" for owner, token in owned)
    (folder / f"{kind}.tokens").write_text(lines, encoding="utf-8")
    paths = sorted(HERE.glob("*.jsonl"))
    found = {path: loaded for path in paths if (loaded := load(path)).header["broker"] == kind}
    played = [path for path, loaded in found.items() if unplayable(loaded) is None]
    _list(played, folder / f"{kind}.txt")
    _list([path for path in found if path not in played], folder / f"{kind}.harness.txt")
    return played


def _list(paths: list[Path], to: Path) -> None:
    names = "".join(f"{path.relative_to(HERE.parents[1])}\n" for path in paths)
    to.write_text(names, encoding="utf-8")


if __name__ == "__main__":
    print(f"{len(write(sys.argv[1], Path(sys.argv[2])))} recordings")
