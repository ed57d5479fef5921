"""A built-in bot that shows a form before it asks (B-40)."""

from tests.support.agents_at_work import FLOOR, chat_of, configured, started
from tests.support.playbook import Client, Playbook
from tests.support.reception import RECEPTION, heard, says

pytestmark = configured(
    FLOOR + RECEPTION.replace('greeting = "Hello."', 'greeting = "Hello."\nscenario = "Contact"')
)


def offered(play: Playbook) -> tuple[Client, str, str]:
    """A visitor meets the bot and its form."""
    web = play.connector("web")
    chat = started(web, "ICR")
    assert heard(web) == ["Hello."]
    form = str(web.hears("SE_CHAT_STATUS", Status="ICR", ScenarioId=...)["ScenarioId"])
    return web, chat, form


def test_it_asks_when_the_form_is_filled_in(play: Playbook) -> None:
    """B-40: the form is an agent's to read later, and is offered no more."""
    web, chat, form = offered(play)
    play.check_store()
    web.says("ES_SCENARIO_SAVE", 2, Peer=None, ScenarioId=form, ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="ICR", ScenarioId=None)
    web.hears("SYS_ACK", 2)
    assert heard(web) == ["Buy or ask?"]


def test_a_visitor_writes_in_place_of_that(play: Playbook) -> None:
    """B-40: the bot asks all the same; the form that comes late is no answer to its question."""
    web, chat, form = offered(play)
    assert says(web, "1", "I do not like forms") == ["Buy or ask?"]
    web.says("ES_SCENARIO_SAVE", 2, Peer=None, ScenarioId=form, ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="ICR", ScenarioId=None)
    web.hears("SYS_ACK", 2)
    web.silent()
    assert says(web, "2", "buy") == ["Good!", "Your name?"]


def test_a_form_of_the_start_is_not_offered_again(play: Playbook) -> None:
    """B-40: it is there already; one of an earlier life of the chat is not."""
    web = play.connector("web")
    form = next(iter(play.config.scenarios))
    started(web, "ICR", ResultModel={"ScenarioId": form})
    assert heard(web) == ["Hello.", "Buy or ask?"]
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(1)
    started(web, "ICR")
    assert heard(web) == ["Hello."]
    web.hears("SE_CHAT_STATUS", Status="ICR", ScenarioId=form)


def test_a_start_that_brings_the_form_is_answered_once(play: Playbook) -> None:
    """B-2, W-15: the answer shows that it is offered no more, so there is no push beside it."""
    web, _chat, form = offered(play)
    other = play.connector("web")
    web.says("ES_CHAT_START", 2, TrackingId="t1", ResultModel={"ScenarioId": form})
    web.hears("SE_CHAT_STATUS", 2, Status="ICR", ScenarioId=None)
    other.hears("SE_CHAT_STATUS", Status="ICR", ScenarioId=None)
    assert heard(web) == heard(other) == ["Buy or ask?"]


def test_a_restart_while_the_form_is_shown(play: Playbook) -> None:
    """B-12, B-40: it is still offered, and the result moves the bot on."""
    _web, chat, form = offered(play)
    play.restart()
    play.check_store()
    web = play.connector("web")
    web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 1, Status="ICR", ScenarioId=form)
    web.says("ES_SCENARIO_SAVE", 2, Peer=None, ScenarioId=form, ChatId=chat)
    web.hears("SE_CHAT_STATUS", ScenarioId=None)
    web.hears("SYS_ACK", 2)
    assert heard(web) == ["Buy or ask?"]


def test_what_was_not_filled_in_is_not_offered_any_more(play: Playbook) -> None:
    """B-40: once it hands over."""
    web, chat, _form = offered(play)
    says(web, "1", "Hello")
    assert says(web, "2", "help") == ["One moment."]
    web.hears("SE_CHAT_STATUS", Status="Waiting", ScenarioId=None)
    assert chat_of(play, chat).forms.offered is None
