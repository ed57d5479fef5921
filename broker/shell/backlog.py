"""What waits in all outboxes together, and whose it is (I-14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import Factory, define

if TYPE_CHECKING:
    from broker.shell.connection import ClientConnection

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
    behind: dict[int, ClientConnection] = Factory(dict)
    _of_party: dict[object, int] = Factory(dict)

    def add(self, client: ClientConnection, more: int) -> None:
        """So many bytes more wait for a connection, or fewer."""
        self.size += more
        left = self._of_party.get(client.party, 0) + more
        if left:
            self._of_party[client.party] = left
        else:
            self._of_party.pop(client.party, None)
        if client.outbox is None:
            self.behind.pop(client.number, None)
        else:
            self.behind[client.number] = client

    def of_party(self, party: object) -> int:
        """What waits for all who came in by one token."""
        return self._of_party.get(party, 0)

    def largest(self, party: object = None) -> ClientConnection:
        """Who is most behind, of one party or of all."""
        found: Iterable[ClientConnection] = self.behind.values()
        if party is not None:
            found = (client for client in found if client.party == party)
        return max(found, key=_size)


def _size(client: ClientConnection) -> int:
    return client.outbox.size if client.outbox is not None else 0
