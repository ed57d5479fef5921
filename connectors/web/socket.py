"""A visitor on a WebSocket: what looks like a broker to the browser, with the visitor's rights only.

docs/website.md ("Live") says what a browser may rely on. Sentences are handed over in the order in which they
come and are answered when the broker has them; everything else is a question with an answer, and several may
be under way. What is pushed comes from the link (`Watcher`), in the order in which the broker said it.
"""

from collections.abc import Callable
from typing import Final

import anyio
from attrs import evolve, frozen
from starlette.websockets import WebSocket

from connectors.client import (
    ChatForgotten,
    ChatRef,
    SentenceAdded,
    SentenceConfirmed,
    SentenceEchoed,
    SentenceRefused,
    SlotChanged,
    TypingChanged,
)
from connectors.web import frames, masks, rates
from connectors.web.broker_link import About
from connectors.web.frames import HEARTBEAT, answering, wire_error
from connectors.web.line import FAILED, HELLO_SECONDS, LATER, NORMAL, POLICY, RESTART, Line
from connectors.web.problems import AWAY_TEXT, Problem
from connectors.web.questions import Answer
from connectors.web.rates import Allowance
from connectors.web.sockets import Sockets
from connectors.web.tokens import NoVisitor, Visitor
from connectors.web.visits import Visits
from protocol.blob import BlobStatusInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Bye, Ping
from protocol.values import ChatStatus, FrameId

WAITING_FRAMES: Final = 512
WAITING_BYTES: Final = 2 * 1_048_576
"""What may wait for a browser that does not read; a snapshot is a megabyte at the most."""
PENDING: Final = 256
"""Sentences of one socket that may wait for their echo."""
QUESTIONS: Final = 32
"""Questions of one socket that may wait for their answer."""
COOKIE: Final = "cookie"
"""What a hello says in place of a token: take the cookie."""


@frozen(kw_only=True)
class Handshake:
    """What is known of a browser before its hello.

    Attributes:
        address: Where it is.
        may: Whether its page may use a site.
        cookie: The visitor's token of a site, among the cookies of the handshake.
    """

    address: str
    may: Callable[[str], bool]
    cookie: Callable[[str], str | None]


