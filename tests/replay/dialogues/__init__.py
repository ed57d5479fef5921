"""The dialogues of which tests/replay/*.jsonl are the recordings, one function for each."""

from tests.replay.dialogues import (
    bots,
    built_in_bot,
    conference,
    conversations,
    distribution,
    forms,
    monitoring,
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
    "built_in_bot",
    "conference",
    "conversations",
    "distribution",
    "forms",
    "monitoring",
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
