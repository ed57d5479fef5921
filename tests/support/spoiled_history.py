"""A sound history of a few events, to be spoiled for the checker."""

from __future__ import annotations

from typing import Any

from broker.checker import check
from broker.checker.dump import (
    AgentMoveRow,
    AgentRow,
    ChatRow,
    DecisionRow,
    Dump,
    MoveRow,
    OfferRow,
    SentenceRow,
)
from broker.checker.history import History, Kind
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.session import Welcome
from protocol.values import ChatStatus, Guid

SECOND = 1_000_000


WEB, CHAT, ANN, BOB, SALES = (Guid(f"{n * 8}-{n * 4}-4000-a000-{n * 12}") for n in "12345")


SETUP: dict[str, Any] = {
    "gateways": {
        WEB: {
            "peer": "web",
            "port": None,
            "inactivity": None,
            "grace": 10 * SECOND,
            "weight": 1,
            "outbound_timeout": 10 * SECOND,
        }
    },
    "agents": {
        agent: {
            "login": login,
            "max_chats": 1,
            "skills": {SALES: 5},
            "languages": {},
            "works": True,
            "role": "agent",
        }
        for agent, login in ((ANN, "ann"), (BOB, "bob"))
    },
    "workplaces": {"101": 2, "102": 2},
    "bots": [],
    "wait_rules": [],
    "message_gateways": {},
    "retry_after": 60 * SECOND,
    "retry_alone": 5 * SECOND,
    "transfer_timeout": 60 * SECOND,
    "bot_timeout": 10 * SECOND,
    "scripts": [],
    "park_reserve": 0,
    "park_timeout": 3_600_000_000,
    "hello": 10 * SECOND,
    "drain": 5 * SECOND,
    "heartbeat": 10 * SECOND,
    "outbox_frames": 10,
    "outbox_bytes": 1_000,
    "frame_bytes": 1_000,
}


MOVES = (
    MoveRow(chat=CHAT, at=0, status="Pilot"),
    MoveRow(chat=CHAT, at=0, status="Waiting"),
    MoveRow(chat=CHAT, at=0, status="Alerting", agent=ANN),
    MoveRow(chat=CHAT, at=1, status="Answered", agent=ANN),
)


OFFER = OfferRow(
    offer=1, chat=CHAT, agent=ANN, at=0, until=9 * SECOND, ended_at=1, outcome="answered"
)


def row(counter: int, key: str, **more: Any) -> SentenceRow:
    return SentenceRow(
        chat=CHAT, counter=counter, id=key, outbound=False, model=0, text=key, **more
    )


DUMP = Dump(
    chats=(
        ChatRow(id=CHAT, gateway=WEB, tracking_id="t", status="Answered", agent=ANN, project=SALES),
    ),
    sentences=(row(1, "a"), row(2, "b")),
    moves=MOVES,
    offers=(OFFER,),
    agents=(AgentRow(agent=ANN, state="Ready"), AgentRow(agent=BOB, state="Ready")),
    agent_moves=(AgentMoveRow(agent=ANN, at=0, state="Ready"),),
    decisions=(DecisionRow(chat=CHAT, at=0, kind="waiting"),),
)


class Tale:
    """A history in the making."""

    def __init__(self) -> None:
        self.history = History()
        self.now = 0
        self.add(Kind.SETUP, **SETUP)
        self.dial("c", "connector", "web")
        self.dial("w", "workplace", "101", "ann")

    def add(self, kind: Kind, conn: str = "", frame: Frame | None = None, **data: Any) -> None:
        self.now += 1_000
        self.history.add(self.now, kind, conn, frame, **data)

    def dial(self, conn: str, role: str, peer: str, login: str | None = None) -> None:
        self.add(Kind.DIALLED, conn, client=conn, role=role, peers=[peer], login=login)
        self.add(Kind.GOT, conn, Frame("SYS_WELCOME", Welcome()))

    def says(self, key: str, number: int) -> None:
        said = ChatSentenceInfo(peer="web", tracking_id="t", id=key, text=key)
        self.add(Kind.SENT, "c", Frame("ES_CHAT_SENTENCE", said, {"Id": number}))

    def hears(self, counter: int, key: str, re: int | None = None, text: str | None = None) -> None:
        said = ChatSentenceInfo(
            peer="web", tracking_id="t", id=key, text=text or key, counter=counter
        )
        headers = {"Re": re} if re is not None else None
        self.add(Kind.GOT, "c", Frame("SE_CHAT_SENTENCE", said, headers))

    def status(
        self, status: ChatStatus, *keys: str, snapshot: bool = False, re: int | None = None
    ) -> None:
        sentences = tuple(
            ChatSentenceInfo(peer="web", tracking_id="t", id=key, text=key, counter=n)
            for n, key in enumerate(keys, 1)
        )
        info = ChatStatusInfo(
            peer="web",
            tracking_id="t",
            chat_id=CHAT,
            status=status,
            sentences=sentences if snapshot else None,
        )
        headers = {"Re": re} if re is not None else None
        self.add(Kind.GOT, "c", Frame("SE_CHAT_STATUS", info, headers))

    def talk(self) -> None:
        """A sound conversation, as the dump has it."""
        self.status(ChatStatus.PILOT, snapshot=True)
        self.says("a", 1)
        self.hears(1, "a", 1)
        self.status(ChatStatus.WAITING)
        self.status(ChatStatus.ALERTING)
        self.status(ChatStatus.ANSWERED)
        self.says("b", 2)
        self.hears(2, "b", 2)

    def end(self) -> None:
        self.add(Kind.CALM)
        self.add(Kind.PROBE)
        self.now += 100 * SECOND
        self.add(Kind.END)


def laws(tale: Tale, dump: Dump = DUMP) -> set[str]:
    return {violation.law for violation in check(tale.history, dump)}
