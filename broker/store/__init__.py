"""Facts as rows of a relational database."""

from broker.store.errors import (
    CommitError,
    RowRefusedError,
    StoreAwayError,
    StoreError,
    StoreInUseError,
    StoreUnusableError,
)
from broker.store.store import Store
from broker.store.thread import SWITCH_INTERVAL, StoreThread

__all__ = [
    "SWITCH_INTERVAL",
    "CommitError",
    "RowRefusedError",
    "Store",
    "StoreAwayError",
    "StoreError",
    "StoreInUseError",
    "StoreThread",
    "StoreUnusableError",
]
