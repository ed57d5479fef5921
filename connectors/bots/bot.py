"""What a bot is made of: a program that answers visitors first, and hands over to people.

    class Greeter(Bot):
        async def on_chat(self, chat: BotChat) -> Reply:
            return "Good day! What can I do for you?"

        async def on_text(self, chat: BotChat, text: str) -> Reply:
            return HandOver(project="Support")

    anyio.run(run_bot, Greeter(), "127.0.0.1:7070", "900", "greeter", "greeter-secret")

A bot is the workplace program of an agent whose role is `bot` (B-40). It answers each offer at once.
The handlers of one chat run one after the other, those of different chats side by side. While a handler
runs the visitor sees that somebody types. A handler that fails, or takes too long, costs its chat and no
other: the chat is handed over.

A sentence is confirmed when its handler is done, and the answer to it has a key that follows from it. So
a bot that is killed and started again goes on where it was: it handles what was not confirmed, and does
not say a second time what it has said.
"""

import logging
import ssl
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import anyio.abc
from attrs import define, evolve, field, frozen

from connectors.client.connect import connect_workplace
from connectors.client.errors import (
    ConnectionLost,
    ConnectorError,
    Ended,
    EndReason,
    NotConnected,
    Refused,
    TimedOut,
)
from connectors.client.events import (
    Alerted,
    ChatChanged,
    ChatForgotten,
    ChatRef,
    Disconnected,
    Event,
    Ready,
    SentenceAdded,
    SessionEnded,
)
from connectors.client.settings import Tuning
from connectors.client.transport import Address
from connectors.client.workplace import WorkplaceClient
from protocol.chat import ChatInfo, ChatSentenceInfo
from protocol.errors import ErrorCode
from protocol.identifiers import project_id
from protocol.values import AgentState, ChatStatus, Guid, SentenceModel

TYPING_SECONDS: Final = 2.0
"""How often it is told that the bot types, while it does."""

_log = logging.getLogger(__name__)


@frozen
class HandOver:
    """The bot is done, and a person goes on.

    Attributes:
        project: Where to, by name or id; None: the project rules decide.
        note: What the agent is told.
        say: What the visitor is told before.
    """

    project: str | None = None
    note: str | None = None
    say: str | None = None


@frozen
class End:
    """The chat is to end.

    Attributes:
        say: What the visitor is told before.
    """

    say: str | None = None


Reply = str | HandOver | End | None
"""What a handler wants: something said, the end of its work, or nothing."""


class BotChat:
    """A chat that a bot has.

    Attributes:
        ref: Its name.
        client: The bot's connection, for all that this class has no method for.
        memory: What the bot remembers of it, as long as it has it.
    """

    def __init__(self, ref: ChatRef, client: WorkplaceClient) -> None:
        self.ref = ref
        self.client = client
        self.memory: dict[str, Any] = {}
        self._learned: dict[str, str] = {}

    @property
    def info(self) -> ChatInfo:
        """What is known of the chat and the visitor."""
        known = self.client.chat(self.ref)
        return (known and known.view.info) or ChatInfo()

    @property
    def variables(self) -> dict[str, str]:
        """What the program that started the chat wants known."""
        return {one.name or "": one.value or "" for one in self.info.variables or ()}

    def learn(self, name: str, value: str) -> None:
        """Keep something for the agent: an internal note says it when the chat is handed over."""
        self._learned[name] = value

    def learned(self) -> dict[str, str]:
        """What has been learned."""
        return dict(self._learned)

    async def say(self, text: str) -> None:
        """Say something at once, for a handler that is not done yet."""
        await self.client.send(self.ref, text, party_name=name_of(self.client))


class Bot:
    """A bot. Subclass it, and say what it does.

    Attributes:
        when_failed: What is done when a handler raised, or was too slow.
        patience: Seconds that a handler may take.
        at_once: Handlers that may run at the same time.
    """

    when_failed: Reply = HandOver(note="the bot failed")
    patience: float = 60.0
    at_once: int = 100

    async def on_chat(self, chat: BotChat) -> Reply:
        """A chat begins.

        Returns:
            The greeting, or what else to do; None: nothing.
        """
        return None

    async def on_text(self, chat: BotChat, text: str) -> Reply:
        """The visitor said something.

        Returns:
            The answer, or what else to do; None: nothing.
        """
        return None


