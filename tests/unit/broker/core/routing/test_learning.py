"""A built-in bot and the forms: what is known is not asked, what is learned is a form result (B-40)."""

from typing import Any

import pytest

from protocol.values import Guid
from tests.support.agents_at_work import FLOOR, chat_of, configured, project_of, started
from tests.support.playbook import Client, Playbook
from tests.support.reception import heard, says

PAGE = """
[[pre_rules]]
rank = 1
bot = "Reception"

[[text_matches]]
name = "shopping"
words = ["buy", "order"]

[[scenarios]]
name = "Matter"
culture = "en"
[[scenarios.screens]]
name = "one"
[[scenarios.screens.controls]]
name = "topic"
control_type = "RadioButtons"
parameters = [
    { display_name = "A purchase", result_text = "sales" },
    { display_name = "No purchase", result_text = "no sales" },
    { display_name = "Help", result_text = "help" },
]
[[scenarios.screens.controls]]
name = "amount"
control_type = "Integer"
[[scenarios.screens.controls]]
name = "words"
control_type = "TextArea"
target_column = "Words"

[[bots]]
name = "Reception"
farewell = "One moment."
[[bots.questions]]
name = "what"
ask = "What is it?"
retry = "Once more."
control = "topic"
[[bots.questions.answers]]
match = "shopping"
say = "Good!"
value = "sales"
project = "Sales"
[[bots.questions.answers]]
match = "leaving"
say = "Good-bye."
value = "help"
close = true
[[bots.questions]]
name = "how many"
ask = "How many?"
control = "amount"
[[bots.questions]]
name = "more"
ask = "More?"
control = "words"

[[project_rules]]
rank = 1
form = { words = { match = "shopping" } }
project = "Sales"
"""
PAGE = PAGE.replace(
    "[[scenarios]]", '[[text_matches]]\nname = "leaving"\nwords = ["bye", "help"]\n[[scenarios]]', 1
)
pytestmark = configured(FLOOR + PAGE)


def matter(play: Playbook) -> tuple[Guid, dict[str, Guid]]:
    """The form, and its controls by name."""
    (form,) = [form for form in play.config.forms.values() if form.name == "Matter"]
    (screen,) = play.config.scenarios[form.id][0].screens or ()
    controls = {one.display_name: one.screen_control_id for one in screen.controls or ()}
    return form.id, {name: key for name, key in controls.items() if name and key}


def filled(play: Playbook, **texts: str | int) -> dict[str, Any]:
    """The form, filled in by the visitor."""
    form, controls = matter(play)
    values = [
        {
            "ScreenControlId": controls[name],
            "ResultNumber" if isinstance(text, int) else "ResultText": text,
        }
        for name, text in texts.items()
    ]
    return {"ScenarioId": form, "Values": values}


def begun(web: Client, play: Playbook, **texts: str | int) -> tuple[str, list[str]]:
    """A visitor comes, with a form or without; what the bot says first."""
    form: dict[str, Any] = {"ResultModel": filled(play, **texts)} if texts else {}
    chat = started(web, "ICR", **form)
    return chat, heard(web)


def learned(play: Playbook, chat: str) -> dict[str, str | int | None]:
    """What the bot filled in, by the names of the controls."""
    bot = next(iter(play.config.bots))
    _form, controls = matter(play)
    names = {key: name for name, key in controls.items()}
    (form,) = [form for form in chat_of(play, chat).forms.results.values() if form.agent_id == bot]
    return {
        names[each.screen_control_id or Guid("")]: each.result_text or each.result_number
        for each in form.values or ()
    }


