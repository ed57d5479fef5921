"""The first moves that many scripts of the core begin with."""

from typing import Any

from tests.support.playbook import Client


def start(web: Client, tracking: str, *statuses: str, **members: Any) -> str:
    """Start a chat and hear its first statuses."""
    web.says("ES_CHAT_START", TrackingId=tracking, **members)
    chat = web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"]
    for status in statuses:
        web.hears("SE_CHAT_STATUS", Status=status)
    return str(chat)


def offered(web: Client, agent: Client, tracking: str, **members: Any) -> str:
    """Start a chat that is offered to the agent at once."""
    chat = start(web, tracking, "Waiting", "Alerting", **members)
    agent.hears("SC_CHAT_ALERT", ChatId=chat)
    return chat


def answered(web: Client, agent: Client, tracking: str, **members: Any) -> str:
    """Start a chat that the agent answers."""
    chat = offered(web, agent, tracking, **members)
    agent.says("CS_CHAT_ANSWER", ChatId=chat)
    agent.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    return chat


def say(web: Client, alice: Client, key: str, counter: int) -> None:
    """The visitor says something that the agent gets."""
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=key, Text=f"This is {key}")
    web.hears("SE_CHAT_SENTENCE", ID=key, Counter=counter)
    alice.hears("SC_CHAT_SENTENCE", ID=key, Counter=counter)


def whole(client: Client, **named: Any) -> dict[str, Any]:
    """The chat as this side sees it now."""
    side = "E" if "TrackingId" in named else "C"
    client.says(f"{side}S_CHAT_STATUS", **named)
    return client.hears(f"S{side}_CHAT_STATUS", Sentences=...)