class Socket:
    """One WebSocket of one visitor."""

    def __init__(self, websocket: WebSocket, sockets: Sockets, handshake: Handshake) -> None:
        """Make it of a handshake that is good.

        Args:
            websocket: The connection, which is not accepted yet.
            sockets: All of them.
            handshake: What is known of the browser.
        """
        self._line = Line(websocket, WAITING_FRAMES, WAITING_BYTES)
        self._sockets = sockets
        self._handshake = handshake
        self._visits: Visits | None = None
        self._visitor: Visitor | None = None
        self._site = ""
        self._ref: ChatRef | None = None
        self._pending: dict[str, tuple[ChatSentenceInfo, FrameId]] = {}
        self._questions = 0
        self._away = False
        self._back = anyio.Event()
        self._allowance = Allowance(rates.FRAMES, anyio.current_time)

    # --- its life

    async def run(self) -> None:
        """Serve it to its end."""
        self._sockets.enter(self)
        try:
            await self._line.run(self._serve)
        finally:
            self._sockets.leave(self)
            self._leave()

    async def _serve(self) -> None:
        try:
            with anyio.fail_after(HELLO_SECONDS):
                frame = await self._read()
                if frame is None:
                    return
            self._greet(frame)
        except TimeoutError:
            self._fail(WireError(ErrorCode.HELLO_TIMEOUT, "no SYS_HELLO"))
        except WireError as error:
            self._fail(error if error.fatal else frames.bad_hello(error))
        quiet = False
        while self._line.is_open:
            try:
                with anyio.fail_after(HEARTBEAT):
                    frame = await self._read()
            except TimeoutError:
                if quiet:
                    self.bye(ByeCode.TIMEOUT, "nothing was heard", NORMAL)
                    return
                quiet = True
                self._put(Frame("SYS_PING", Ping()))
                continue
            except WireError as error:
                self._refuse(error)
                continue
            if frame is None:
                return
            quiet = False
            await self._take(frame)

    async def _read(self) -> Frame | None:
        """The next frame; None: there is none any more.

        Raises:
            WireError: It is none.
        """
        text = await self._line.receive()
        if text is None:
            return None
        if not self._allowance.takes():
            self._sockets.rates.limited["frames of a socket"] += 1
            self.bye(ByeCode.RATE_LIMITED, "far too many frames", POLICY)
            return None
        if self._visits is not None and self._visitor is not None and self._visits.link.ready:
            self._follow(self._visits.ref(self._visitor))
        frame = masks.read(text, self._site, self._ref)
        self._sockets.figures.frames[frame.type] += 1
        return frame

    def _greet(self, frame: Frame) -> None:
        hello = frames.hello_of(frame)
        (name, *others) = hello.peers or ("",)
        visits = self._sockets.visits.get(name)
        token = self._handshake.cookie(name) if hello.token == COOKIE else hello.token
        if visits is None or others or not token or not self._handshake.may(name):
            raise WireError(ErrorCode.AUTH_FAILED, "no such site, or no token", re=frame.id)
        try:
            visitor = self._sockets.tokens.read(token, name)
        except NoVisitor:
            raise WireError(ErrorCode.AUTH_FAILED, "the token is not good", re=frame.id) from None
        if not visits.link.ready:
            self._fail(WireError(ErrorCode.OVERLOADED, AWAY_TEXT, re=frame.id), LATER)
            return
        if not self._sockets.admit(visitor):
            text = "too many sockets of one visitor"
            self._fail(WireError(ErrorCode.OVERLOADED, text, re=frame.id), LATER)
            return
        self._visits, self._visitor, self._site = visits, visitor, name
        self._follow(visits.ref(visitor))
        self._put(frames.welcome(frame))

    def _follow(self, ref: ChatRef) -> None:
        """Watch the visitor's chat, which may be another one than before."""
        if ref != self._ref and self._visits is not None:
            if self._ref is not None:
                self._visits.link.leave(self._ref, self)
            self._ref = ref
            self._visits.link.watch(ref, self)

    def _leave(self) -> None:
        if self._visits is not None and self._visitor is not None:
            if self._ref is not None:
                self._visits.link.leave(self._ref, self)
            self._sockets.dismiss(self._visitor)
            self._visits = self._visitor = None

    # --- what comes

    async def _take(self, frame: Frame) -> None:
        match frame.payload:
            case Ping() if frame.type == "SYS_PING":
                self._put(Frame("SYS_PONG", frame.payload, answering(frame.id)))
            case Ping():
                pass
            case Bye():
                self._line.close(NORMAL)
            case ChatCommandInfo() if frame.type == "ES_CHAT_TYPING":
                self._typing(frame.payload)
            case ChatSentenceInfo():
                await self._say(frame, frame.payload)
            case _:
                self._ask(frame)

    def _typing(self, info: ChatCommandInfo) -> None:
        assert self._visits is not None
        assert self._visitor is not None
        is_typing = info.is_typing is not False
        frames.typing(self._visits, self._visitor, self._sockets.rates, is_typing=is_typing)

    async def _say(self, frame: Frame, said: ChatSentenceInfo) -> None:
        assert self._visits is not None
        assert self._visitor is not None
        try:
            self._check(frames.kind_of(said))
            if len(self._pending) >= PENDING:
                raise Problem(ErrorCode.RATE_LIMITED, "too many sentences wait for their echo")
            if said.attachments:
                await self._visits.prove(self._visitor, said.attachments)
            key = said.id or ""
            before = self._pending.get(key)
            self._pending[key] = (said, frame.id)
            try:
                self._visits.say_soon(self._visitor, said)
            except Problem:
                self._pending.pop(key)
                if before is not None:
                    self._pending[key] = before
                raise
        except Problem as problem:
            self._refuse(wire_error(problem, frame))

    def _ask(self, frame: Frame) -> None:
        try:
            kind, answer = frames.question_of(frame)
            if self._questions >= QUESTIONS:
                raise Problem(ErrorCode.RATE_LIMITED, "too many questions wait for their answer")
            self._check(kind)
        except Problem as problem:
            self._refuse(wire_error(problem, frame))
            return
        self._questions += 1
        self._line.tasks.start_soon(self._answered, frame, answer)

    async def _answered(self, frame: Frame, answer: Answer) -> None:
        assert self._visits is not None
        assert self._visitor is not None
        try:
            found = await answer(self._visits, self._visitor, frame, self._handshake.address)
        except Problem as problem:
            self._refuse(wire_error(problem, frame))
            return
        finally:
            self._questions -= 1
        if found is not None:
            self._put(evolve(found, headers=answering(frame.id)))

    def _check(self, kind: str) -> None:
        """Whether the broker is there, and the visitor may send one more of a kind."""
        assert self._visits is not None
        assert self._visitor is not None
        frames.check(self._visits, self._visitor, self._sockets.rates, kind)

    # --- what the link tells

    def told(self, event: About) -> None:
        """Something happened in the visitor's chat."""
        match event:
            case SentenceAdded(sentence=sentence, mine=True) | SentenceEchoed(sentence=sentence):
                self._echo(sentence, is_push=isinstance(event, SentenceAdded))
            case SentenceAdded(sentence=sentence) | SlotChanged(sentence=sentence):
                self._put(Frame("SE_CHAT_SENTENCE", sentence))
            case SentenceRefused(sentence=sentence, error=error):
                self._refused(sentence, getattr(error, "code", ErrorCode.OVERLOADED), str(error))
            case SentenceConfirmed(sentence=sentence):
                model = sentence.model if not sentence.counter else None
                confirmed = ChatCommandInfo(
                    id=sentence.id, time_stamp=sentence.confirmed_time, model=model
                )
                self._put(Frame("SE_CHAT_CONFIRM", confirmed))
            case TypingChanged(is_typing=is_typing):
                self._put(Frame("SE_CHAT_TYPING", ChatCommandInfo(is_typing=is_typing)))
            case ChatForgotten():
                closed = ChatStatusInfo(status=ChatStatus.CLOSED)
                self._put(Frame("SE_CHAT_STATUS", closed))
            case _:
                self._push_status()

    def judged(self, verdict: BlobStatusInfo) -> None:
        """The scanner said something of an attachment of the chat."""
        self._put(Frame("SE_BLOB_STATUS", verdict))

    def broker_left(self) -> None:
        """Say so, and wait for it for a while."""
        if self._away:
            return
        self._away, self._back = True, anyio.Event()
        self._put(frames.AWAY)
        self._line.tasks.start_soon(self._wait_for_broker)

    def broker_back(self) -> None:
        """It is here again: what was missed has been told by now."""
        if self._away:
            self._away = False
            self._back.set()
            self._push_status()

    def fail(self) -> None:
        """Something of ours is wrong: the browser may have more luck with another socket."""
        self._line.close(FAILED)

    async def _wait_for_broker(self) -> None:
        with anyio.move_on_after(self._sockets.patience):
            await self._back.wait()
            return
        self.bye(ByeCode.STORE_UNAVAILABLE, AWAY_TEXT, LATER, after=2)

    def _push_status(self) -> None:
        if self._visits is None or self._visitor is None or not self._visits.link.ready:
            return
        chat = self._visits.known(self._visitor)
        if chat is not None and chat.view.status is not None:
            self._put(Frame("SE_CHAT_STATUS", chat.view.latest))

    def _echo(self, sentence: ChatSentenceInfo, *, is_push: bool) -> None:
        """A sentence of the visitor is stored: the answer, if it was said here; else a push."""
        waits = self._pending.get(sentence.id or "")
        if waits is not None and (waits[0].text, waits[0].model) == (sentence.text, sentence.model):
            del self._pending[sentence.id or ""]
            self._put(Frame("SE_CHAT_SENTENCE", sentence, answering(waits[1])))
        elif is_push:
            self._put(Frame("SE_CHAT_SENTENCE", sentence))

    def _refused(self, sentence: ChatSentenceInfo, code: str, text: str) -> None:
        waits = self._pending.pop(sentence.id or "", None)
        if waits is not None:
            text = text.removeprefix(f"{code}: ")
            self._refuse(WireError(ErrorCode(code), text, type="ES_CHAT_SENTENCE", re=waits[1]))

    # --- what goes

    def end(self, key: str) -> None:
        """Say good-bye to who has logged out: what is more there is for who has another token."""
        if self._visitor is not None and self._visitor.key == key:
            self.bye(ByeCode.SHUTDOWN, "the token has ended", NORMAL, after=1)

    def restart(self) -> None:
        """Say good-bye: the process ends."""
        self.bye(ByeCode.SHUTDOWN, "the web site is started again", RESTART, after=1)

    def _refuse(self, error: WireError) -> None:
        if error.fatal:
            self._fail(error)
            return
        self._sockets.figures.refuse(error.type, error.code)
        self._put(frames.refusal(error))

    def _fail(self, error: WireError, code: int = POLICY) -> None:
        """Refuse it all."""
        self._sockets.figures.refuse(error.type, error.code)
        self._put(frames.refusal(error, fatal=True))
        self._line.close(code)

    def bye(self, code: ByeCode, text: str, close: int, *, after: int | None = None) -> None:
        """Say good-bye."""
        self._put(Frame("SYS_BYE", Bye(code=code, text=text, reconnect_after_seconds=after)))
        self._line.close(close)

    def _put(self, frame: Frame) -> None:
        if self._line.is_open:
            self._line.put(frames.written(frame, self._site))
