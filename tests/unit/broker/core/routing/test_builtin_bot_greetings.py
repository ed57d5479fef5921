"""Automated partners: the built-in one, and one of another program (B-40)."""

import pytest

from tests.support.agents_at_work import FLOOR, configured
from tests.support.playbook import CONFIG, Playbook
from tests.support.reception import RECEPTION, begun, says

GREETER = """
[[pre_rules]]
bot = "Reception"
[[bots]]
name = "Reception"
greeting = "Hello."
farewell = "One moment, please."
"""


@pytest.mark.parametrize("play", [CONFIG + GREETER], indirect=True, ids=["greeter"])
def test_a_bot_that_asks_nothing_says_what_it_has_to_say(play: Playbook) -> None:
    """B-40: greets and takes its leave before the chat waits."""
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="ICR", AgentName="Reception")
    web.hears("SE_CHAT_SENTENCE", Counter=1, Text="Hello.")
    web.hears("SE_CHAT_SENTENCE", Counter=2, Text="One moment, please.")
    web.hears("SE_CHAT_STATUS", Status="Waiting")


OUTSIDE = """
[[pre_rules]]
bot = "Robo"
[distribution]
bot_timeout = "7s"
[[workplaces]]
number = "103"
[[agents]]
name = "Robo"
login = "robo"
token = "robo-secret"
role = "bot"
"""


@pytest.mark.parametrize("play", [CONFIG + OUTSIDE], indirect=True, ids=["robo"])
def test_the_alert_of_a_bot_says_how_long_it_has(play: Playbook) -> None:
    """B-40: as long as `bot_timeout`, for no project has said anything yet."""
    web, robo = play.connector("web"), play.agent("robo", "103")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="ICR")
    assert robo.hears("SC_CHAT_ALERT")["Info"]["MaxSignalDuration"] == 7


@configured(FLOOR + RECEPTION.replace("(?i)help", "(a+)+$|^(a|aa)+b"))
def test_no_sentence_holds_the_broker_up(play: Playbook) -> None:
    """B-40: nested repeats and a few letters made an engine that tries every way search for hours."""
    web, _chat = begun(play)
    assert says(web, "1", "a" * 40 + "!") == ["Once more, please.", "Buy or ask?"]
