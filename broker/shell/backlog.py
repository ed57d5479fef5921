"""What waits in all outboxes together, and whose it is (I-14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import Factory, define

if TYPE_CHECKING:
    from broker.shell.connection import Link

PARTY_OUTBOXES = 8
"""What may wait for all slow readers of one token, in times of what may wait for one."""
ALL_OUTBOXES = 64
"""The same for all slow readers together."""


@define
class Backlog:
    """The connections whose readers are behind, and how far.

    Attributes:
        size: Bytes that wait.
        behind: The connections by number.
    """

    size: int = 0
    behind: dict[int, Link] = Factory(dict)
    _of_party: dict[object, int] = Factory(dict)

    def add(self, link: Link, more: int) -> None:
        """So many bytes more wait for a connection, or fewer."""
        self.size += more
        left = self._of_party.get(link.party, 0) + more
        if left:
            self._of_party[link.party] = left
        else:
            self._of_party.pop(link.party, None)
        if link.outbox is None:
            self.behind.pop(link.number, None)
        else:
            self.behind[link.number] = link

    def of_party(self, party: object) -> int:
        """What waits for all who came in by one token."""
        return self._of_party.get(party, 0)

    def largest(self, party: object = None) -> Link:
        """Who is most behind, of one party or of all."""
        found: Iterable[Link] = self.behind.values()
        if party is not None:
            found = (link for link in found if link.party == party)
        return max(found, key=_size)


def _size(link: Link) -> int:
    return link.outbox.size if link.outbox is not None else 0
