"""The open chats of a gateway in the order in which its connectors came to know them, for lists in pieces.

Theory of operation: a list that comes in pieces is right if it ends as one big list would have been.
Each chat gets a *place* when it is opened, reopened or bound, greater than all before, and keeps it while
it is open. A piece has the chats behind a place, the next piece those behind the last of them. Whatever is
opened between two pieces stands behind both; whatever is open when the last piece is made, and was not
opened since its own piece, was in that. So a chat that is in no piece is not open. A place that has gone is
as good as any other, so a list goes on wherever its last chat went.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from attrs import Factory, define

from protocol.values import Guid


@define
class Listing:
    """Chats by place, the first in front."""

    _places: list[int] = Factory(list)
    _chats: dict[int, Guid] = Factory(dict)
    _known: dict[Guid, int] = Factory(dict)

    def __contains__(self, chat: Guid) -> bool:
        return chat in self._known

    def __iter__(self) -> Iterator[Guid]:
        return iter(self._known)

    def add(self, chat: Guid, place: int) -> None:
        """List a chat at a place behind all others."""
        assert not self._places or place > self._places[-1]
        self._places.append(place)
        self._chats[place] = chat
        self._known[chat] = place

    def drop(self, chat: Guid) -> None:
        """List a chat no more."""
        place = self._known.pop(chat)
        del self._chats[place]
        del self._places[bisect_right(self._places, place) - 1]

    def shift(self, by: int) -> None:
        """Move all chats behind places that others had before."""
        self._places = [place + by for place in self._places]
        self._chats = {place + by: chat for place, chat in self._chats.items()}
        self._known = {chat: place + by for chat, place in self._known.items()}

    def behind(self, place: int) -> Iterator[tuple[int, Guid]]:
        """The chats behind a place, each with its own."""
        for at in range(bisect_right(self._places, place), len(self._places)):
            found = self._places[at]
            yield found, self._chats[found]


@define
class Listings:
    """The listings of all gateways; places are for all of them, so that lists can be merged."""

    _gateways: dict[Guid, Listing] = Factory(dict)
    _next: int = 1

    def of(self, gateway: Guid) -> Listing:
        """The chats of a gateway."""
        return self._gateways.get(gateway) or Listing()

    def add(self, gateway: Guid, chat: Guid) -> None:
        """List a chat behind all others, so that a list that is under way comes to it yet."""
        listing = self._gateways.get(gateway)
        if listing is None:
            listing = self._gateways[gateway] = Listing()
        listing.add(chat, self._next)
        self._next += 1

    def drop(self, gateway: Guid, chat: Guid) -> None:
        """List a chat no more."""
        self._gateways[gateway].drop(chat)

    def go_on_from(self, before: Listings) -> None:
        """Leave all places behind that may have been told: what is under way passes nothing over."""
        for listing in self._gateways.values():
            listing.shift(before._next)
        self._next += before._next
