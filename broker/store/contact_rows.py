"""Facts about contacts to rows.

The rows of a contact keep their order by its Guid, those of an address by the address: between the two no
order matters, since an address names the number of a life that is never used again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.facts import (
    ChatLinked,
    ContactAddressed,
    ContactMade,
    ContactNamed,
    ContactRetired,
)
from broker.store import schema
from broker.store.commands import Command
from broker.store.row import Record, Records

LINK: Final = Command(table=schema.chats, columns=("no", "contact", "contact_name"), keys=1)
SEE: Final = Command(table=schema.contacts, columns=("no", "seen_at"), keys=1)
MAKE: Final = Command(
    table=schema.contacts,
    columns=("no", "id", "gateway", "name", "external_id", "made_at", "seen_at"),
)
NAME: Final = Command(table=schema.contacts, columns=("no", "name", "external_id"), keys=1)
RETIRE: Final = Command(
    table=schema.contacts,
    columns=("no", "retired_at"),
    keys=1,
    only="contacts.retired_at IS NULL",
)
ADDRESS: Final = Command(
    table=schema.contact_addresses,
    columns=("gateway", "kind", "value", "contact_no", "at"),
    conflict="(gateway, kind, value)",
)
COMMANDS: Final = (LINK, SEE, MAKE, NAME, RETIRE, ADDRESS)


def _linked(f: ChatLinked) -> Records:
    yield Record(LINK, f.no, (f.no, f.contact, f.name))
    yield Record(SEE, f.contact, (f.contact_no, f.at))


def _made(f: ContactMade) -> Records:
    row = (f.no, f.contact, f.gateway, f.name, f.external_id, f.at, f.at)
    yield Record(MAKE, f.contact, row)


def _named(f: ContactNamed) -> Records:
    yield Record(NAME, f.contact, (f.no, f.name, f.external_id))


def _retired(f: ContactRetired) -> Records:
    yield Record(RETIRE, f.contact, (f.no, f.at))


def _addressed(f: ContactAddressed) -> Records:
    row = (f.gateway, f.kind, f.value, f.no, f.at)
    yield Record(ADDRESS, f"{f.gateway} {f.kind} {f.value}", row)


RECORDS: Final[dict[type, Callable[[Any], Records]]] = {
    ChatLinked: _linked,
    ContactAddressed: _addressed,
    ContactMade: _made,
    ContactNamed: _named,
    ContactRetired: _retired,
}
