"""The dialogues of which tests/replay/*.jsonl are the recordings, one function for each."""

from tests.replay.dialogues import (
    bots,
    conference,
    conversations,
    distribution,
    forms,
    outbound,
    parking,
    passing_on,
    presence,
    refusals,
    sentences,
    sessions,
    supervision,
    waiting,
)

__all__ = [
    "bots",
    "conference",
    "conversations",
    "distribution",
    "forms",
    "outbound",
    "parking",
    "passing_on",
    "presence",
    "refusals",
    "sentences",
    "sessions",
    "supervision",
    "waiting",
]
