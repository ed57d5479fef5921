"""Bots on real sockets, against the real core, under trio and under asyncio."""

from collections.abc import Awaitable, Callable

import anyio
import anyio.abc
import pytest
from attrs import define

from broker.core.state import Chat
from connectors.bots.bot import Bot, BotChat, End, HandOver, Reply, run_bot
from connectors.client.backoff import Backoff
from connectors.client.connect import ConnectorClient, connect_connector
from connectors.client.errors import Ended
from connectors.client.events import ChatChanged, ChatRef, Event, SentenceAdded, SentenceConfirmed
from connectors.client.settings import Tuning
from protocol.chat import ChatCommandInfo, ChatTransferInfo
from protocol.errors import ErrorCode
from protocol.identifiers import derive, project_id
from protocol.values import AgentState, ChatStatus
from tests.support.core_on_socket import CoreOnSocket, with_core
from tests.support.wired_core import INSTALLATION, SALES

QUICK = Tuning(backoff=Backoff(first=0.01, longest=0.05))

WITH_BOT = (
    INSTALLATION
    + """
[[agents]]
name = "Robot"
login = "robot"
token = "robot-secret"
max_chats = 9
role = "bot"
[[pre_rules]]
rank = 1
bot = "Robot"
[[workplaces]]
number = "900"
max_chats = 9
"""
)


@define
class Play:
    """A broker, a visitor's connector, and bots."""

    broker: CoreOnSocket
    visitors: ConnectorClient
    tasks: anyio.abc.TaskGroup

    async def run(self, bot: Bot) -> anyio.CancelScope:
        """Start a bot, who is at work then; the scope ends it as a kill does."""
        scope = anyio.CancelScope()

        async def run() -> None:
            with scope:
                await run_bot(
                    bot, self.broker.address, "900", "robot", "robot-secret", tuning=QUICK
                )

        self.tasks.start_soon(run)
        await self.bot_at_work()
        return scope

    async def bot_at_work(self) -> None:
        """Wait until the bot is connected and ready: one that is not is passed over (B-40)."""
        while not self.is_at_work():
            await anyio.lowlevel.checkpoint()

    def is_at_work(self) -> bool:
        core = self.broker.core
        robot = core.state.distribution.presences.get(core.agent_id("robot"))
        return robot is not None and robot.session is not None and robot.state is AgentState.READY

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        async for event in self.visitors.events():
            if wanted(event):
                return event
        raise AssertionError("the session ended before")

    async def hears(self, chat: ChatRef, text: str) -> None:
        """Wait until the visitor is told something."""
        await self.until(
            lambda event: (
                isinstance(event, SentenceAdded)
                and (event.ref, event.sentence.text, event.mine) == (chat, text, False)
            )
        )

    async def sees(self, chat: ChatRef, status: ChatStatus) -> None:
        """Wait until the chat has a status."""
        await self.until(
            lambda event: (
                isinstance(event, ChatChanged) and (event.ref, event.status) == (chat, status)
            )
        )

    def stored(self) -> Chat:
        return self.broker.core.chat

    def transfers(self) -> list[ChatTransferInfo]:
        heard = [frame.payload for frame in self.broker.core.way.heard]
        return [payload for payload in heard if isinstance(payload, ChatTransferInfo)]


Scenario = Callable[[Play], Awaitable[None]]


