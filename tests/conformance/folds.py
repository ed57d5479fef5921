"""What a client makes of what it is told: the views at the end of recorded connections.

Each case names a recording, a connection, which frames of it went missing, and what the view is then.

    python -m tests.conformance.folds CASES.json
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broker.recording.format import Passed, load
from protocol.chat import ChatCommandInfo
from protocol.codec import to_wire
from protocol.json_codec import decode_json
from protocol.values import Role
from protocol.view import ChatView, View

RECORDINGS = Path(__file__).parents[1] / "replay"
_LOSSES = (0, 3, 4)
"""Each third or fourth push that is folded is lost; 0: none is."""
_PUSHES = ("CHAT_SENTENCE", "CHAT_CONFIRM", "CHAT_STATUS", "CHAT_TYPING")


def cases() -> list[dict[str, Any]]:
    """All of them, without those in which there is nothing to see."""
    return [
        case for path in sorted(RECORDINGS.glob("*.jsonl")) for case in _of(path) if case["chats"]
    ]


def _of(path: Path) -> Iterator[dict[str, Any]]:
    passed = [line for line in load(path).lines if isinstance(line, Passed)]
    for conn in sorted({line.conn for line in passed}):
        mine = [line for line in passed if line.conn == conn]
        hello = mine[0].frame[1]
        role = hello.get("Role") if mine[0].type == "SYS_HELLO" else None
        if role not in tuple(Role):
            continue
        for each in _LOSSES:
            lost = _lost(mine, each)
            if each and not lost:
                continue
            chats = _folded(mine, Role(role), lost)
            yield {
                "recording": path.name,
                "conn": conn,
                "role": role,
                "lost": lost,
                "chats": chats,
            }


def _lost(lines: list[Passed], each: int) -> list[int]:
    """Places, among the frames of the connection, of pushes that get lost."""
    pushes = [
        place
        for place, line in enumerate(lines)
        if line.sender == "broker" and line.type.endswith(_PUSHES) and len(line.frame) == 2
    ]
    return pushes[each - 1 :: each] if each else []


def _folded(lines: list[Passed], role: Role, lost: list[int]) -> dict[str, Any]:
    view = View(role)
    asked: dict[object, ChatCommandInfo] = {}
    for place, line in enumerate(lines):
        if place in lost:
            continue
        frame = decode_json(json.dumps(line.frame))
        if line.sender == "broker":
            view.fold(frame, line.at / 1_000_000, asked=asked.get(frame.re))
        elif isinstance(frame.payload, ChatCommandInfo) and frame.id is not None:
            asked[frame.id] = frame.payload
    return {json.dumps(key): _shown(chat) for key, chat in view.chats.items()}


def _shown(chat: ChatView) -> dict[str, Any]:
    return {
        "latest": to_wire(chat.latest, json=True),
        "sentences": [to_wire(one, json=True) for one in chat.sentences.values()],
        "internal": [to_wire(one, json=True) for one in chat.internal.values()],
        "complete": chat.complete,
        "wantsSnapshot": chat.wants_snapshot,
        "typingUntil": chat.typing_until,
    }


def main() -> None:
    """Write the cases to a file, as tests of another implementation read them."""
    Path(sys.argv[1]).write_text(json.dumps(cases(), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
