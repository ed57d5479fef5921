"""Everything that somebody can be to a chat, at every moment of its life, for the matrix of access.

A *position* is a part (the owner, who gave it back, a stranger, ...) at a moment (waiting, answered,
closed, ...). In each, secrets are said after the one who plays the part has come to it: whoever may not
read the chat must not hear them, whatever frame they send.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from attrs import define

from tests.support.agents_at_work import FLOOR, agent_of
from tests.support.playbook import Client, Playbook

BOTS = FLOOR + '\n[[pre_rules]]\nrank = 1\nbot = "Robo"\n'
SECRET = "secret"
"""What stands in every text that only those in the chat may read."""
TRACKING = "t1"
RESULT = "11111111-1111-4111-8111-111111111111"
OTHER_RESULT = "22222222-2222-4222-8222-222222222222"


def filled_in(play: Playbook, result: str = RESULT) -> dict[str, Any]:
    """A form with a secret."""
    ((form,),) = play.config.scenarios.values()
    ((control,),) = (screen.controls or () for screen in form.screens or ())
    values = [{"ScreenControlId": control.screen_control_id, "ResultText": SECRET}]
    return {"ScenarioId": form.scenario_id, "ScenarioResultId": result, "Values": values}


@define
class Cast:
    """Who is there."""

    play: Playbook
    web: Client
    other: Client
    alice: Client
    bob: Client
    carol: Client
    susan: Client

    @classmethod
    def gathered(cls) -> Cast:
        """Everybody at work; only Alice takes chats of the queue."""
        play = Playbook(BOTS)
        return cls(
            play,
            play.connector("web"),
            play.connector("im"),
            play.agent("alice", "101"),
            *(
                play.agent(login, number, "Pause")
                for login, number in (("bob", "102"), ("carol", "103"), ("susan", "104"))
            ),
        )

    def ready(self, agent: Client) -> None:
        """An agent takes chats from now on."""
        agent.says("CS_AGENT_STATE", State="Ready")

    def start(self) -> str:
        """A visitor comes."""
        self.web.says("ES_CHAT_START", TrackingId=TRACKING)
        return next(iter(self.play.state.chats))

    def talk(self) -> str:
        """A visitor comes, and Alice answers."""
        chat = self.start()
        self.alice.says("CS_CHAT_ANSWER", ChatId=chat)
        return chat

    def ask(self, chat: str, guest: Client, mode: str) -> None:
        """Alice asks somebody to take the chat or to join it."""
        self.ready(guest)
        to = self.play.state.sessions[guest.number].agent
        frame = "CS_CHAT_TRANSFER" if mode == "Transfer" else "CS_CHAT_INVITE"
        self.alice.says(frame, ChatId=chat, ToAgentId=to, Mode=mode)

    def owner(self, chat: str) -> Client | None:
        """Who has the chat now, if somebody has."""
        kept = self.play.state.chats[chat]  # type: ignore[index]  # a Guid as text
        return next(
            (
                client
                for client in self.play.clients.values()
                if (agent := self.play.state.sessions[client.number].agent) is not None
                and agent == kept.agent
                and kept.has(agent)
            ),
            None,
        )

    def plant(self, chat: str) -> None:
        """Say what only those in the chat may read, in every way in which something can be said."""
        for id_, model in (("v", 0), ("vp", 4), ("vn", 6), ("vc", 8)):
            self.web.says(
                "ES_CHAT_SENTENCE", TrackingId=TRACKING, ID=id_, Text=f"{SECRET} {id_}", Model=model
            )
        self.web.says("ES_SCENARIO_SAVE", Peer=None, ChatId=chat, **filled_in(self.play))
        owner = self.owner(chat)
        for id_, model in (("a", 0), ("note", 10), ("an", 6)) if owner is not None else ():
            assert owner is not None
            owner.says("CS_CHAT_SENTENCE", ChatId=chat, ID=id_, Text=f"{SECRET} {id_}", Model=model)


Part = Callable[[Cast, str], Client]


def _joined(mode: str) -> Part:
    def part(cast: Cast, chat: str) -> Client:
        cast.ask(chat, cast.bob, mode)
        cast.bob.says("CS_CHAT_ANSWER", ChatId=chat)
        return cast.bob

    return part


def _monitor(cast: Cast, chat: str) -> Client:
    cast.susan.says("CS_CHAT_INVITE", ChatId=chat, Mode="Monitor")
    return cast.susan


def _asked(cast: Cast, chat: str) -> Client:
    cast.ask(chat, cast.bob, "Transfer")
    return cast.bob


def _declined(cast: Cast, chat: str) -> Client:
    cast.ask(chat, cast.bob, "Consult")
    cast.bob.says("CS_CHAT_HANGUP", ChatId=chat)
    return cast.bob


def _handed_over(cast: Cast, chat: str) -> Client:
    cast.alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="mine", Text="mine")
    cast.ask(chat, cast.bob, "Transfer")
    cast.bob.says("CS_CHAT_ANSWER", ChatId=chat)
    return cast.alice


def _gave_back(cast: Cast, chat: str) -> Client:
    cast.alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="mine", Text="mine", Model=6)
    cast.ready(cast.carol)
    cast.alice.says("CS_CHAT_RETURN", ChatId=chat)
    cast.carol.says("CS_CHAT_ANSWER", ChatId=chat)
    return cast.alice


def _left(cast: Cast, chat: str) -> Client:
    bob = _joined("Conference")(cast, chat)
    bob.says("CS_CHAT_SENTENCE", ChatId=chat, ID="mine", Text="mine")
    bob.says("CS_CHAT_LEAVE", ChatId=chat)
    return bob


IN_TALK: dict[str, Part] = {
    "owner": lambda cast, chat: cast.alice,
    "consulted": _joined("Consult"),
    "in conference": _joined("Conference"),
    "monitor": _monitor,
    "asked": _asked,
    "declined": _declined,
    "handed it over": _handed_over,
    "gave it back": _gave_back,
    "left it": _left,
    "stranger": lambda cast, chat: cast.carol,
    "supervisor": lambda cast, chat: cast.susan,
    "connector": lambda cast, chat: cast.web,
    "other connector": lambda cast, chat: cast.other,
}
"""What somebody can be to an answered chat."""
OUTSIDE = ("stranger", "supervisor", "connector", "other connector")


def _answered(part: str) -> tuple[Cast, str, Client]:
    cast = Cast.gathered()
    chat = cast.talk()
    who = IN_TALK[part](cast, chat)
    cast.plant(chat)
    return cast, chat, who


def _closed(part: str) -> tuple[Cast, str, Client]:
    cast, chat, who = _answered(part)
    owner = cast.owner(chat)
    assert owner is not None
    owner.says("CS_CHAT_HANGUP", ChatId=chat)
    return cast, chat, who


def _parked(part: str) -> tuple[Cast, str, Client]:
    cast, chat, who = _answered(part)
    cast.alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
    return cast, chat, who


def _waiting(part: str) -> tuple[Cast, str, Client]:
    cast = Cast.gathered()
    chat = cast.talk()
    cast.alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="mine", Text="mine")
    cast.alice.says("CS_CHAT_RETURN", ChatId=chat)
    cast.plant(chat)
    return cast, chat, cast.alice if part == "gave it back" else IN_TALK[part](cast, chat)


def _ended_waiting(part: str) -> tuple[Cast, str, Client]:
    cast, chat, who = _waiting(part)
    cast.web.says("ES_CHAT_STOP", TrackingId=TRACKING)
    return cast, chat, who


def _reopened(part: str) -> tuple[Cast, str, Client]:
    """A chat that Alice had is open again, and Carol has it now."""
    cast = Cast.gathered()
    chat = cast.talk()
    cast.alice.says("CS_CHAT_HANGUP", ChatId=chat)
    cast.alice.says("CS_AGENT_STATE", State="Pause")
    cast.ready(cast.carol)
    cast.start()
    cast.carol.says("CS_CHAT_ANSWER", ChatId=chat)
    cast.plant(chat)
    return cast, chat, {"had it": cast.alice, "owner": cast.carol}[part]


def _alerting(part: str) -> tuple[Cast, str, Client]:
    cast = Cast.gathered()
    chat = cast.start()
    cast.plant(chat)
    return cast, chat, cast.alice if part == "alerted" else IN_TALK[part](cast, chat)


def _with_bot(part: str) -> tuple[Cast, str, Client]:
    cast = Cast.gathered()
    robo = cast.play.agent("robo", "105")
    chat = cast.start()
    robo.says("CS_CHAT_ANSWER", ChatId=chat)
    if part == "bot before":
        robo.says("CS_CHAT_TRANSFER", ChatId=chat)
        cast.alice.says("CS_CHAT_ANSWER", ChatId=chat)
    cast.plant(chat)
    return cast, chat, robo if part.startswith("bot") else IN_TALK[part](cast, chat)


def _bot_closed(part: str) -> tuple[Cast, str, Client]:
    cast, chat, who = _with_bot(part)
    cast.web.says("ES_CHAT_STOP", TrackingId=TRACKING)
    return cast, chat, who


def _unbound(part: str) -> tuple[Cast, str, Client]:
    cast = Cast.gathered()
    cast.alice.says("CS_CHAT_OPEN", Peer="web", RemoteAddress="x")
    chat = next(iter(cast.play.state.chats))
    cast.plant(chat)
    return cast, chat, cast.alice if part == "owner" else IN_TALK[part](cast, chat)


MOMENTS: dict[str, tuple[Callable[[str], tuple[Cast, str, Client]], tuple[str, ...]]] = {
    "waiting": (_waiting, ("gave it back", *OUTSIDE)),
    "alerting": (_alerting, ("alerted", *OUTSIDE)),
    "with the bot": (_with_bot, ("bot", *OUTSIDE)),
    "after the bot": (_with_bot, ("bot before",)),
    "answered": (_answered, tuple(IN_TALK)),
    "parked": (_parked, ("owner", "in conference", "connector")),
    "closed": (_closed, tuple(IN_TALK)),
    "ended waiting": (_ended_waiting, ("gave it back", *OUTSIDE)),
    "ended with the bot": (_bot_closed, ("bot", "bot before")),
    "reopened": (_reopened, ("had it", "owner")),
    "unbound": (_unbound, ("owner", *OUTSIDE)),
}
POSITIONS = tuple(f"{part}, {moment}" for moment, (_, parts) in MOMENTS.items() for part in parts)


def position(name: str) -> tuple[Cast, str, Client]:
    """Play up to a position; gives who is there, the chat, and whoever takes the part."""
    part, _, moment = name.rpartition(", ")
    cast, chat, who = MOMENTS[moment][0](part)
    for client in cast.play.clients.values():
        client.heard.clear()
    return cast, chat, who


def members_of(cast: Cast, frame: str, chat: str) -> dict[str, Any]:
    """What a frame says about the chat, so that only access can be in its way."""
    inside: dict[str, Any] = {"ChatId": chat}
    outside: dict[str, Any] = {"Peer": "web", "TrackingId": TRACKING}
    talk: dict[str, Any] = {"ConversationId": chat}
    blob: dict[str, Any] = {"BlobId": chat}
    piece = blob | {"Data": b"x", "Sha256": sha256(b"x").hexdigest(), "Size": 1}
    project = next(iter(cast.play.config.projects))
    special: dict[str, dict[str, Any]] = {
        "CS_AGENT_LIST": {},
        "CS_AGENT_STATE": {"State": "Pause"},
        "CS_CHAT_CONFIRM": inside | {"ID": "v"},
        "CS_CHAT_INVITE": inside | {"Mode": "Consult", "ToAgentId": agent_of(cast.play, "bob")},
        "CS_CHAT_OPEN": {"Peer": "web", "RemoteAddress": "y"},
        "CS_CHAT_OVERVIEW": {},
        "CS_CHAT_PARK": inside | {"IsParked": True},
        "CS_CHAT_RESYNC": {},
        "CS_CHAT_SENTENCE": inside | {"ID": "new", "Text": "new"},
        "CS_CHAT_TRANSFER": inside | {"ToProjectId": project},
        "CS_CHAT_WRAPUP": inside,
        "CS_SCENARIO_LOAD": {"Id": next(iter(cast.play.config.scenarios)), "Peer": None},
        "CS_SCENARIO_RESULT": inside | {"ScenarioResultId": RESULT},
        "CS_SCENARIO_SAVE": inside | filled_in(cast.play, OTHER_RESULT),
        "CS_BLOB_GET": blob,
        "CS_BLOB_PUT": piece,
        "CS_CONVERSATION_NOTE": talk | {"ID": "n", "Text": "new"},
        "CS_CONVERSATION_OVERVIEW": {},
        "CS_CONVERSATION_RESYNC": {},
        "CS_MESSAGE_CANCEL": {"MessageId": chat},
        "CS_MESSAGE_DRAFT": talk,
        "CS_MESSAGE_RETRY": {"MessageId": chat},
        "ES_BLOB_GET": blob | {"Peer": "web"},
        "ES_BLOB_PUT": piece | {"Peer": "web"},
        "ES_MESSAGE_REPORT": {"RefId": project, "Data": "Delivered"},
        "CS_MESSAGE_SEND": {"RequestId": "r", "GatewayId": project, "RemoteAddress": "y"},
        "ES_CHAT_CONFIRM": outside | {"ID": "a"},
        "ES_CHAT_OPEN": {"Peer": "web", "RemoteAddress": "y"},
        "ES_CHAT_RESYNC": {"Peer": "web"},
        "ES_CHAT_SENTENCE": outside | {"ID": "new", "Text": "new"},
        "ES_MESSAGE_RECEIVING": {
            "DeliverySystemId": "d",
            "GatewayId": project,
            "RemoteAddress": "y",
            "ReceivedSentTime": "2026-01-01T00:00:00Z",
        },
        "ES_MESSAGE_SENT": {"Id": project},
        "ES_SCENARIO_LOAD": {"Id": next(iter(cast.play.config.scenarios))},
        "ES_SCENARIO_SAVE": {
            "ScenarioId": next(iter(cast.play.config.scenarios)),
            "ChatId": chat,
        },
        "ES_WS_LITERALS_GET": {"LiteralGroup": 1},
    }
    if frame in special:
        return special[frame]
    if frame.startswith("CS_CONVERSATION_"):
        return talk
    return inside if frame.startswith("CS_") else outside
