"""Which frames are questions: they are answered, change nothing, and end with who asked.

A question is small and its answer may be as long as a frame, so few of a type may wait at a time;
a client has at most four lists and snapshots under way anyway (W-25). What a connector asks for
each of its visitors may be asked for many of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

QUESTIONS: Final[Mapping[str, int]] = {
    "CS_AGENT_LIST": 4,
    "CS_CHAT_EXPLAIN": 4,
    "CS_CHAT_OVERVIEW": 4,
    "CS_CHAT_RESYNC": 4,
    "CS_CHAT_STATUS": 4,
    "ES_CHAT_REQUEST": 64,
    "ES_CHAT_RESYNC": 4,
    "ES_CHAT_STATUS": 4,
    "ES_SCENARIO_LOAD": 64,
    "ES_WS_LITERALS_GET": 16,
    "ES_WS_ROUTING": 16,
}
"""How many of each type may wait of one session; one more is refused with `RateLimited`."""
