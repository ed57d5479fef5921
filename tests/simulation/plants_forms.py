"""Planted bugs of forms and contacts."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core import apply
from broker.core.chats import forms
from broker.core.contact_state import Contacts
from broker.core.contacts import apply as apply_contacts
from broker.core.facts import ChatLinked, ContactAddressed, ContactRetired, FormSaved
from broker.core.state import Chat
from protocol.values import Guid
from tests.simulation.plants import Plant, _commit_without


def _read_during_the_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Chat.is_read_by

    def is_read_by(self: Chat, agent: Guid) -> bool:
        return agent == self.offered_to or original(self, agent)

    monkeypatch.setattr(Chat, "is_read_by", is_read_by)


def _monitors_fill_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "_may_fill_in", lambda chat, agent: None)


def _saved_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "info_shown", lambda chat: [])


def _of_any_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form without a chat is stored as somebody else's."""
    original = forms.form_saved

    def form_saved(*of: Any, **more: Any) -> FormSaved:
        saved = original(*of, **more)
        return saved if saved.gateway is None else evolve(saved, gateway=Guid("x"))

    monkeypatch.setattr(forms, "form_saved", form_saved)


def _known_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contact that is put away keeps its addresses."""

    def drop(self: Contacts, contact_id: Guid) -> None:
        contact = self.by_id.pop(contact_id)
        del self.of_gateway[contact.gateway][contact_id]

    monkeypatch.setattr(Contacts, "drop", drop)


def _linked_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    original = apply_contacts.chat_linked

    def chat_linked(state: Any, f: ChatLinked) -> None:
        original(state, f)
        state.chats[f.chat].visitor.contact_name = None

    monkeypatch.setitem(apply._TABLE, ChatLinked, chat_linked)


PLANTS = (
    Plant("a form is read during the alert", "I-15", _read_during_the_alert),
    Plant("whoever monitors fills in forms", "I-15", _monitors_fill_in, 40),
    Plant("a form is saved without a word", "I-9", _saved_without_a_word, 30),
    Plant("a form without a chat is nobody's", "I-1", _of_any_gateway),
    Plant("every second form is not written", "I-1", _commit_without(FormSaved, 2)),
    Plant("a contact that was put away is found", "I-7", _known_for_ever),
    Plant("a contact is put away in memory alone", "I-10", _commit_without(ContactRetired, 1)),
    Plant("an address is not written", "I-10", _commit_without(ContactAddressed, 2)),
    Plant("a name is lost", "I-10", _linked_without_a_name),
)
