"""What an agent sees of their chats, offers, wrap-ups and of the connection."""

import anyio

from connectors.client.events import (
    AgentStateChanged,
    ChatChanged,
    ChatRef,
    Disconnected,
    PartiesChanged,
    Ready,
)
from connectors.terminal.agent import offer_rows
from connectors.terminal.cells import fitted
from connectors.terminal.conversation import Conversation
from protocol.agent import AgentStateInfo, AgentWrapUpInfo
from protocol.chat import ChatPartyInfo, ChatSentenceInfo, ChatWrapUpInfo
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.agent_program import Scene, play
from tests.support.wired_core import ALICE, BORIS


def shown(scene: Scene, columns: int = 79) -> tuple[str, list[str]]:
    """The status line of a terminal of so many columns, and the rows above it."""
    terminal = scene.terminal
    return fitted(terminal.status_parts(), columns - 2), terminal.bar(columns)


async def answered(scene: Scene) -> None:
    """The chat of the scene is not offered any more."""
    while scene.terminal.talks[scene.ref].alert_until is not None:
        await anyio.lowlevel.checkpoint()


def test_a_parked_chat_is_on_hold() -> None:
    """In the status line, in the bar and in the list; one that was parked before the start too."""

    async def scenario(scene: Scene) -> None:
        await answered(scene)
        status_now = scene.status(is_parked=True)
        scene.answers["CS_CHAT_LEAVE"] = ("SC_CHAT_STATUS", status_now)
        await scene.terminal.enter("/leave")
        await scene.face.shows("the chat is on hold")
        status, bar = shown(scene)
        assert "#1 Jana: on hold" in status
        assert bar == ["[#1 Jana, on hold]"]
        await scene.terminal.enter("/chats")
        assert scene.face.lines[-1] == "#1 Jana: on hold"
        other = scene.terminal.client.ref(BORIS)
        info = scene.status(chat_id=BORIS, is_parked=True)
        scene.terminal.on(ChatChanged(other, ChatStatus.ANSWERED, None, info))
        assert scene.terminal.bar(79) == ["[#1 Jana, on hold]   #2 , on hold"]

    play(scenario)


def test_what_was_said_in_earlier_chats_is_shown_once_before_the_new_one() -> None:
    """B-60: where sentences are messages, the last of them come with the answer."""

    async def scenario(scene: Scene) -> None:
        await answered(scene)
        said = (
            ChatSentenceInfo(text="Is it \x1bthere?", party_name="Jana", counter=1),
            ChatSentenceInfo(text="Not yet.", party_name="Bob", counter=2),
        )
        changed = ChatChanged(scene.ref, ChatStatus.ANSWERED, None, scene.status(history=said))
        for _ in range(2):
            scene.terminal.on(changed)
        shown = [line for line in scene.face.lines if line.startswith("earlier")]
        assert shown == ["earlier, Jana: Is it \ufffdthere?", "earlier, Bob: Not yet."]
        lines = [line.text for line in scene.terminal.lines()]
        assert [line for line in lines if line.startswith("earlier")] == shown

    play(scenario)


def test_the_status_line_of_80_columns_has_what_matters() -> None:
    async def scenario(scene: Scene) -> None:
        talk = scene.terminal.talks[scene.ref]
        talk.title, talk.is_typing = "Visitor " * 20, True
        status, _ = shown(scene)
        assert "│  Visitor Visitor Vis… is typing…" in status
        assert "#1 Visitor Visitor Vis…: open" in status
        scene.terminal.on(Disconnected("Connection refused", scene.terminal.client.now() + 3))
        status, _ = shown(scene)
        assert status.startswith("reconnecting (connection refused) in ")

    play(scenario)


def offered(scene: Scene, *names: str) -> list[str]:
    """The bar of 79 columns when these call."""
    now = scene.terminal.client.now()
    talks = [
        Conversation(ChatRef("101", name), title=name, number=place, alert_until=now + 12)
        for place, name in enumerate(names, 1)
    ]
    return offer_rows(talks, now, 79)


def test_each_offer_is_seen() -> None:
    """A row each while they are few, and then in one; a long name hides nobody."""

    async def scenario(scene: Scene) -> None:
        assert offered(scene) == []
        assert offered(scene, "Jana", "N" * 160) == [
            "#1 Jana calls, 12 s: /accept 1 or /reject 1",
            f"#2 {'N' * 19}… calls, 12 s: /accept 2 or /reject 2",
        ]
        assert offered(scene, "Jana", "N" * 160, "Eva", "Olga") == [
            "4 calls: #1 Jana 12 s, #2 NNNNNNNNN… 12 s, #3 Eva 12 s …; /accept N, /reject N"
        ]

    play(scenario)


