"""Mails in the shapes that mail systems, programs and people give them, made for the tests.

Each is written out of a table, so that they are the same in every run. `SHAPES` has them all.
"""

from tests.support.mails import automatic, broken, charsets, clients, reports, structures
from tests.support.mails.shape import Shape

SHAPES: tuple[Shape, ...] = (
    *clients.shapes(),
    *charsets.shapes(),
    *structures.shapes(),
    *automatic.shapes(),
    *reports.shapes(),
    *broken.shapes(),
)

__all__ = ["SHAPES", "Shape"]
