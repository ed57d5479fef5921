"""A chat that passes from hand to hand, in an installation with supervisors, bots and wait rules."""

from __future__ import annotations

from typing import Any

from protocol.values import Guid
from tests.support.playbook import CONFIG, Client, Playbook

BUSY = (
    CONFIG.replace('name = "Web chat"', 'name = "Web chat"\noutbound_timeout = "1m"\nweight = 2')
    .replace("max_chats = 2", "max_chats = 4")
    .replace("max_chats = 1", "max_chats = 4")
    .replace("max_chats = 3", "max_chats = 9")
    + """
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
role = "supervisor"
max_chats = 2
skills = { Sales = 10 }
[[agents]]
name = "Robot"
login = "robot"
token = "robot-secret"
role = "bot"
max_chats = 9
[[workplaces]]
number = "103"
max_chats = 9
[[workplaces]]
number = "104"
max_chats = 9
[[bots]]
name = "Reception"
greeting = "Hello."
[[bots.questions]]
name = "topic"
ask = "What is it?"
[[bots.questions.answers]]
close = true
say = "Bye."
[[pre_rules]]
rank = 5
ext_response = "^bot$"
bot = "Robot"
[[pre_rules]]
rank = 6
ext_response = "^talk$"
bot = "Reception"
[[project_rules]]
rank = 50
ext_response = "^bot$"
project = "Support"
[[wait_rules]]
level = 1
after = "1m"
skill = 20
projects = ["Sales"]
priority = 5
note = "You are number {position}."
[[wait_rules]]
level = 2
after = "3m"
close = true
note = "Sorry."
"""
)


class Scene:
    """A play with a visitor's chat in it.

    Args:
        start: What they begin it with.
    """

    def __init__(self, **start: str) -> None:
        self.play = Playbook(BUSY)
        self.web = self.play.connector("web")
        self.start = start
        self.chat = Guid("")

    def id(self, login: str) -> Guid:
        """The id of an agent."""
        return self.play.config.agent_by_login[login].id

    def project(self, name: str) -> Guid:
        """The id of a project."""
        return next(p.id for p in self.play.config.projects.values() if p.name == name)

    def begin(self) -> None:
        """The visitor comes."""
        self.play.wait(1)
        self.web.says("ES_CHAT_START", TrackingId="t1", **self.start)
        self.chat = next(iter(self.play.state.chats))
        self.play.wait(1)

    def says(self, client: Client, type: str, seconds: float = 1, **members: Any) -> None:
        """Somebody says something about the chat, and time passes."""
        client.says(type, ChatId=self.chat, **members)
        self.play.wait(seconds)
