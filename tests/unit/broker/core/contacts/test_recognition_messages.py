"""Whom a conversation of messages is with: found by its address (B-42, B-57)."""

from __future__ import annotations

from tests.support.agents_at_work import configured, started
from tests.support.forms_of_people import EVA, JANA, PEOPLE, person
from tests.support.mail import MAIL_FLOOR, alerted
from tests.support.playbook import Playbook

pytestmark = configured(MAIL_FLOOR + PEOPLE)


def test_a_conversation_is_with_whom_a_chat_made_known_by_its_address(play: Playbook) -> None:
    """B-42: whoever is offered it sees who that is; what another form says later is seen at once."""
    web, alice = play.connector("web"), play.agent("alice", "101", "Pause")
    address = {"RemoteAddress": "eva@example.org"}
    started(web, "Waiting", tracking="t1", ResultModel=person(play, EVA, "Eva Malá"), **address)
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_CHAT_ALERT")
    web.heard.clear()
    key = alerted(play, alice)
    alice.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    shown = alice.hears("SC_CONVERSATION_STATUS")
    assert (shown["ContactId"], shown["ContactName"]) == (EVA, "Eva Malá")
    started(web, "Waiting", tracking="t2", ResultModel=person(play, JANA, "Jana"), **address)
    web.heard.clear()
    alice.heard.clear()
    alice.says("CS_CONVERSATION_STATUS", 1, ConversationId=key)
    assert alice.hears("SC_CONVERSATION_STATUS", 1)["ContactName"] == "Jana"
    play.restart()
    alice = play.agent("alice", "101", None)
    alice.heard.clear()
    alice.says("CS_CONVERSATION_STATUS", 1, ConversationId=key)
    assert alice.hears("SC_CONVERSATION_STATUS", 1)["ContactId"] == JANA


def test_nobody_is_known_by_an_address_that_no_form_named(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    alice.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    shown = alice.hears("SC_CONVERSATION_STATUS")
    assert (shown.get("ContactId"), shown.get("ContactName")) == (None, None)
