"""Everything that somebody can be to a conversation, at every moment of its life, for the matrix of access.

A *position* is a part (who works on it, a stranger, ...) at a moment (waiting, answered, ...), as with chats
(`positions`). What was written holds a secret: whoever may not read the conversation must not hear it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define

from protocol.values import Guid
from tests.support.agents_at_work import agent_of, project_of
from tests.support.mail import MAIL_FLOOR, Post, the_conversation
from tests.support.playbook import Client, Playbook

SECRET = "secret"
"""What stands in every text that only those may read who may read the conversation."""


@define
class MailCast:
    """Who is there; only Alice takes conversations of the queue."""

    play: Playbook
    post: Post
    alice: Client
    bob: Client
    carol: Client
    susan: Client
    key: Guid

    @classmethod
    def gathered(cls) -> MailCast:
        """A message has come, and Alice is alerted."""
        play = Playbook(MAIL_FLOOR)
        post, alice = Post(play), play.agent("alice", "101")
        bob, carol, susan = (
            play.agent(login, number, "Pause")
            for login, number in (("bob", "102"), ("carol", "103"), ("susan", "104"))
        )
        post.brings(f"A {SECRET}")
        return cls(play, post, alice, bob, carol, susan, the_conversation(play).id)

    def says(self, who: Client, what: str, **members: Any) -> None:
        """Somebody does something with it."""
        who.says(f"CS_CONVERSATION_{what}", ConversationId=self.key, **members)


Moment = Callable[[MailCast], None]


def _alerting(cast: MailCast) -> None:
    pass


def _answered(cast: MailCast) -> None:
    cast.says(cast.alice, "ANSWER")
    cast.says(cast.alice, "NOTE", ID="n", Text=f"A {SECRET} note")
    cast.alice.says(
        "CS_MESSAGE_DRAFT", Peer=None, ConversationId=cast.key, BodyText=f"A {SECRET} draft"
    )


def _waiting(cast: MailCast) -> None:
    _answered(cast)
    cast.says(cast.alice, "RETURN")


def _parked(cast: MailCast) -> None:
    _answered(cast)
    cast.says(cast.alice, "PARK")


def _closed(cast: MailCast) -> None:
    _answered(cast)
    cast.says(cast.alice, "CLOSE")


def _wrapped_up(cast: MailCast) -> None:
    _answered(cast)
    cast.play.reload(MAIL_FLOOR.replace('name = "Support"', 'name = "Support"\nwrapup = "9s"', 1))
    cast.says(cast.alice, "CLOSE")


def _asked(cast: MailCast) -> None:
    _answered(cast)
    cast.carol.says("CS_AGENT_STATE", State="Ready")
    cast.says(cast.alice, "TRANSFER", ToAgentId=agent_of(cast.play, "carol"))


MOMENTS: dict[str, tuple[Moment, str, str]] = {
    "alerting": (_alerting, "alerted", "colleague"),
    "answered": (_answered, "owner", "colleague"),
    "waiting": (_waiting, "had it", "colleague"),
    "parked": (_parked, "put it aside", "colleague"),
    "closed": (_closed, "had it", "colleague"),
    "closed wrapped up": (_wrapped_up, "had it", "colleague"),
    "asked": (_asked, "owner", "asked"),
}
"""What becomes of it, what Alice is to it then, and what Carol is."""
MAIL_POSITIONS = tuple(
    f"{part}, {moment}"
    for moment, (_, alice, carol) in MOMENTS.items()
    for part in (alice, carol, "stranger", "supervisor", "connector")
)


def mail_position(name: str) -> tuple[MailCast, Client]:
    """Play up to a position; gives who is there, and whoever takes the part."""
    part, moment = name.split(", ")
    happens, alice, carol = MOMENTS[moment]
    cast = MailCast.gathered()
    happens(cast)
    for client in cast.play.clients.values():
        client.heard.clear()
    parts = {
        alice: cast.alice,
        carol: cast.carol,
        "stranger": cast.bob,
        "supervisor": cast.susan,
        "connector": cast.post.client,
    }
    return cast, parts[part]


def mail_members(cast: MailCast, frame: str) -> dict[str, Any]:
    """What a frame says about it, so that only access can be in its way."""
    named: dict[str, Any] = {"ConversationId": cast.key}
    special: dict[str, dict[str, Any]] = {
        "CS_CONVERSATION_NOTE": named | {"ID": "new", "Text": "new"},
        "CS_CONVERSATION_OVERVIEW": {},
        "CS_CONVERSATION_RESYNC": {},
        "CS_CONVERSATION_TRANSFER": named | {"ToProjectId": project_of(cast.play, "Sales")},
        "CS_MESSAGE_DRAFT": named | {"Peer": None, "BodyText": "new"},
    }
    return special.get(frame, named)
