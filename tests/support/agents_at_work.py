"""A floor with people for the playbook: who is there, and the moves that many scripts begin with.

Alice and Bob are the playbook's; Carol knows both projects, Susan is a supervisor and takes no
chats of the queue, Robo is a bot of a program outside.
"""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.facts import OfferEnded
from broker.core.state import AgentPresence, Chat
from protocol.values import Guid
from tests.support.playbook import CONFIG, Client, Playbook

PEOPLE = """
[[agents]]
name = "Carol"
login = "carol"
token = "carol-secret"
max_chats = 2
languages = { English = 100 }
skills = { Support = 90, Sales = 60 }
[[agents]]
name = "Susan"
login = "susan"
token = "susan-secret"
max_chats = 2
role = "supervisor"
[[agents]]
name = "Robo"
login = "robo"
token = "robo-secret"
max_chats = 2
role = "bot"

[[workplaces]]
number = "103"
max_chats = 9
[[workplaces]]
number = "104"
max_chats = 9
[[workplaces]]
number = "105"
max_chats = 9
"""
FLOOR = CONFIG + PEOPLE


def configured(text: str) -> pytest.MarkDecorator:
    """Play with another configuration."""
    return pytest.mark.parametrize("play", [text], indirect=True, ids=["other"])


def agent_of(play: Playbook, login: str) -> Guid:
    """The id of an agent."""
    return play.config.agent_by_login[login].id


def project_of(play: Playbook, name: str) -> Guid:
    """The id of a project."""
    return next(project.id for project in play.config.projects.values() if project.name == name)


def chat_of(play: Playbook, chat: str) -> Chat:
    """A chat as the core has it."""
    return play.state.chats[Guid(chat)]


def presence_of(play: Playbook, login: str) -> AgentPresence:
    """What the distributor knows of an agent."""
    return play.state.distribution.presences[agent_of(play, login)]


def started(web: Client, *statuses: str, tracking: str = "t1", **members: Any) -> str:
    """A visitor comes; their side hears the first statuses."""
    web.says("ES_CHAT_START", TrackingId=tracking, **members)
    chat = str(web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"])
    for status in statuses:
        web.hears("SE_CHAT_STATUS", Status=status)
    return chat


def answered(web: Client, agent: Client, *, tracking: str = "t1", **members: Any) -> str:
    """A visitor comes, and the agent answers them."""
    chat = started(web, "Waiting", "Alerting", tracking=tracking, **members)
    agent.hears("SC_CHAT_ALERT", ChatId=chat)
    agent.says("CS_CHAT_ANSWER", ChatId=chat)
    agent.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    return chat


def talking(play: Playbook, **members: Any) -> tuple[Client, Client, str]:
    """Alice, alone at work, has answered a visitor."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    return web, alice, answered(web, alice, **members)


def asked(play: Playbook, owner: Client, guest: Client, chat: str, mode: str) -> None:
    """The owner asks an agent to take the chat or to join; the agent is alerted."""
    frame = "CS_CHAT_TRANSFER" if mode == "Transfer" else "CS_CHAT_INVITE"
    to = play.state.sessions[guest.number].agent
    members = {} if mode == "Transfer" else {"Mode": mode}
    owner.says(frame, 1, ChatId=chat, ToAgentId=to, **members)
    owner.hears("SC_CHAT_STATUS", 1, Status="Answered", Parties=..., Sentences=None)
    guest.hears("SC_CHAT_ALERT", Status="Alerting", ChatId=chat, Sentences=None)


def joined(play: Playbook, owner: Client, guest: Client, chat: str, mode: str) -> None:
    """The owner has an agent in."""
    asked(play, owner, guest, chat, mode)
    guest.says("CS_CHAT_ANSWER", 2, ChatId=chat)
    guest.hears("SC_CHAT_STATUS", 2, Status="Answered", Sentences=...)
    owner.hears("SC_CHAT_STATUS", Status="Answered", Parties=...)


def writes(agent: Client, chat: str, key: str, text: str, **members: Any) -> dict[str, Any]:
    """An agent writes, and hears the echo."""
    agent.says("CS_CHAT_SENTENCE", 7, ChatId=chat, ID=key, Text=text, **members)
    return agent.hears("SC_CHAT_SENTENCE", 7, ID=key, Text=text)


def visitor_writes(web: Client, key: str, text: str, *agents: Client, tracking: str = "t1") -> None:
    """A visitor writes, and the agents who are in the chat hear it."""
    web.says("ES_CHAT_SENTENCE", TrackingId=tracking, ID=key, Text=text)
    web.hears("SE_CHAT_SENTENCE", ID=key)
    for agent in agents:
        agent.hears("SC_CHAT_SENTENCE", ID=key, Text=text)


def noted(*agents: Client) -> str:
    """Everybody in the chat is told something by the broker, as an internal note."""
    texts = {str(agent.hears("SC_CHAT_SENTENCE", Model=10)["Text"]) for agent in agents}
    (text,) = texts
    return text


def outcomes(play: Playbook) -> list[str]:
    """How offers ended, in order."""
    return [fact.outcome for fact in play.facts if isinstance(fact, OfferEnded)]
