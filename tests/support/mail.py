"""A contact center that gets messages, and a connector that carries them."""

from __future__ import annotations

from typing import Any, Final

from broker.core.facts.messages import ConversationMoved
from broker.core.message_state import Conversation
from protocol.identifiers import derive
from protocol.values import Guid
from tests.support.agents_at_work import PEOPLE
from tests.support.playbook import CONFIG, Client, Playbook

MAIL_CONFIG: Final = (
    CONFIG
    + """
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "mail-secret"
[[message_gateways]]
name = "Texts"
peer = "sms"
channel = "SMS"
direction = "B"
token = "sms-secret"
acknowledge = "We have got your message."
[[message_gateways]]
name = "Faxes"
peer = "fax"
channel = "Fax"
direction = "O"
token = "fax-secret"

[[message_gateways]]
name = "Chatted"
peer = "chatted"
channel = "SMS"
direction = "B"
token = "chatted-secret"
as_chat = "Messenger"

[[message_rules]]
rank = 10
subject = "newsletter"
close = true
[[message_rules]]
rank = 20
text = "invoice"
project = "Sales"
priority = 5
answer_within = "4h"
[[message_rules]]
rank = 30
gateway = "Mail"
project = "Support"
skill = 10
[[message_rules]]
rank = 40
gateway = "Texts"
text = "."
project = "Support"
"""
)


def gateway(name: str) -> Guid:
    """The gateway of that name."""
    return derive("message_gateway", name)


class Post:
    """A connector of messages in a script."""

    def __init__(self, play: Playbook, peer: str = "mail", name: str = "Mail") -> None:
        self.client: Client = play.connector(peer)
        self.gateway = gateway(name)
        self.count = 0

    def brings(self, text: str = "Do they fit?", **members: Any) -> dict[str, Any]:
        """Hand a message over; gives the answer."""
        self._hands_over(text, members)
        return self.client.hears("SE_MESSAGE_RECEIVED", self.count)

    def brings_in_vain(self, code: str, text: str = "Do they fit?", **members: Any) -> str:
        """Hand a message over that is refused with a code; gives the text."""
        self._hands_over(text, members)
        return self.client.refused(code, self.count)

    def _hands_over(self, text: str, members: dict[str, Any]) -> None:
        self.count += 1
        said: dict[str, Any] = {
            "GatewayId": self.gateway,
            "DeliverySystemId": f"<{self.count}@example.org>",
            "RequestId": f"r{self.count}",
            "RemoteAddress": "eva@example.org",
            "FromField": "Eva",
            "SubjectField": "Boots",
            "BodyText": text,
            "ReceivedSentTime": "2026-01-02T03:04:05Z",
        }
        self.client.says("ES_MESSAGE_RECEIVING", self.count, **(said | members))


MAIL_FLOOR: Final = MAIL_CONFIG + PEOPLE


def the_conversation(play: Playbook) -> Conversation:
    """The latest conversation."""
    return list(play.state.messages.conversations.values())[-1]


def causes(play: Playbook) -> list[str]:
    """Why conversations moved."""
    return [fact.cause.value for fact in play.facts if isinstance(fact, ConversationMoved)]


def alerted(play: Playbook, agent: Client, post: Post | None = None, **members: Any) -> Guid:
    """A message comes, and its conversation is offered to an agent; gives that."""
    (post or Post(play)).brings(**members)
    key = the_conversation(play).id
    agent.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    return key


def working(play: Playbook, agent: Client, post: Post | None = None, **members: Any) -> Guid:
    """The same, and the agent takes it."""
    key = alerted(play, agent, post, **members)
    agent.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    agent.hears("SC_CONVERSATION_STATUS", Status="Answered")
    return key


def refused(client: Client, frame: str, code: str, **members: Any) -> str:
    """A frame is refused with a code; gives the text."""
    client.says(frame, 9, **members)
    return client.refused(code, 9)
