"""Moments as the wire has them."""

from __future__ import annotations

from functools import lru_cache

from protocol.values import from_micros

utc = lru_cache(maxsize=4_096)(from_micros)
"""The moments of a batch are shown to several receivers each."""