def test_what_is_learned_is_a_form_result_of_the_bot(play: Playbook) -> None:
    """B-40: one result that grows; a value of the answer, a choice, a number, words."""
    web = play.connector("web")
    chat, first = begun(web, play)
    assert first == ["What is it?"]
    assert says(web, "1", "I want to buy") == ["Good!", "How many?"]
    assert learned(play, chat) == {"topic": "sales"}
    play.check_store()
    assert says(web, "2", "a few") == ["How many?"]
    assert says(web, "3", " 7 ") == ["More?"]
    assert says(web, "4", "quickly") == ["One moment."]
    assert learned(play, chat) == {"topic": "sales", "amount": 7, "words": "quickly"}
    assert chat_of(play, chat).routing.project == project_of(play, "Sales")
    assert (
        chat_of(play, chat).transcript.internal[0].words.text
        == "what: I want to buy\nhow many:  7 \nmore: quickly"
    )
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.check_store()


@pytest.mark.parametrize(
    ("said", "value"),
    [("a PURCHASE, please", "sales"), ("no purchase", "no sales"), ("nothing", None)],
)
def test_a_choice_is_recognised_by_its_name(play: Playbook, said: str, value: str | None) -> None:
    """B-40: of several the longest; what names none is asked again."""
    web = play.connector("web")
    chat, _ = begun(web, play)
    told = says(web, "1", said)
    if value is None:
        assert told == ["Once more.", "What is it?"]
    else:
        assert told == ["How many?"]
        assert learned(play, chat) == {"topic": value}


def test_what_the_visitor_filled_in_is_not_asked(play: Playbook) -> None:
    """B-40: the question is passed over, and what its answer leads to counts; its own result is whole."""
    web = play.connector("web")
    chat, first = begun(web, play, topic="sales", amount=3)
    assert first == ["More?"]
    assert says(web, "1", "order 7") == ["One moment."]
    assert learned(play, chat) == {"topic": "sales", "amount": 3, "words": "order 7"}
    assert len(chat_of(play, chat).forms.results) == 2
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_a_form_that_says_all_leaves_nothing_to_ask(play: Playbook) -> None:
    """B-40: the bot takes its leave at once; a value that ends the chat ends it."""
    web = play.connector("web")
    chat, first = begun(web, play, topic="sales", amount=3, words="x")
    assert first == ["One moment."]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert not chat_of(play, chat).transcript.internal
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(1)
    _, first = begun(web, play, topic="help")
    assert first == ["Good-bye."]
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", AgentName="Reception")


def test_rules_match_what_was_learned_just_now(play: Playbook) -> None:
    """B-3, B-40: by a text match as well; the last answer counts too."""
    web = play.connector("web")
    chat, _ = begun(web, play, topic="no sales", amount=1)
    assert says(web, "1", "an Order of mine") == ["One moment."]
    assert chat_of(play, chat).routing.project == project_of(play, "Sales")
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_a_built_in_bot_has_an_id(play: Playbook) -> None:
    """B-4, C-2: the connector is told who talks, as with a bot of a program outside."""
    web = play.connector("web")
    (bot,) = play.config.bots
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="ICR", AgentName="Reception", AgentId=bot)
    assert heard(web) == ["What is it?"]


def test_a_bot_is_restarted_with_what_it_learned(play: Playbook) -> None:
    """B-12, I-10."""
    web = play.connector("web")
    chat, _ = begun(web, play)
    says(web, "1", "buy")
    play.restart()
    web = play.connector("web")
    assert says(web, "2", "5") == ["More?"]
    assert learned(play, chat) == {"topic": "sales", "amount": 5}


def test_a_chat_that_has_forms_enough_gets_no_other(play: Playbook) -> None:
    """I-14: the bot goes on, and what it learned is in its note."""
    web = play.connector("web")
    chat, _ = begun(web, play)
    for number in range(32):
        web.says("ES_SCENARIO_SAVE", number, Peer=None, ChatId=chat, **filled(play))
        web.hears("SYS_ACK", number)
    assert says(web, "1", "buy") == ["Good!", "How many?"]
    assert len(chat_of(play, chat).forms.results) == 32
    assert says(web, "2", "4") == ["More?"]
    says(web, "3", "no")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert "how many: 4" in chat_of(play, chat).transcript.internal[0].words.text
