"""What only the collector of cycles would free: a broker must make none of what a peer sends (I-14)."""

from __future__ import annotations

import gc
import types
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_by_cycles() -> Iterator[Counter[str]]:
    """Run a block with the collector off, and count by type what of ours it left in cycles.

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
        found.update(type(thing).__name__ for thing in gc.garbage if _is_ours(thing))
    finally:
        gc.set_debug(flags)
        gc.garbage.clear()
        if was_on:
            gc.enable()
        gc.collect()


def _is_ours(thing: object) -> bool:
    """Whether it can hold what a peer sent; libraries drop their caches when they like."""
    if isinstance(thing, BaseException | types.FrameType | types.TracebackType):
        return True
    return type(thing).__module__.partition(".")[0] in ("protocol", "broker")
