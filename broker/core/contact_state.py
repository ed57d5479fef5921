"""The contacts that are known: all that the store has and that were not put away."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Factory, define

from protocol.values import Guid

Address = tuple[Guid, str, str]
"""A gateway, `token` or `address`, and the text."""


@define(kw_only=True)
class Contact:
    """Somebody whom the contact center knows.

    Attributes:
        no: The number of its present life.
        gateway: Through which it was made.
        seen_at: When a chat was with it last.
        addresses: By what it is known.
    """

    id: Guid
    no: int
    gateway: Guid
    name: str | None = None
    external_id: str | None = None
    seen_at: int = 0
    addresses: tuple[Address, ...] = ()


@define(kw_only=True)
class Contacts:
    """All of them.

    Attributes:
        by_address: Each address is one contact's.
        of_gateway: By the gateway through which they were made; the one seen longest ago in front.
    """

    by_id: dict[Guid, Contact] = Factory(dict)
    by_address: dict[Address, Guid] = Factory(dict)
    of_gateway: dict[Guid, dict[Guid, None]] = Factory(dict)
    next_no: int = 1

    def add(self, contact: Contact) -> None:
        """Enter a contact, as the one that was seen last."""
        self.by_id[contact.id] = contact
        self.of_gateway.setdefault(contact.gateway, {})[contact.id] = None
        for address in contact.addresses:
            self.by_address[address] = contact.id

    def drop(self, contact_id: Guid) -> None:
        """Forget a contact and its addresses."""
        contact = self.by_id.pop(contact_id)
        del self.of_gateway[contact.gateway][contact_id]
        for address in contact.addresses:
            del self.by_address[address]

    def know(self, contact_id: Guid, address: Address) -> None:
        """Know a contact by an address, which is nobody else's any more."""
        before = self.by_address.get(address)
        if before is not None:
            theirs = self.by_id[before]
            theirs.addresses = tuple(kept for kept in theirs.addresses if kept != address)
        self.by_address[address] = contact_id
        contact = self.by_id[contact_id]
        contact.addresses = (*contact.addresses, address)

    def at_address(self, gateways: Iterable[Guid], text: str) -> Contact | None:
        """Who is known by a remote address on any of some gateways; None where several are."""
        known = {self.by_address.get((gateway, "address", text)) for gateway in gateways} - {None}
        found = known.pop() if len(known) == 1 else None
        return self.by_id[found] if found is not None else None

    def saw(self, contact_id: Guid, at: int) -> None:
        """A chat is with the contact now."""
        contact = self.by_id.get(contact_id)
        if contact is None:
            return
        contact.seen_at = at
        listed = self.of_gateway[contact.gateway]
        del listed[contact_id]
        listed[contact_id] = None