async def run_bot(
    bot: Bot,
    address: str | Address,
    number: str,
    login: str,
    token: str,
    *,
    tls: ssl.SSLContext | None = None,
    tuning: Tuning | None = None,
) -> None:
    """Run a bot until it is cancelled; it comes back whenever its connection or the broker is gone.

    Args:
        bot: What it does.
        address: The broker, `host:port`.
        number: Its workplace.
        login: Its login.
        token: Its secret.
        tls: How TLS is spoken, if `address` is a str; None: not at all.
        tuning: Times and bounds; sentences are confirmed by the bot whatever it says.

    Raises:
        Ended: The session is over: the token is wrong, or another program has the workplace.
    """
    by_hand = evolve(tuning or Tuning(), confirm=False)
    async with connect_workplace(
        address, number, login, token, tls=tls, tuning=by_hand, software="parley-bot", wait=False
    ) as client:
        await _Service(bot, client).run()


@define(eq=False)
class _Held:
    """A chat under service.

    Attributes:
        chat: The chat as the bot sees it.
        is_new: It has not been greeted.
        scope: Its work; cancelled when the chat is gone.
        inbox: What the visitor said and nobody handled.
        came: Set when something is in the inbox.
    """

    chat: BotChat
    is_new: bool
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    inbox: deque[ChatSentenceInfo] = field(factory=deque)
    came: anyio.Event = field(factory=anyio.Event)

    def put(self, sentence: ChatSentenceInfo) -> None:
        self.inbox.append(sentence)
        self.came.set()

    async def next(self) -> ChatSentenceInfo:
        while not self.inbox:
            self.came = anyio.Event()
            await self.came.wait()
        return self.inbox.popleft()


