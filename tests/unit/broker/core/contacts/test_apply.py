"""B-42: what was decided about contacts, written down."""

from broker.core.contacts.apply import TABLE
from broker.core.facts.contacts import (
    ChatLinked,
    ContactAddressed,
    ContactMade,
    ContactNamed,
    ContactRetired,
)
from broker.core.state import State
from protocol.values import Guid
from tests.support.bare_core import CHAT, bare_chat, bare_state

EVA, WEB = Guid("eva"), Guid("web")
Fact = ContactMade | ContactNamed | ContactAddressed | ContactRetired | ChatLinked
MADE = ContactMade(contact=EVA, no=3, at=5, gateway=WEB, name="Eva", external_id=None)
ADDRESSED = ContactAddressed(
    contact=EVA, no=3, at=5, gateway=WEB, kind="token", value="secret of Eva"
)


def written(*facts: Fact) -> State:
    state = bare_state()
    state.chats[CHAT] = bare_chat()
    for fact in facts:
        TABLE[type(fact)](state, fact)
    return state


def test_a_contact_is_made_with_a_number_of_its_own() -> None:
    known = written(MADE).contacts
    assert (known.by_id[EVA].name, known.by_id[EVA].seen_at, known.next_no) == ("Eva", 5, 4)


def test_a_name_replaces_the_one_before() -> None:
    named = ContactNamed(contact=EVA, no=3, name="Eva Nova", external_id="42")
    eva = written(MADE, named).contacts.by_id[EVA]
    assert (eva.name, eva.external_id) == ("Eva Nova", "42")


def test_an_address_leads_to_its_contact_until_that_is_retired() -> None:
    assert written(MADE, ADDRESSED).contacts.by_address == {(WEB, "token", "secret of Eva"): EVA}
    retired = written(MADE, ADDRESSED, ContactRetired(contact=EVA, no=3, at=9)).contacts
    assert (retired.by_address, retired.by_id) == ({}, {})


def test_a_chat_is_with_its_contact_under_the_name_of_then() -> None:
    linked = ChatLinked(chat=CHAT, no=1, at=8, contact=EVA, contact_no=3, name="E.")
    state = written(MADE, linked)
    visitor = state.chats[CHAT].visitor
    assert (visitor.contact, visitor.contact_name) == (EVA, "E.")
    assert state.contacts.by_id[EVA].seen_at == 8
