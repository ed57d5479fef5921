"""Rows of old chats, put straight into a store: does a sentence cost more when there are many?"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import Final

from broker.child import ServedBroker
from broker.store.store import Store

_PER_CHAT: Final = 500
_AGE: Final = 30 * 86_400 * 1_000_000
_CHATS: Final = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :chats)
INSERT INTO chats (no, id, gateway, tracking_id, party_name, status, skill, priority,
                   started_at, since, closed_at, close_reason)
SELECT i, printf('00000000-0000-4000-a000-%012x', i),
       '00000000-0000-4000-a000-000000000000', printf('old-%d', i), 'Visitor', 'Closed', 1, 0,
       :at, :at, :at, 'Agent' FROM n
"""
_SENTENCES: Final = """
WITH RECURSIVE c(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM c WHERE j < :per_chat)
INSERT INTO sentences (chat_no, counter, id, party_name, text, time_sent, outbound, model, at, own)
SELECT no, j, printf('%032x', no * 1000 + j), 'Visitor', :text, :at, 0, 0, :at, 0
FROM chats CROSS JOIN c WHERE no BETWEEN :first AND :last ORDER BY no, j
"""
_CONFIRMATIONS: Final = "INSERT INTO confirmations (sentence, at) SELECT seq, at FROM sentences"
_CHATS_AT_ONCE: Final = 1_000


def fill_store(broker: ServedBroker, rows: int, text_bytes: int) -> None:
    """Make the tables of a broker, then put in `rows` sentences of chats closed long ago."""
    path = broker.config.parent / "bench.db"
    Store.open(f"sqlite:///{path}").close()
    chats = max(1, rows // _PER_CHAT)
    at = time.time_ns() // 1_000 - _AGE
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute(_CHATS, {"chats": chats, "at": at})
        for first in range(1, chats + 1, _CHATS_AT_ONCE):
            last = min(first + _CHATS_AT_ONCE - 1, chats)
            values = {"per_chat": _PER_CHAT, "text": "x" * text_bytes, "at": at}
            database.execute(_SENTENCES, {**values, "first": first, "last": last})
            database.commit()
        database.execute(_CONFIRMATIONS)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.commit()
