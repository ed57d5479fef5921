"""What the two programs have in common: conversations, fed by events, and a face that shows them."""

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Protocol

import anyio
import anyio.abc

from connectors.client.connect import Client
from connectors.client.errors import ConnectorError, Ended, EndReason, Refused
from connectors.client.events import (
    ChatChanged,
    ChatRef,
    ChatRenewed,
    Connected,
    Disconnected,
    Event,
    ListRefused,
    Notice,
    Ready,
    RequestFailed,
    SentenceAdded,
    SentenceConfirmed,
    SentenceRefused,
    SessionEnded,
    TypingChanged,
)
from connectors.terminal.cells import Part
from connectors.terminal.conversation import Conversation, Line, short
from connectors.terminal.refusals import cause_text, refusal_text
from protocol.chat import ChatSentenceInfo
from protocol.errors import ErrorCode

_REPLACED = "you were logged in elsewhere: this program ends"
CAUSE = 36
"""Letters of the cause of a lost connection that the status line shows."""
FIRST_PATIENCE = 5.0
"""Seconds for which a program whose input has ended waits for a broker that it never met."""
REMEMBERED = 10_000
"""Sentences of one's own that are told from others'."""
LOST_PATIENCE = 60.0
"""The same for one that it has lost."""
NAME = 20
"""Cells that a name may take beside other things."""
OWN, CONNECTED, STATE, CHAT, TYPING, AWAY = range(6)
"""How much the parts of the status line matter: what has no room goes in this order."""


class Face(Protocol):
    """Where a person sees and types: the full screen, or plain lines."""

    async def run(self, terminal: "Terminal") -> None:
        """Take what the person types until they leave or the terminal is done."""

    def show(self, talk: Conversation | None, line: Line) -> None:
        """A line came about."""

    def delivered(self, talk: Conversation, counter: int) -> None:
        """An own line is with the other side."""

    async def edit(self, text: str) -> str | None:
        """Let the person edit a text in their own editor; None where there is no room for one."""

    def ring(self) -> None:
        """Something wants attention."""

    def refresh(self) -> None:
        """Something else changed."""


def is_command(text: str) -> bool:
    """Whether what was typed is a command; behind two strokes stands a sentence that begins with one."""
    return text.startswith("/") and not text.startswith("//")


