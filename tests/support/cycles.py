"""What only the collector of cycles would free: a broker must make none of what a peer sends (I-14)."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_by_cycles() -> Iterator[Counter[str]]:
    """Run a block with the collector off, and count by type what it left in cycles.

    Yields:
        The counts, filled at the end of the block.
    """
    found: Counter[str] = Counter()
    was_on, flags = gc.isenabled(), gc.get_debug()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found.update(type(thing).__name__ for thing in gc.garbage)
    finally:
        gc.set_debug(flags)
        gc.garbage.clear()
        if was_on:
            gc.enable()
        gc.collect()
