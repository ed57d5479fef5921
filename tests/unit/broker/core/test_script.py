"""The built-in automated partner (B-40)."""

import pytest

from tests.support.playbook import CONFIG, Playbook

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
