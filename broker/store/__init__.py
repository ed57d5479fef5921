"""Facts as rows of a relational database."""

from broker.store.errors import CommitError, RowRefusedError, StoreError, StoreUnusableError
from broker.store.store import Store
from broker.store.thread import SWITCH_INTERVAL, StoreThread

__all__ = [
    "SWITCH_INTERVAL",
    "CommitError",
    "RowRefusedError",
    "Store",
    "StoreError",
    "StoreThread",
    "StoreUnusableError",
]