@pytest.fixture(params=["trio", "asyncio"])
def play(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    def play(scenario: Scenario) -> None:
        async def run(broker: CoreOnSocket) -> None:
            async with (
                anyio.create_task_group() as tasks,
                connect_connector(broker.address, ["web"], "web-secret", tuning=QUICK) as visitors,
            ):
                await scenario(Play(broker, visitors, tasks))
                tasks.cancel_scope.cancel()

        with_core(run, request.param, WITH_BOT)

    return play


class Parrot(Bot):
    """Greets and repeats; does what some words say."""

    async def on_chat(self, chat: BotChat) -> Reply:
        return f"Hello {chat.info.remote_party_name}"

    async def on_text(self, chat: BotChat, text: str) -> Reply:
        match text.split():
            case ["quiet"]:
                return None
            case ["bye"]:
                return End("Good-bye")
            case ["fail"]:
                raise RuntimeError("as told")
            case ["sales"]:
                return HandOver(project=str(SALES), note="wants to buy", say="One moment")
            case ["remember", what, value]:
                chat.learn(what, value)
                return f"{chat.learned()}"
            case ["count"]:
                chat.memory["count"] = chat.memory.get("count", 0) + 1
                return str(chat.memory["count"])
            case ["twice"]:
                await chat.say("once")
                return "twice"
            case _:
                return f"You said {text}"


def test_a_bot_greets_answers_and_ends(play: Callable[[Scenario], None]) -> None:
    """B-40."""

    async def scenario(scene: Play) -> None:
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.visitors.send(chat, "good day")
        await scene.hears(chat, "Hello Jana")
        await scene.hears(chat, "You said good day")
        for said, answer in (
            ("count", "1"),
            ("count", "2"),
            ("twice", "once"),
            ("bye", "Good-bye"),
        ):
            await scene.visitors.send(chat, said)
            await scene.hears(chat, answer)
        await scene.sees(chat, ChatStatus.CLOSED)
        assert {
            one.words.party_name
            for one in scene.stored().transcript.sentences
            if one.words.outbound
        } == {"Robot"}

    play(scenario)


def test_a_bot_may_decline_without_leaving_typing_on(play: Callable[[Scenario], None]) -> None:
    """W-23."""

    async def scenario(scene: Play) -> None:
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.hears(chat, "Hello Jana")
        quiet = await scene.visitors.send(chat, "quiet")
        await scene.until(
            lambda event: isinstance(event, SentenceConfirmed) and event.sentence.id == quiet.id
        )
        await scene.visitors.send(chat, "go on")
        await scene.hears(chat, "You said go on")
        told = [
            frame.payload.is_typing if isinstance(frame.payload, ChatCommandInfo) else "said"
            for frame in scene.broker.core.way.heard
            if frame.type in ("CS_CHAT_TYPING", "CS_CHAT_SENTENCE")
        ]
        assert told == [True, "said", True, False, True, "said"]

    play(scenario)


def test_what_was_learned_is_handed_over_before_the_chat(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.visitors.send(chat, "remember order 17")
        await scene.hears(chat, "{'order': '17'}")
        await scene.visitors.send(chat, "sales")
        await scene.hears(chat, "One moment")
        await scene.sees(chat, ChatStatus.WAITING)
        (transfer,) = scene.transfers()
        assert (transfer.to_project_id, transfer.note) == (SALES, "wants to buy")
        assert [one.words.text for one in scene.stored().transcript.internal] == ["order: 17"]
        kinds = [frame.type for frame in scene.broker.core.way.heard]
        assert kinds.index("CS_CHAT_TRANSFER") > kinds.index("CS_CHAT_SENTENCE")

    play(scenario)


def test_a_project_that_is_refused_leaves_it_to_the_rules(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        scene.broker.core.way.refused["CS_CHAT_TRANSFER"] = ErrorCode.NOT_ALLOWED
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat()
        await scene.visitors.send(chat, "sales")
        await scene.sees(chat, ChatStatus.ICR)
        await scene.sees(chat, ChatStatus.WAITING)
        assert [transfer.to_project_id for transfer in scene.transfers()] == [SALES, None]

    play(scenario)


def test_a_reply_that_is_refused_leaves_the_chat_to_people(
    play: Callable[[Scenario], None],
) -> None:
    """Said back, the longest sentence is too long; its visitor would wait for ever."""

    async def scenario(scene: Play) -> None:
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.visitors.send(chat, "x" * 32_768)
        await scene.sees(chat, ChatStatus.WAITING)
        other = await scene.visitors.start_chat(party_name="Petr")
        await scene.hears(other, "Hello Petr")

    play(scenario)


def test_a_hand_over_that_lost_its_answer_is_looked_at_before_it_is_repeated(
    play: Callable[[Scenario], None],
) -> None:
    async def scenario(scene: Play) -> None:
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.hears(chat, "Hello Jana")
        scene.broker.breaks_at = "CS_CHAT_TRANSFER"
        await scene.visitors.send(chat, "sales")
        await scene.sees(chat, ChatStatus.WAITING)
        await scene.bot_at_work()
        other = await scene.visitors.start_chat(party_name="Petr")
        await scene.hears(other, "Hello Petr")
        assert len(scene.transfers()) == 1

    play(scenario)


@pytest.mark.parametrize("patience", [60.0, 0.01])
def test_a_handler_that_fails_costs_its_chat_and_no_other(
    play: Callable[[Scenario], None], patience: float
) -> None:
    class Weak(Parrot):
        async def on_text(self, chat: BotChat, text: str) -> Reply:
            if text == "fail" and self.patience < 1:
                await anyio.sleep_forever()
            return await super().on_text(chat, text)

    async def scenario(scene: Play) -> None:
        bot = Weak()
        bot.patience = patience
        await scene.run(bot)
        weak = await scene.visitors.start_chat(party_name="Jana")
        other = await scene.visitors.start_chat(party_name="Petr")
        await scene.hears(other, "Hello Petr")
        await scene.visitors.send(weak, "fail")
        await scene.sees(weak, ChatStatus.WAITING)
        assert [transfer.note for transfer in scene.transfers()] == ["the bot failed"]
        await scene.visitors.send(other, "hello")
        await scene.hears(other, "You said hello")

    play(scenario)


class Slow(Bot):
    """A bot that waits for a word to be set free."""

    def __init__(self) -> None:
        self.free: dict[str, anyio.Event] = {}
        self.began: dict[str, anyio.Event] = {}
        self.cancelled = anyio.Event()

    async def on_text(self, chat: BotChat, text: str) -> Reply:
        self.began.setdefault(text, anyio.Event()).set()
        try:
            await self.free.setdefault(text, anyio.Event()).wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled.set()
            raise
        return f"done {text}"

    async def begins(self, text: str) -> None:
        await self.began.setdefault(text, anyio.Event()).wait()

    def release(self, text: str) -> None:
        self.free.setdefault(text, anyio.Event()).set()


def test_one_chat_in_order_and_many_at_once(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        bot = Slow()
        await scene.run(bot)
        one = await scene.visitors.start_chat()
        two = await scene.visitors.start_chat()
        await scene.visitors.send(one, "a")
        await scene.visitors.send(one, "b")
        await scene.visitors.send(two, "c")
        bot.release("c")
        bot.release("b")
        await scene.hears(two, "done c")
        assert "b" not in bot.began
        bot.release("a")
        await scene.hears(one, "done a")
        await scene.hears(one, "done b")

    play(scenario)


def test_handlers_at_once_are_bounded(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        bot = Slow()
        bot.at_once = 1
        await scene.run(bot)
        one = await scene.visitors.start_chat()
        await scene.visitors.send(one, "a")
        await scene.sees(one, ChatStatus.ICR)
        two = await scene.visitors.start_chat()
        await scene.visitors.send(two, "b")
        bot.release("a")
        await scene.hears(one, "done a")
        bot.release("b")
        await scene.hears(two, "done b")
        assert list(bot.began) == ["a", "b"]

    play(scenario)


def test_a_chat_that_ends_ends_its_handler(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        bot = Slow()
        await scene.run(bot)
        gone = await scene.visitors.start_chat()
        await scene.visitors.send(gone, "a")
        await scene.sees(gone, ChatStatus.ICR)
        await bot.begins("a")
        await scene.visitors.stop(gone)
        await bot.cancelled.wait()
        bot.release("b")
        other = await scene.visitors.start_chat()
        await scene.visitors.send(other, "b")
        await scene.hears(other, "done b")

    play(scenario)


def test_a_bot_outlives_the_broker(play: Callable[[Scenario], None]) -> None:
    """W-25, W-26."""

    async def scenario(scene: Play) -> None:
        await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.hears(chat, "Hello Jana")
        await scene.broker.kill()
        scene.visitors.send_soon(chat, "still there?")
        await scene.tasks.start(scene.broker.run)
        await scene.hears(chat, "You said still there?")
        other = await scene.visitors.start_chat(party_name="Petr")
        await scene.hears(other, "Hello Petr")
        (first, _other) = scene.broker.core.chats
        said = [one.words.text for one in first.transcript.sentences]
        assert said == ["Hello Jana", "still there?", "You said still there?"]

    play(scenario)


def test_a_bot_that_is_started_again_goes_on(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        slow = Slow()
        first = await scene.run(slow)
        chat = await scene.visitors.start_chat(party_name="Jana")
        slow.release("a")
        await scene.visitors.send(chat, "a")
        await scene.hears(chat, "done a")
        await scene.visitors.send(chat, "b")
        await slow.begins("b")
        first.cancel()
        await slow.cancelled.wait()
        await scene.run(Parrot())
        await scene.hears(chat, "You said b")
        said = [one.words.text for one in scene.stored().transcript.sentences]
        assert said == ["a", "done a", "b", "You said b"]

    play(scenario)


class Changed(Parrot):
    """The same bot in a newer version, with other words."""

    async def on_text(self, chat: BotChat, text: str) -> Reply:
        return f"Now you said {text}"


@pytest.mark.parametrize(("after", "answer"), [(Parrot, "You"), (Changed, "Now you")])
def test_an_answer_is_not_given_twice(
    play: Callable[[Scenario], None], after: type[Bot], answer: str
) -> None:
    """W-21: it was killed between its answer and the confirmation of what it answered."""

    async def scenario(scene: Play) -> None:
        scene.broker.core.way.lost.add("CS_CHAT_CONFIRM")
        first = await scene.run(Parrot())
        chat = await scene.visitors.start_chat(party_name="Jana")
        await scene.visitors.send(chat, "hello")
        await scene.hears(chat, "You said hello")
        first.cancel()
        stored = scene.stored()
        assert not any(
            one.confirmed_at for one in stored.transcript.sentences if not one.words.outbound
        )
        scene.broker.core.way.lost.clear()
        await scene.run(after())
        await scene.visitors.send(chat, "more")
        await scene.hears(chat, f"{answer} said more")
        said = [one.words.text for one in stored.transcript.sentences if one.words.outbound]
        assert said == ["Hello Jana", "You said hello", f"{answer} said more"]

    play(scenario)


def test_a_session_that_is_over_ends_the_bot(play: Callable[[Scenario], None]) -> None:
    async def scenario(scene: Play) -> None:
        with pytest.raises(Ended, match="AuthFailed"):
            await run_bot(Bot(), scene.broker.address, "900", "robot", "wrong")

    play(scenario)


def test_a_project_is_named_as_in_the_configuration() -> None:
    """C-2."""
    assert project_id("Support") == derive("project", "Support")
    assert project_id(SALES.upper()) == SALES
