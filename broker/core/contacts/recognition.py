"""Whom a chat is with: found by address, made and named by forms (B-42).

Theory of operation: the contacts of an installation are in memory, so that a start is decided at once
and without the store. Their number is bounded for each gateway; the one that was seen longest ago
is put away when another one is made, and that is a fact like any other: the rows say who is known, and memory
is what they say. Of a contact that was put away the history stays in the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Final

from attrs import frozen

from broker.core.contact_state import Address, Contact
from broker.core.decision import Refusal
from broker.core.facts import Fact
from broker.core.facts.contacts import (
    ChatLinked,
    ContactAddressed,
    ContactMade,
    ContactNamed,
    ContactRetired,
)
from broker.core.form_values import columns_of, text_of
from broker.core.inputs import Stamp
from broker.core.state import Chat, State
from protocol.chat import ChatServiceInfo
from protocol.errors import ErrorCode
from protocol.limits import text_length
from protocol.scenario import ScenarioResultInfo
from protocol.values import Guid

NAME, EXTERNAL_ID = "ContactName", "ContactExternalId"
"""The target columns of controls that say who a contact is."""
_LENGTHS: Final[Mapping[str, int]] = {
    NAME: text_length("ChatServiceInfo", "PartyName"),
    EXTERNAL_ID: text_length("ChatServiceInfo", "TrackingId"),
}
ADDRESSES_PER_CONTACT: Final = 16
"""By how many addresses a contact is known at most."""
_PUT_AWAY: Final = 2
"""How many are put away for each that is made, so that a smaller bound is reached in time."""


@frozen(kw_only=True)
class Visit:
    """What is known of a visitor by the chat.

    Attributes:
        contact: The contact that the chat is with already, and its name there.
    """

    chat: Guid
    no: int
    gateway: Guid
    party_name: str | None = None
    user_token: str | None = None
    remote_address: str | None = None
    contact: Guid | None = None
    contact_name: str | None = None

    @classmethod
    def of(cls, chat: Chat, start: ChatServiceInfo | None = None) -> Visit:
        """The visit of a chat, with what a start of it says anew."""
        return cls(
            chat=chat.id,
            no=chat.no,
            gateway=chat.gateway,
            party_name=(start and start.party_name) or chat.visitor.party_name,
            user_token=(start and start.user_token) or chat.visitor.user_token,
            remote_address=(start and start.remote_address) or chat.visitor.remote_address,
            contact=chat.visitor.contact,
            contact_name=chat.visitor.contact_name,
        )

    @classmethod
    def begun(cls, chat: Guid, no: int, gateway: Guid, start: ChatServiceInfo) -> Visit:
        """The visit of a chat that begins."""
        return cls(
            chat=chat,
            no=no,
            gateway=gateway,
            party_name=start.party_name,
            user_token=start.user_token,
            remote_address=start.remote_address,
        )

    @property
    def addresses(self) -> tuple[Address, ...]:
        """By what the visitor can be known, the surer in front."""
        given = (("token", self.user_token), ("address", self.remote_address))
        return tuple((self.gateway, kind, text) for kind, text in given if text and text.strip())


def recognised(state: State, visit: Visit, stamp: Stamp) -> list[Fact]:
    """Who the visitor is, if an address says so; by a token before a remote address."""
    contact = _found(state, visit)
    return [] if contact is None else _linked(visit, contact.id, contact.no, contact.name, stamp)


def _found(state: State, visit: Visit) -> Contact | None:
    contacts = state.contacts
    for address in visit.addresses:
        known = contacts.by_address.get(address)
        if known is None:
            continue
        contact = contacts.by_id[known]
        # Several people may come from one address: who shows a token of their own is not who has another.
        theirs = [kept for kept in contact.addresses if kept[:2] == (visit.gateway, "token")]
        if address[1] == "address" and visit.user_token and theirs:
            continue
        return contact
    return None


def _linked(
    visit: Visit, contact: Guid, contact_no: int, name: str | None, stamp: Stamp
) -> list[Fact]:
    return [
        ChatLinked(
            chat=visit.chat,
            no=visit.no,
            at=stamp.now,
            contact=contact,
            contact_no=contact_no,
            name=name,
        )
    ]


def by_form(
    state: State,
    gateway: Guid,
    visit: Visit | None,
    form: ScenarioResultInfo,
    stamp: Stamp,
) -> list[Fact]:
    """What a form with a ContactId says: it makes the contact, names it, ties the chat to it.

    Args:
        state: The state before.
        gateway: The gateway of the chat, or of the connector.
        visit: The chat; None for a form without one.
        form: As it is stored.
        stamp: Now.
    """
    if form.contact_id is None or not state.config.limits.contacts:
        return []
    said = _said(form)
    known = state.contacts.by_id.get(form.contact_id)
    facts: list[Fact] = []
    if known is not None:
        name = said.get(NAME) or known.name
        external_id = said.get(EXTERNAL_ID) or known.external_id
        no = known.no
        if (name, external_id) != (known.name, known.external_id):
            facts.append(ContactNamed(contact=known.id, no=no, name=name, external_id=external_id))
    else:
        name = said.get(NAME) or (visit.party_name if visit is not None else None)
        no = state.contacts.next_no
        facts += _room_for_one(state, gateway, stamp)
        facts.append(
            ContactMade(
                contact=form.contact_id,
                no=no,
                at=stamp.now,
                gateway=gateway,
                name=name,
                external_id=said.get(EXTERNAL_ID),
            )
        )
    if visit is not None:
        facts += _addressed(state, visit, form.contact_id, no, stamp)
        facts += _linked(visit, form.contact_id, no, name, stamp)
    return facts


def _room_for_one(state: State, gateway: Guid, stamp: Stamp) -> list[Fact]:
    listed = state.contacts.of_gateway.get(gateway, {})
    over = len(listed) + 1 - state.config.limits.contacts
    return [
        ContactRetired(contact=each, no=state.contacts.by_id[each].no, at=stamp.now)
        for each in islice(listed, max(0, min(over, _PUT_AWAY)))
    ]


def _addressed(state: State, visit: Visit, contact: Guid, no: int, stamp: Stamp) -> list[Fact]:
    known = state.contacts.by_id.get(contact)
    room = ADDRESSES_PER_CONTACT - (len(known.addresses) if known is not None else 0)
    new = [a for a in visit.addresses if state.contacts.by_address.get(a) != contact]
    return [
        ContactAddressed(
            contact=contact, no=no, at=stamp.now, gateway=gateway, kind=kind, value=value
        )
        for gateway, kind, value in new[: max(0, room)]
    ]


def _said(form: ScenarioResultInfo) -> dict[str, str]:
    """What a form says of the contact, by the columns that its controls name."""
    said: dict[str, str] = {}
    for value in form.values or ():
        column, text = value.target_column, (text_of(value) or "").strip()
        if column is not None and column in _LENGTHS and text:
            said[column] = text
    return said


def too_long(state: State, form: ScenarioResultInfo, path: str) -> Refusal | None:
    """Refuse a name or an external id that no snapshot has room for."""
    columns = columns_of(state.config, form.scenario_id)
    for number, value in enumerate(form.values or ()):
        most = _LENGTHS.get(columns.get(value.screen_control_id or Guid("")) or "")
        if most is not None and len(text_of(value) or "") > most:
            return Refusal(
                ErrorCode.TOO_LONG, f"{path}Values[{number}].ResultText: longer than {most}"
            )
    return None
