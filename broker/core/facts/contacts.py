"""What was decided about contacts, as values in the past tense; see `facts`.

A contact has two names: `contact` (the Guid of the wire, which a client chose) and `no`, the number of its
present life: one that was put away and is named again begins anew, under another number.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from protocol.values import Guid


@frozen(kw_only=True)
class ContactMade:
    """A form named a contact that was not known (B-42). Row of `contacts`.

    Attributes:
        gateway: Through whose chat or connector; its number of contacts is bounded.
    """

    durable: ClassVar[bool] = True
    contact: Guid
    no: int
    at: int
    gateway: Guid
    name: str | None
    external_id: str | None


@frozen(kw_only=True)
class ContactNamed:
    """A form gave a contact another name, or another external id."""

    durable: ClassVar[bool] = True
    contact: Guid
    no: int
    name: str | None
    external_id: str | None


@frozen(kw_only=True)
class ContactAddressed:
    """A contact is known by an address on a gateway from now on. Upsert in `contact_addresses`.

    Attributes:
        kind: `token` a UserToken, `address` a RemoteAddress.
    """

    durable: ClassVar[bool] = True
    contact: Guid
    no: int
    at: int
    gateway: Guid
    kind: str
    value: str


@frozen(kw_only=True)
class ContactRetired:
    """A contact that was not seen for longest is put away, for there are too many; its row stays."""

    durable: ClassVar[bool] = True
    contact: Guid
    no: int
    at: int


@frozen(kw_only=True)
class ChatLinked:
    """A chat is with a contact. Updates `chats`, and when the contact was seen last."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    contact: Guid
    contact_no: int
    name: str | None
