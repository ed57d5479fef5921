"""Which frames are questions: they are answered, change nothing, and end with who asked.

A question is small and its answer may be as long as a frame, so few of a type may wait at a time;
a client has at most four lists and snapshots under way anyway (W-25). What a connector asks for
each of its visitors may be asked for many of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocol.blob import BlobInfo
from protocol.catalogue import CATALOGUE
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.session import SysError

QUESTIONS: Final[Mapping[str, int]] = {
    "CS_AGENT_LIST": 4,
    "CS_BLOB_GET": 8,
    "CS_CHAT_EXPLAIN": 4,
    "CS_CHAT_OVERVIEW": 4,
    "CS_CHAT_RESYNC": 4,
    "CS_CHAT_STATUS": 4,
    "CS_CONVERSATION_EXPLAIN": 4,
    "CS_CONVERSATION_OVERVIEW": 4,
    "CS_CONVERSATION_RESYNC": 4,
    "CS_CONVERSATION_STATUS": 4,
    "CS_SCENARIO_LOAD": 16,
    "CS_SCENARIO_RESULT": 16,
    "ES_BLOB_GET": 8,
    "ES_CHAT_REQUEST": 64,
    "ES_CHAT_RESYNC": 4,
    "ES_CHAT_STATUS": 4,
    "ES_SCENARIO_LOAD": 64,
    "ES_SL_GETGATEWAYS": 16,
    "ES_WS_LITERALS_GET": 16,
    "ES_WS_ROUTING": 16,
}
"""How many of each type may wait of one session; one more is refused with `RateLimited`."""
HEAVY: Final = frozenset(
    spec.type
    for spec in CATALOGUE.values()
    if spec.payload in (BlobInfo, MessageContentInfo) and spec.sender != "broker"
)
"""Frames that may be as long as a frame may be: few of them wait at a time."""
ANSWERS: Final = {CATALOGUE[question].answer for question in QUESTIONS} - {
    spec.answer for spec in CATALOGUE.values() if spec.type not in QUESTIONS
}
"""What answers questions only: when it is not sent, nothing that happened is untold."""
HEADERS: Final = 384
"""What the `Re` of an answer takes at the most, and the array around it."""
PLAIN_ANSWERS = frozenset(
    (ErrorCode.UNKNOWN_CHAT, type_) for type_ in ("ES_CHAT_STATUS", "CS_CHAT_STATUS")
)
"""Errors that answer a question: a visitor's program asks whether there is a chat, and there is none yet."""


def too_long(size: int) -> SysError:
    """What is said in place of an answer that no frame holds.

    What grows is bounded where it grows, and what is configured is weighed when it is read. So this
    is for what neither foresaw, like a register that is asked for in the name of a very long peer.
    """
    text = f"the answer takes {size} bytes, more than a frame may have"
    return SysError(code=ErrorCode.OVERLOADED, text=text, fatal=False)