def test_closed_chats_are_marked_and_wrap_ups_have_numbers() -> None:
    """B-28: three visitors of one name are told apart, and which wrap-up ends can be said."""
    other = Guid("00000000-0000-4000-8000-0000000000c7")

    async def scenario(scene: Scene) -> None:
        terminal = scene.terminal
        await answered(scene)
        both = tuple(AgentWrapUpInfo(chat_id=c, remote_name="Visitor") for c in (other, BORIS))
        scene.terminal.on(AgentStateChanged(AgentStateInfo(state=AgentState.READY, wrap_ups=both)))
        assert [line.replace("still ", "") for line in scene.face.lines[-2:]] == [
            "you write up #2 Visitor: /done CODE: NOTE",
            "you write up #3 Visitor: /done CODE: NOTE",
        ]
        assert terminal.bar(79) == ["[#1 Jana]   #2 Visitor, wrap-up   #3 Visitor, wrap-up"]
        picture = AgentStateInfo(peer="101", agent_id=ALICE, state=AgentState.READY, wrap_ups=both)
        await scene.broker.push("SC_AGENT_STATE", picture)
        while terminal.client.wrap_ups != both:
            await anyio.lowlevel.checkpoint()
        scene.answers["CS_CHAT_WRAPUP"] = ("SC_AGENT_STATE", picture)
        asked = await scene.asks("/done #2 Solved: gladly", "CS_CHAT_WRAPUP")
        assert isinstance(asked, ChatWrapUpInfo)
        assert (asked.chat_id, asked.code, asked.note) == (other, "Solved", "gladly")
        for line in ("/done #1", "/done #9", "/done #x"):
            await terminal.enter(line)
            assert scene.face.lines[-1] == "no wrap-up runs for this chat"
        over = AgentStateInfo(state=AgentState.READY, wrap_ups=both[1:])
        terminal.on(AgentStateChanged(over))
        assert scene.face.lines[-1] == "the wrap-up of #2 Visitor is over"
        assert terminal.bar(79) == ["[#1 Jana]   #2 Visitor, closed   #3 Visitor, wrap-up"]

    play(scenario)


def test_who_takes_a_chat_over_is_not_told_that_nobody_else_is_there() -> None:
    async def scenario(scene: Scene) -> None:
        terminal = scene.terminal
        terminal.on(PartiesChanged(scene.ref, ()))
        assert "nobody else is in the chat" not in scene.face.lines
        terminal.on(PartiesChanged(scene.ref, (ChatPartyInfo(agent_name="Bob"),)))
        terminal.on(PartiesChanged(scene.ref, ()))
        assert scene.face.lines[-2:] == ["Bob is in the chat", "nobody else is in the chat"]

    play(scenario)


def test_the_help_fits_a_terminal() -> None:
    """Of 80 columns and 24 rows, of which the bar, the status line and the input take some."""

    async def scenario(scene: Scene) -> None:
        lines = scene.terminal.help.splitlines()
        assert len(lines) <= 20
        assert max(len(f"· {line}") for line in lines) <= 80
        assert "PageUp" in lines[0]

    play(scenario)


def test_a_sentence_may_begin_with_a_stroke() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("//x is a command")
        await scene.face.shows("/x is a command")
        assert not scene.terminal.declined
        await scene.terminal.enter("/x")
        assert scene.face.lines[-1] == "no command /x; /help lists them, //x says /x"
        assert scene.terminal.declined

    play(scenario)


def test_letters_that_are_no_text_are_no_fault() -> None:
    """What a terminal sends that is no UTF-8."""

    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("J\udcffn")
        await scene.face.shows("J?n")

    play(scenario)


def test_why_a_broker_is_not_reached_is_told_once() -> None:
    async def scenario(scene: Scene) -> None:
        terminal, face = scene.terminal, scene.face
        where = terminal.client.address
        dial_at = terminal.client.now() + 3
        before = len(face.lines)
        for why in ("the broker closed the connection", *["Connection refused"] * 3):
            terminal.on(Disconnected(why, dial_at))
        assert face.lines[before:] == [
            "reconnecting: the broker closed the connection",
            f"cannot reach {where}: connection refused",
        ]
        assert terminal.lines()[-1].text == f"cannot reach {where}: connection refused"
        assert terminal.lamp().text.startswith("reconnecting (connection refused) in ")
        terminal.on(Disconnected("the connection broke: [Errno 104] Connection reset", dial_at))
        assert face.lines[-1] == (
            f"cannot reach {where}: the connection broke: Connection reset (does it want --tls?)"
        )
        terminal.on(Ready())
        terminal.on(Disconnected("Connection refused", dial_at))
        assert face.lines[-2:] == ["connected", f"cannot reach {where}: connection refused"]

    play(scenario)
