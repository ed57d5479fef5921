"""The built-in bot: greets, shows a form, asks, and hands over (B-40)."""

from broker.core.facts import ChatMoved
from tests.support.agents_at_work import (
    FLOOR,
    chat_of,
    configured,
    project_of,
    started,
)
from tests.support.playbook import Playbook
from tests.support.reception import RECEPTION, begun, heard, says

pytestmark = configured(FLOOR + RECEPTION)


def test_it_asks_and_hands_over_with_what_it_learned(play: Playbook) -> None:
    """B-40: the answers go along as a note; the project is the one an answer named."""
    web, chat = begun(play)
    assert says(web, "1", "I want to BUY one") == ["Good!", "Your name?"]
    play.check_store()
    assert says(web, "2", "Vera") == ["One moment."]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice = play.agent("alice", "101")
    assert alice.hears("SC_CHAT_ALERT")["Info"]["ProjectName"] == "Sales"
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    told = alice.hears("SC_CHAT_STATUS", Status="Answered")
    assert [s["Text"] for s in told["Internal"]] == ["topic: I want to BUY one\nname: Vera"]
    assert [s["Counter"] for s in told["Sentences"]] == list(range(1, 8))
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Alice")


def test_the_visitors_side_sees_its_name(play: Playbook) -> None:
    """B-4, B-40."""
    web, chat = begun(play)
    web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 1, Status="ICR", AgentName="Reception", AgentId=..., ChatId=chat)


def test_whole_words_and_patterns_are_recognised(play: Playbook) -> None:
    """B-40: whatever the case and the white space; a part of a word is none."""
    web, _chat = begun(play)
    assert says(web, "1", "I am a buyer") == ["Once more, please.", "Buy or ask?"]
    assert says(web, "2", "A  \n QUOTE please") == ["Good!", "Your name?"]


def test_it_goes_on_without_an_answer(play: Playbook) -> None:
    """B-40: after so many tries; what was not understood was not learned."""
    web, chat = begun(play)
    says(web, "1", "Hm")
    assert says(web, "2", "Hm hm") == ["Which product?"]
    assert says(web, "3", "The blue one") == ["Your name?"]
    says(web, "4", "Vera")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert chat_of(play, chat).bot.learned == (("product", "The blue one"), ("name", "Vera"))
    assert chat_of(play, chat).routing.project == project_of(play, "Support")


def test_an_answer_hands_over_at_once(play: Playbook) -> None:
    """B-40: to the bot's own project when none was named."""
    web, chat = begun(play)
    assert says(web, "1", "Could you?") == ["One moment."]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert chat_of(play, chat).routing.project == project_of(play, "Support")


def test_an_answer_ends_the_chat(play: Playbook) -> None:
    """B-8, B-40: reason Rule, cause bot."""
    web, _chat = begun(play)
    assert says(web, "1", "bye") == ["Good-bye."]
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")
    assert [f.cause for f in play.facts if isinstance(f, ChatMoved)][-1] == "bot"


def test_it_does_not_react_to_what_is_no_text(play: Playbook) -> None:
    """B-40, W-21, W-22: a panel, typing, a confirmation or a retry is no answer."""
    web, _chat = begun(play)
    assert says(web, "1", "I am a buyer") == ["Once more, please.", "Buy or ask?"]
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="1", Text="I am a buyer")
    web.hears("SE_CHAT_SENTENCE", 2, ID="1")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="p", Text="/page", Model=6)
    web.hears("SE_CHAT_SENTENCE", ID="p", Counter=0)
    web.says("ES_CHAT_TYPING", TrackingId="t1", IsTyping=True)
    web.silent()


def test_a_restart_in_the_middle_of_a_question(play: Playbook) -> None:
    """B-12, B-40: it stands where it stood, with its tries and what it has learned."""
    web, chat = begun(play)
    says(web, "1", "Hm")
    play.restart()
    play.check_store()
    web = play.connector("web")
    assert says(web, "2", "buy") == ["Good!", "Your name?"]
    play.restart()
    play.check_store()
    web = play.connector("web")
    assert says(web, "3", "Vera") == ["One moment."]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert chat_of(play, chat).bot.learned == (("topic", "buy"), ("name", "Vera"))


def test_nobody_is_waited_for(play: Playbook) -> None:
    """B-8, B-40: a visitor who says nothing is the inactivity's, not the bot's."""
    web, _chat = begun(play)
    play.wait(540)
    web.hears("SE_CHAT_SENTENCE", Model=2)
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")


def test_a_reopened_chat_meets_it_anew(play: Playbook) -> None:
    """B-2, B-40: from the greeting on; what was learned before is forgotten."""
    web, chat = begun(play)
    says(web, "1", "buy")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    assert started(web, "ICR") == chat
    assert heard(web) == ["Hello.", "Buy or ask?"]
    assert chat_of(play, chat).bot.learned == ()


def test_a_bot_that_a_reload_removes(play: Playbook) -> None:
    """B-40, C-4: the chat goes on as if it were away."""
    web, _chat = begun(play)
    play.reload(FLOOR)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert [f.cause for f in play.facts if isinstance(f, ChatMoved)][-1] == "bot_silent"


def test_a_bot_that_a_reload_shortens(play: Playbook) -> None:
    """B-40, C-4: so does one whose question is no more."""
    web, _chat = begun(play)
    says(web, "1", "buy")
    shorter = RECEPTION.replace('next = "name"\n', "")
    play.reload(FLOOR + shorter[: shorter.index('[[bots.questions]]\nname = "product"')])
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_a_supervisor_closes_what_it_has(play: Playbook) -> None:
    """B-8, B-40."""
    web, chat = begun(play)
    susan = play.agent("susan", "104", None)
    susan.says("CS_CHAT_OVERVIEW", 1)
    (item,) = susan.hears("SC_CHAT_OVERVIEW", 1)["items"]
    assert (item["Status"], item["AgentName"]) == ("ICR", "Reception")
    susan.says("CS_CHAT_CLOSE", 2, ChatId=chat)
    susan.hears("SC_CHAT_STATUS", 2, Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Admin")
