"""A start makes a chat, finds the open one, or reopens the closed one (B-1, B-2, I-14)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.limits import VARIABLES_PER_CHAT
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    chat_of,
    configured,
    started,
    talking,
)
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)
FORM = {"ScenarioResultId": "00000000-0000-4000-8000-0000000000f1", "Activity": "asked"}


def test_a_question_is_answered_and_changes_nothing(play: Playbook) -> None:
    """B-1."""
    web = play.connector("web")
    play.agent("alice", "101")
    before = len(play.facts)
    for response, signal in (("", "Free"), ("stop", "Closed")):
        web.says("ES_CHAT_REQUEST", 1, TrackingId="t1", ExtResponse=response)
        web.hears("SE_CHAT_RESPONSE", 1, Signal=signal, TrackingId="t1")
    assert len(play.facts) == before


def test_a_second_start_finds_the_chat_and_saves_a_form_once(play: Playbook) -> None:
    """B-2."""
    web, alice, chat = talking(play)
    (scenario,) = play.config.scenarios
    form = {**FORM, "ScenarioId": scenario}
    for number in (1, 2):
        web.says("ES_CHAT_START", number, TrackingId="t1", ResultModel=form)
        web.hears("SE_CHAT_STATUS", number, ChatId=chat, Status="Answered")
    assert list(chat_of(play, chat).forms.results) == [FORM["ScenarioResultId"]]
    alice.heard.clear()
    web.heard.clear()


def test_a_start_reopens_what_closed_a_short_time_ago(play: Playbook) -> None:
    """B-2: who it is now is what the new start says; a wrap-up that still runs ends."""
    web, alice, chat = talking(play, ExtResponse="sales", UserToken="eva")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    web.heard.clear()
    alice.heard.clear()
    assert list(chat_of(play, chat).ending.wrapping) == [agent_of(play, "alice")]
    again = started(web, "Waiting", "Alerting", PartyName="Eva")
    assert again == chat
    known = chat_of(play, chat)
    assert (known.visitor.party_name, known.visitor.user_token) == ("Eva", None)
    assert not known.ending.wrapping
    alice.heard.clear()


def test_later_it_makes_another_one(play: Playbook) -> None:
    web = play.connector("web")
    first = started(web, "Waiting")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(3_600)
    assert started(web, "Waiting") != first


VARIABLE = {"Name": "order", "Value": "7"}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ([VARIABLE, VARIABLE], "BadPayload"),
        ([{"Value": "7"}], "BadPayload"),
        ([{"Name": str(n)} for n in range(VARIABLES_PER_CHAT + 1)], "TooLong"),
    ],
)
def test_variables_have_names_of_their_own_and_a_bound(
    play: Playbook, variables: list[dict[str, Any]], code: str
) -> None:
    web = play.connector("web")
    web.says("ES_CHAT_START", 1, TrackingId="t1", Variables=variables)
    web.refused(code, 1)
    assert not play.state.chats


def test_variables_are_shown_to_the_agent(play: Playbook) -> None:
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, Variables=[VARIABLE])
    assert chat_of(play, chat).visitor.variables == (("order", "7"),)


def test_an_outbound_chat_is_bound_once(play: Playbook) -> None:
    """B-2: to one name, and not to one that has an open chat."""
    web = play.connector("web")
    started(web, "Waiting", tracking="t2")
    web.says("ES_CHAT_OPEN", 1, RemoteAddress="+420 1")
    chat = next(c.id for c in play.state.chats.values() if c.outbound is not None)
    web.heard.clear()
    for number, tracking, code in (
        (2, "t2", "WrongState"),
        (3, chat, None),
        (4, "t3", "WrongState"),
    ):
        web.says("ES_CHAT_START", number, TrackingId=tracking, ReturnChatId=chat)
        if code is None:
            web.hears("SE_CHAT_STATUS", number, ChatId=chat)
            web.heard.clear()
        else:
            web.refused(code, number)
    web.says("ES_CHAT_START", 5, TrackingId=chat, ReturnChatId=chat)
    web.hears("SE_CHAT_STATUS", 5, ChatId=chat)


def test_no_other_start_goes_by_the_name_of_an_outbound_chat(play: Playbook) -> None:
    web, im = play.connector("web"), play.connector("im")
    web.says("ES_CHAT_OPEN", 1, RemoteAddress="+420 1")
    (chat,) = play.state.chats
    web.heard.clear()
    web.says("ES_CHAT_START", 2, TrackingId=chat)
    web.refused("WrongState", 2)
    im.says("ES_CHAT_START", 3, TrackingId="t1", ReturnChatId=chat)
    im.refused("UnknownChat", 3)
    play.wait(120)
    web.says("ES_CHAT_START", 4, TrackingId="t1", ReturnChatId=chat)
    web.refused("ChatClosed", 4)


def test_a_gateway_has_no_more_open_chats_than_fit_a_list(play: Playbook) -> None:
    """I-14."""
    web = play.connector("web")
    started(web, "Waiting")
    (gateway,) = play.state.list_bytes
    held = play.state.list_bytes[gateway]
    play.state.list_bytes[gateway] = play.config.limits.frame_bytes
    web.says("ES_CHAT_START", 1, TrackingId="t2")
    web.refused("Overloaded", 1)
    play.state.list_bytes[gateway] = held
    started(web, "Waiting", tracking="t2")
