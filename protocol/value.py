"""Values that are made for every frame: what is on the wire, facts, effects.

Nobody changes them, and the type checker holds that, for to it `value` is `attrs.frozen`. At run time it
makes a plain class: to set members past a guard of their own costs three times as much, a fifth of a
whole decision.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define

    value = partial(define, unsafe_hash=True)

__all__ = ["value"]
