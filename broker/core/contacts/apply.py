"""Writing facts about contacts into the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.contact_state import Contact
from broker.core.facts.contacts import (
    ChatLinked,
    ContactAddressed,
    ContactMade,
    ContactNamed,
    ContactRetired,
)
from broker.core.state import State


def contact_made(state: State, f: ContactMade) -> None:
    """A contact is known."""
    made = Contact(
        id=f.contact,
        no=f.no,
        gateway=f.gateway,
        name=f.name,
        external_id=f.external_id,
        seen_at=f.at,
    )
    state.contacts.add(made)
    state.contacts.next_no = f.no + 1


def contact_named(state: State, f: ContactNamed) -> None:
    """A contact has another name."""
    contact = state.contacts.by_id[f.contact]
    contact.name, contact.external_id = f.name, f.external_id


def contact_addressed(state: State, f: ContactAddressed) -> None:
    """A contact is known by one address more."""
    state.contacts.know(f.contact, (f.gateway, f.kind, f.value))


def contact_retired(state: State, f: ContactRetired) -> None:
    """A contact is known no more."""
    state.contacts.drop(f.contact)


def chat_linked(state: State, f: ChatLinked) -> None:
    """A chat is with a contact."""
    chat = state.chats[f.chat]
    chat.visitor.contact, chat.visitor.contact_name = f.contact, f.name
    state.contacts.saw(f.contact, f.at)


TABLE: Final[dict[type, Callable[[State, Any], None]]] = {
    ChatLinked: chat_linked,
    ContactAddressed: contact_addressed,
    ContactMade: contact_made,
    ContactNamed: contact_named,
    ContactRetired: contact_retired,
}
