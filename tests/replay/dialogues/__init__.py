"""The dialogues of which tests/replay/*.jsonl are the recordings, one function for each."""

from tests.replay.dialogues import (
    conference,
    conversations,
    distribution,
    forms,
    parking,
    passing_on,
    presence,
    refusals,
    sentences,
    sessions,
    supervision,
)

__all__ = [
    "conference",
    "conversations",
    "distribution",
    "forms",
    "parking",
    "passing_on",
    "presence",
    "refusals",
    "sentences",
    "sessions",
    "supervision",
]