class _Service:
    """A bot at work: its events, and one task for each of its chats."""

    def __init__(self, bot: Bot, client: WorkplaceClient) -> None:
        self._bot = bot
        self._client = client
        self._held: dict[ChatRef, _Held] = {}
        self._limit = anyio.CapacityLimiter(bot.at_once)
        self._online = anyio.Event()

    async def run(self) -> None:
        ended = Ended(EndReason.CLOSED)
        async with anyio.create_task_group() as tasks:
            async for event in self._client.events():
                if isinstance(event, SessionEnded):
                    ended = event.error
                self._on(event, tasks)
            tasks.cancel_scope.cancel()
        raise ended

    def _on(self, event: Event, tasks: anyio.abc.TaskGroup) -> None:
        match event:
            case Ready():
                self._online.set()
                tasks.start_soon(self._try, "be ready", self._get_ready)
            case Disconnected() if self._online.is_set():
                self._online = anyio.Event()
            case Alerted(ref):
                tasks.start_soon(self._try, "answer", lambda: self._answer(ref))
            case ChatChanged(ref, ChatStatus.ANSWERED, before):
                if ref not in self._held:
                    held = self._held[ref] = self._take(ref, before)
                    tasks.start_soon(self._serve, held)
            case ChatChanged(ref) | ChatForgotten(ref):
                if (gone := self._held.pop(ref, None)) is not None:
                    gone.scope.cancel()
            case SentenceAdded(ref, sentence, mine=False) if ref in self._held:
                if sentence.confirmed_time is None:
                    self._held[ref].put(sentence)
            case _:
                pass

    def _take(self, ref: ChatRef, before: ChatStatus | None) -> _Held:
        """Begin with a chat: one that was just answered, or one that the bot had before it was restarted."""
        known = self._client.chat(ref)
        said = known.view.sentences.values() if known is not None else ()
        is_new = before is ChatStatus.ALERTING or not any(one.is_outbound for one in said)
        return _Held(BotChat(ref, self._client), is_new)

    async def _answer(self, ref: ChatRef) -> None:
        await self._online.wait()  # an offer may come while the resync runs
        known = self._client.chat(ref)
        if known is not None and known.alerting:
            await self._client.answer(ref)

    async def _get_ready(self) -> None:
        await self._client.set_state(AgentState.READY)

    async def _try(self, what: str, do: Callable[[], Awaitable[object]]) -> None:
        """Do what the next `Ready` or the next offer will ask for again, should it fail."""
        try:
            await do()
        except ConnectorError as error:
            _log.info("could not %s: %s", what, error)

    # --- one chat ---

    def _has(self, held: _Held) -> bool:
        """Whether the chat is the bot's now; the events may be behind."""
        known = self._client.chat(held.chat.ref)
        return known is not None and known.view.status is ChatStatus.ANSWERED

    async def _serve(self, held: _Held) -> None:
        with held.scope:
            if held.is_new:
                await self._handle(held, None)
            while self._has(held):
                await self._handle(held, await held.next())

    async def _handle(self, held: _Held, sentence: ChatSentenceInfo | None) -> None:
        """Handle the begin of a chat, or a sentence."""
        ref, reply = held.chat.ref, None
        try:
            if sentence is None or sentence.model == SentenceModel.SENTENCE:
                reply = await self._think(held, sentence)
                key = _key(ref, "after", sentence.counter if sentence else None)
                try:
                    await self._do(held, reply, key)
                except Refused as error:
                    if not self._has(held):
                        raise
                    _log.warning("chat %s: %r was refused: %s", ref.name, reply, error)
                    await self._do(held, self._bot.when_failed, None)
            if sentence is not None and self._has(held):
                self._client.confirm(ref, sentence.id or "")
        except ConnectorError as error:
            _log.warning("chat %s: %r was not done: %s", ref.name, reply, error)
        finally:
            if self._has(held):
                self._client.typing(ref, False)

    async def _think(self, held: _Held, sentence: ChatSentenceInfo | None) -> Reply:
        """Run a handler, and show that it runs."""
        bot, chat = self._bot, held.chat
        reply = bot.when_failed
        async with self._limit, anyio.create_task_group() as tasks:
            tasks.start_soon(self._type, chat.ref)
            try:
                with anyio.fail_after(bot.patience):
                    if sentence is None:
                        reply = await bot.on_chat(chat)
                    else:
                        reply = await bot.on_text(chat, sentence.text or "")
            except Exception:  # noqa: BLE001 - whatever it is, it costs this chat and no other
                _log.exception("chat %s: a handler failed", chat.ref.name)
            tasks.cancel_scope.cancel()
        return reply

    async def _type(self, ref: ChatRef) -> None:
        while True:
            self._client.typing(ref)
            await anyio.sleep(TYPING_SECONDS)

    async def _do(self, held: _Held, reply: Reply, key: str | None) -> None:
        ref = held.chat.ref
        match reply:
            case str(text):
                await self._say(ref, text, key)
            case End(say):
                await self._say(ref, say, key)
                await self._insist(held, lambda: self._client.hang_up(ref))
            case HandOver(project, note, say):
                await self._say(ref, say, key)
                await self._tell_learned(held.chat)
                await self._hand_over(held, project_id(project) if project else None, note)
            case None:
                pass

    async def _say(self, ref: ChatRef, text: str | None, key: str | None) -> None:
        if not text:
            return
        try:
            await self._client.send(ref, text, sentence_id=key, party_name=name_of(self._client))
        except Refused as error:
            if error.code != ErrorCode.KEY_REUSED:
                raise
            # It had answered this with other words before it was restarted.
            _log.info("chat %s: this was answered already", ref.name)

    async def _tell_learned(self, chat: BotChat) -> None:
        name = name_of(self._client)
        for what, value in chat.learned().items():
            key, text = _key(chat.ref, what, value), f"{what}: {value}"
            try:
                await self._client.note(chat.ref, text, sentence_id=key, party_name=name)
            except Refused as error:
                _log.warning("chat %s: a note was refused: %s", chat.ref.name, error)

    async def _hand_over(self, held: _Held, project: Guid | None, note: str | None) -> None:
        client, ref = self._client, held.chat.ref
        try:
            await self._insist(held, lambda: client.transfer(ref, project_id=project, note=note))
        except Refused as error:
            if project is None:
                raise
            _log.warning("chat %s: not handed over, the rules shall decide: %s", ref.name, error)
            await self._insist(held, lambda: client.transfer(ref, note=note))

    async def _insist(self, held: _Held, do: Callable[[], Awaitable[object]]) -> None:
        """Do what must not be repeated unseen: again only if the chat is still there afterwards."""
        while True:
            await self._online.wait()
            if not self._has(held):
                return
            try:
                await do()
            except (NotConnected, ConnectionLost, TimedOut) as error:
                _log.info("chat %s: once more, for %s", held.chat.ref.name, error)
            else:
                return


def name_of(client: WorkplaceClient) -> str | None:
    """How the bot is called in a conversation."""
    return client.welcome.agent_name if client.welcome is not None else None


def _key(ref: ChatRef, *about: object) -> str | None:
    """The key of a sentence that must not be said twice; None for one that needs none."""
    if None in about:
        return None
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "\n".join([ref.name, *map(str, about)])))