class Terminal(ABC):
    """One person's work.

    Attributes:
        client: The connection to the broker.
        connection: What is known of it, for the status line.
        dial_at: While there is none: when the next one is tried.
        talks: The conversations.
        active: The one on the screen.
        remarks: Lines that belong to no conversation.
        said: The keys of what was said at this terminal, the latest of them.
        done: The program is to end.
        changed: Set, and renewed, when anything happened.
        declined: Something that was entered was not sent, or not done.
        status: The exit status of the program.
    """

    def __init__(self, client: Client, face: Face) -> None:
        self.client = client
        self.face = face
        self.connection = "connecting"
        self.dial_at: float | None = None
        self.said: dict[str, None] = {}
        self._was_ready = False
        self._is_met = False
        self._told: set[str] = set()
        self._why = ""
        self._away_since = client.now()
        self.talks: dict[ChatRef, Conversation] = {}
        self.active: ChatRef | None = None
        self.remarks: list[str] = []
        self.done = anyio.Event()
        self.changed = anyio.Event()
        self.declined = False
        self.status = 0
        self._tasks: anyio.abc.TaskGroup | None = None

    async def run(self) -> int:
        """Work until the person leaves or the session ends.

        Returns:
            The exit status of the program.
        """
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                self.begin()
            except Refused as error:
                print(f"error: this cannot begin: {refusal_text(error)}", file=sys.stderr)
                return 1
            tasks.start_soon(self._listen)
            await self.face.run(self)
            tasks.cancel_scope.cancel()
        return self.status

    # --- what the two programs do each in their way ---

    @abstractmethod
    def begin(self) -> None:
        """Do what is to be done at the start."""

    @abstractmethod
    async def command(self, name: str, rest: str) -> bool:
        """Do a command.

        Returns:
            Whether there is one of this name.
        """

    @abstractmethod
    def status_parts(self) -> list[Part]:
        """What the status line says."""

    @abstractmethod
    def bar(self, columns: int) -> list[str]:
        """What the rows above it say: offers, and other chats; may be none."""

    @abstractmethod
    def title_of(self, event: ChatChanged) -> str:
        """Who is on the other side of a chat."""

    @property
    @abstractmethod
    def help(self) -> str:
        """The commands."""

    # --- what the person types ---

    async def enter(self, text: str) -> None:
        """Take a line that the person entered: a command or a sentence."""
        # What a terminal sent that is no UTF-8 is no text on the wire either.
        text = text.encode("utf-8", "replace").decode("utf-8").strip()
        self.client.dial_now()
        if not text:
            return
        if not is_command(text):
            self.speak(text.removeprefix("/") if text.startswith("//") else text)
        else:
            name, _, rest = text[1:].partition(" ")
            if name in ("help", "h", "?"):
                for line in self.help.splitlines():
                    self.remark(line)
            elif name in ("quit", "q"):
                self.done.set()
            elif not await self.command(name, rest.strip()):
                self.decline(f"no command /{name}; /help lists them, //{name} says /{name}")
        self.stir()

    def speak(self, text: str) -> None:
        """Send a sentence in the active chat."""
        if self.active is None:
            self.decline("no chat is open")
            return
        try:
            self.said[self.client.send_soon(self.active, text, party_name=self.party_name)] = None
            while len(self.said) > REMEMBERED:
                del self.said[next(iter(self.said))]
        except ConnectorError as error:
            self.decline(f"not sent: {refusal_text(error)}")

    def typed(self, text: str) -> None:
        """The person is typing this: somebody is there, so a lost connection is tried at once."""
        self.client.dial_now()
        if self.active is not None and not self.done.is_set():
            self.client.typing(self.active, bool(text) and not is_command(text))

    @property
    def closed_text(self) -> str:
        """What is said of a line that was refused because the chat is closed."""
        return "the chat is closed"

    @property
    def party_name(self) -> str | None:
        """How the person is called in the conversation."""
        return None

    def later(self, do: Callable[..., Coroutine[Any, Any, object]], *arguments: object) -> None:
        """Do something in a task of its own."""
        assert self._tasks is not None  # there is one while the terminal runs
        self._tasks.start_soon(partial(do, *arguments))

    async def attempt(self, what: Awaitable[object]) -> bool:
        """Do something that may fail, and say so.

        Returns:
            Whether it was done.
        """
        try:
            await what
        except ConnectorError as error:
            self.decline(f"not done: {refusal_text(error)}")
            return False
        return True

    # --- what happens ---

    def remark(self, text: str, talk: Conversation | None = None) -> None:
        """Say something to the person, in a chat or in the one that they look at."""
        talk = talk or (self.talks.get(self.active) if self.active is not None else None)
        if talk is None:
            self.remarks.append(text)
        else:
            talk.say(text)
        self.face.show(talk, Line(text=text))

    def decline(self, text: str, talk: Conversation | None = None) -> None:
        """Say that something which was entered is not sent, or not done."""
        self.declined = True
        self.remark(text, talk)

    def lines(self) -> list[Line]:
        """What is on the screen."""
        if self.active is None or (talk := self.talks.get(self.active)) is None:
            return [Line(text=text) for text in self.remarks]
        return talk.lines(self.client.unsent(talk.ref))

    def look_at(self, ref: ChatRef) -> None:
        """Put a chat on the screen."""
        self.active = ref
        self.talk(ref).unread = 0
        self.face.refresh()

    def stir(self) -> None:
        """Something changed."""
        self.changed.set()
        self.changed = anyio.Event()
        self.face.refresh()

    async def finish(self) -> None:
        """Wait until nothing that was entered is without its echo, or there is no hope of that."""
        while not self.done.is_set() and (self._unsent() or not self._was_ready):
            with anyio.move_on_after(self._hope()) as scope:
                await self.changed.wait()
            if scope.cancelled_caught:
                self._give_up()

    def _unsent(self) -> int:
        return sum(len(self.client.unsent(ref)) for ref in self.talks)

    def _hope(self) -> float:
        """For how many seconds more a broker that is away is waited for."""
        if self.dial_at is None and self.connection != "connecting":
            return math.inf
        patience = LOST_PATIENCE if self._was_ready else FIRST_PATIENCE
        return max(0.0, self._away_since + patience - self.client.now())

    def _give_up(self) -> None:
        unsent = self._unsent()
        lines = f"; {unsent} line{'s' if unsent > 1 else ''} not sent" if unsent else ""
        why = self._why or self._silence()
        self.remark(f"there is no broker at {self.client.address}: {why}{lines}")
        self.status = 1
        self.done.set()

    def _silence(self) -> str:
        """Why there is no session, though no connection was lost yet."""
        if self.client.dialled:
            return "what answers there speaks another protocol (or wants --tls)"
        return "no answer in time"

    def lamp(self) -> Part:
        """What is known of the connection, for the status line."""
        rank = CONNECTED if self.connection == "connected" else AWAY
        return Part(self._connection_text(), rank)

    def _connection_text(self) -> str:
        if self.dial_at is None:
            return self.connection
        left = math.ceil(self.dial_at - self.client.now())
        text = f"{self.connection} ({short(self._why, CAUSE)})"
        return f"{text} in {left} s, or at a key" if left > 0 else text

    async def _listen(self) -> None:
        async for event in self.client.events():
            self.on(event)
            self.stir()
        self.done.set()

    def talk(self, ref: ChatRef) -> Conversation:
        """The conversation of a chat, made on first sight."""
        if ref not in self.talks:
            self.talks[ref] = Conversation(ref)
        return self.talks[ref]

    def on(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Connected():
                self.connection, self.dial_at = "connected, catching up", None
                self._is_met = True
            case Ready():
                self.connection, self._was_ready = "connected", True
                self._told.clear()
                self.face.show(None, Line(text="connected"))
            case Disconnected(why, dial_at):
                if self.connection != "reconnecting":
                    self._away_since = self.client.now()
                self.connection, self.dial_at, self._why = "reconnecting", dial_at, cause_text(why)
                self._tell_loss()
            case SessionEnded(error):
                self.connection = "disconnected"
                if error.reason is not EndReason.CLOSED:
                    self.status = 1
                    is_replaced = error.reason is EndReason.REPLACED
                    ended = f"the session has ended: {refusal_text(error)}"
                    self.remark(_REPLACED if is_replaced else ended)
            case RequestFailed(_, Ended()):
                pass  # `SessionEnded` tells it, once
            case Notice(error) | ListRefused(error) | RequestFailed(_, error):
                self.decline(f"the broker says: {refusal_text(error)}")
            case _:
                self._on_chat(event)

    def _tell_loss(self) -> None:
        """Say why there is no connection: each cause once, until there is one again."""
        text = f"reconnecting: {self._why}" if self._is_met else f"cannot reach {self._where()}"
        if text not in self._told:
            self._told.add(text)
            self.remark(text)
        self._is_met = False

    def _where(self) -> str:
        """What was tried, and what became of it."""
        address = self.client.address
        closed = self._why.startswith(("the connection ", "the broker closed the connection"))
        hint = " (does it want --tls?)" if closed and address.tls is None else ""
        return f"{address}: {self._why}{hint}"

    def _on_chat(self, event: Event) -> None:
        match event:
            case SentenceAdded(ref, sentence, mine):
                talk = self.talk(ref)
                talk.add(sentence, mine=mine, own=mine and self.wrote(sentence))
                if not mine and ref != self.active:
                    talk.unread += 1
                if not mine:
                    self.face.ring()
                self.face.show(talk, talk.line_of(sentence))
            case SentenceConfirmed(ref, sentence):
                self.talk(ref).confirmed(sentence)
                if self.talk(ref).is_own(sentence.counter):
                    self.face.delivered(self.talk(ref), sentence.counter)
            case SentenceRefused(ref, sentence, error):
                closed = isinstance(error, Refused) and error.code == ErrorCode.CHAT_CLOSED
                why = self.closed_text if closed else refusal_text(error)
                self.decline(f"not sent: {short(sentence.text or '')} ({why})", self.talk(ref))
            case ChatRenewed(ref):
                self.remark("the conversation was full: it goes on in a new one", self.talk(ref))
            case TypingChanged(ref, is_typing):
                self.talk(ref).is_typing = is_typing
            case ChatChanged(ref, status, before):
                talk = self.talk(ref)
                talk.is_about(event.info.chat_id)
                talk.status, talk.agent = status, event.info.agent_name
                talk.title = self.title_of(event) or talk.title
                if status is not before:
                    self.remark(self.said_of(event), talk)
            case _:
                pass

    def wrote(self, sentence: ChatSentenceInfo) -> bool:
        """Whether the person wrote a sentence of their side."""
        return True

    @abstractmethod
    def said_of(self, event: ChatChanged) -> str:
        """How a new status of a chat is told."""
