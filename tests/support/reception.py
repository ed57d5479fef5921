"""Bots that a visitor meets first: a built-in one with questions, and a program outside."""

from tests.support.agents_at_work import started
from tests.support.playbook import Client, Playbook

RECEPTION = """
[[pre_rules]]
rank = 1
bot = "Reception"

[[text_matches]]
name = "buys"
words = ["buy", "a quote"]
[[text_matches]]
name = "asks"
patterns = ['(?i)help|\\?$']
[[text_matches]]
name = "leaves"
words = ["bye"]

[[bots]]
name = "Reception"
greeting = "Hello."
project = "Support"
farewell = "One moment."
[[bots.questions]]
name = "topic"
ask = "Buy or ask?"
retry = "Once more, please."
[[bots.questions.answers]]
match = "buys"
say = "Good!"
project = "Sales"
next = "name"
[[bots.questions.answers]]
match = "asks"
finish = true
[[bots.questions.answers]]
match = "leaves"
say = "Good-bye."
close = true
[[bots.questions]]
name = "product"
ask = "Which product?"
[[bots.questions]]
name = "name"
ask = "Your name?"
"""


def heard(web: Client) -> list[str]:
    """What the bot has said by now."""
    texts = []
    while web.heard and web.heard[0][0] == "SE_CHAT_SENTENCE":
        texts.append(str(web.hears("SE_CHAT_SENTENCE", PartyName="Reception", Model=0)["Text"]))
    return texts


def says(web: Client, key: str, text: str) -> list[str]:
    """The visitor says something; what the bot says to that."""
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=key, Text=text)
    web.hears("SE_CHAT_SENTENCE", ID=key)
    return heard(web)


def begun(play: Playbook, *said: str) -> tuple[Client, str]:
    """A visitor meets the bot."""
    web = play.connector("web")
    chat = started(web, "ICR")
    assert heard(web) == list(said or ("Hello.", "Buy or ask?"))
    return web, chat


BOT = """
[[agents]]
name = "Robot"
login = "robot"
token = "robot-secret"
role = "bot"
[[pre_rules]]
rank = 1
bot = "Robot"
"""
