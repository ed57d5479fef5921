"""Bad clients: garbage, foreign names, wrong states, too much, too long, keys used twice."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field

from broker.checker.history import Kind
from broker.config.model import SECOND
from broker.simulation.actors.visitors import Person, filled_in, guid_from
from broker.simulation.clients import Net
from broker.simulation.frame_log import FrameLog
from broker.simulation.installation import FORM, token_of
from broker.simulation.network import SimulatedConnection as Wire
from broker.simulation.rng import Rng
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatTransferInfo,
    ChatWrapUpInfo,
)
from protocol.codec import assemble, pack
from protocol.identifiers import derive
from protocol.session import Hello, Ping
from protocol.values import AgentState, Guid, Role, TransferMode

OTHERS = ("SENTENCE", "NOTE", "TRANSFER", "INVITE", "FORM", "OTHER")
Spied = tuple[Guid, str, str]
COMMANDS = (
    "ANSWER",
    "HANGUP",
    "STATUS",
    "CONFIRM",
    "TYPING",
    "RETURN",
    "PARK",
    "LEAVE",
    "CLOSE",
    "EXPLAIN",
    "OVERVIEW",
)


@define(eq=False, repr=False)
class Vandal(Person):
    """Somebody with one good token and bad intentions; they speak without a client library.

    Attributes:
        spied: Chats that others have: Guid, peer and tracking ID.
        results: Forms that others filled in.
        pieces: What they say of lists in pieces is drawn from a source of its own.
    """

    net: Net = field(kw_only=True)
    role: Role = field(kw_only=True)
    login: str | None = field(kw_only=True, default=None)
    peer: str = field(kw_only=True)
    spied: Callable[[], list[Spied]] = field(kw_only=True)
    results: Callable[[], list[Guid]] = field(kw_only=True)
    wire: Wire | None = None
    serial: int = 0
    pieces: Rng = field(init=False)
    _logs: tuple[FrameLog, FrameLog] | None = None

    def __attrs_post_init__(self) -> None:
        self.pieces = self.rng.fork("pieces")

    def begin(self) -> None:
        """Be there at some time."""
        self.later(15 * SECOND, self._dial)

    def _dial(self) -> None:
        wire = self.net.dial(f"vandal-{self.role}", self.role, (self.peer,), self.login)
        self.later(20 * SECOND, self._dial if wire is None else self._renew)
        if wire is None:
            return
        self.wire = wire
        world, history = self.net.world, self.net.history
        self._logs = (
            FrameLog(history, Kind.SENT, wire.name, lambda: world.now),
            FrameLog(history, Kind.GOT, wire.name, lambda: world.now),
        )
        wire.down.on_data = self._logs[1].passed
        wire.down.on_end = lambda: self._gone(wire)
        good = self.rng.happens(0.8)
        name = self.login or self.peer
        hello = Hello(
            version=1 if self.rng.happens(0.95) else 7,
            role=self.role,
            peers=(self.peer,),
            login=self.login,
            token=token_of("web" if self.role is Role.CONNECTOR else name) if good else "guess",
            takes_pieces=self.pieces.choose((None, True)),
        )
        if self.rng.happens(0.9):
            self._say("SYS_HELLO", hello)
        self.later(SECOND, self._misbehave)

    def _renew(self) -> None:
        if self.wire is None:
            self._dial()
        else:
            self.later(20 * SECOND, self._renew)

    def _gone(self, wire: Wire) -> None:
        if self.wire is wire:
            self.wire = None
        wire.up.close()
        self.net.gone(wire, "ended")

    def stop(self) -> None:
        """Go away for good."""
        self.quiet = True
        if self.wire is not None:
            self._gone(self.wire)

    def _say(self, type_: str, payload: object) -> None:
        self.serial += 1
        self._bytes(assemble(pack(type_, payload), {"Id": f"v{self.serial}"}))

    def _bytes(self, data: bytes) -> None:
        if self.wire is not None and self._logs is not None:
            taken = self.wire.up.write(data)
            self._logs[0].passed(data[:taken])

    def _misbehave(self) -> None:
        if self.wire is None:
            return
        acts: tuple[tuple[Callable[[], None], int], ...] = (
            (self._foreign_chat, 6),
            (self._foreign_peer, 4),
            (self._wrong_role, 3),
            (self._reused_key, 4),
            (self._flood, 1),
            (self._ask_a_lot, 3),
            (self._garbage, 1),
            (self._too_long, 1),
            (self._out_of_place, 2),
        )
        self.rng.weighed(acts)()
        self.later(3 * SECOND, self._misbehave)

    def _any_chat(self, peers: tuple[str, ...] = ()) -> Spied:
        chats = [chat for chat in self.spied() if not peers or chat[1] in peers]
        if chats and self.rng.happens(0.9):
            return self.rng.choose(chats[-20:])
        return (guid_from(self.rng), "social", "t-visitor1")

    def _foreign_chat(self) -> None:
        if self.role is Role.WORKPLACE:
            self._foreign_inside()
        else:
            self._foreign_outside()

    def _foreign_inside(self) -> None:
        kind = self.rng.choose((*COMMANDS, *OTHERS))
        chat, _, _ = self._any_chat()
        match kind:
            case "SENTENCE" | "NOTE":
                model = 10 if kind == "NOTE" else 0
                said = ChatSentenceInfo(
                    peer=self.peer, chat_id=chat, id="x", text="gotcha", model=model
                )
                self._say("CS_CHAT_SENTENCE", said)
            case "TRANSFER" | "INVITE":
                mode = self.rng.choose((None, *TransferMode))
                me = self.rng.choose((None, derive("agent", self.login or "")))
                wish = ChatTransferInfo(peer=self.peer, chat_id=chat, to_agent_id=me, mode=mode)
                self._say(f"CS_CHAT_{kind}", wish)
            case "FORM":
                self._foreign_form(chat)
            case "OTHER":
                self._rule_over(chat)
            case _:
                command = ChatCommandInfo(peer=self.peer, chat_id=chat, id="x", is_parked=True)
                self._say(f"CS_CHAT_{kind}", command)

    def _foreign_form(self, chat: Guid) -> None:
        """What a visitor filled in, read and overwritten by somebody who has no part in it."""
        results = self.results()
        key = self.rng.choose(results[-20:]) if results else guid_from(self.rng)
        inside = self.role is Role.WORKPLACE
        form = evolve(
            filled_in(self.rng, FORM),
            peer=self.peer if inside else None,
            chat_id=chat if inside or self.rng.happens(0.5) else None,
            scenario_result_id=key,
        )
        if inside:
            self._say("CS_SCENARIO_RESULT", form)
        self._say("CS_SCENARIO_SAVE" if inside else "ES_SCENARIO_SAVE", form)

    def _rule_over(self, chat: Guid) -> None:
        """What only supervisors may do, and a chat under a foreign key."""
        other = derive("agent", "agent0")
        state = self.rng.choose((AgentState.LOG_OFF, AgentState.PAUSE))
        self._say("CS_AGENT_STATE", AgentStateInfo(peer=self.peer, agent_id=other, state=state))
        self._say("CS_CHAT_WRAPUP", ChatWrapUpInfo(peer=self.peer, chat_id=chat, code="done"))
        self._say("CS_CHAT_OPEN", ChatServiceInfo(peer="web", return_chat_id=chat))

    def _foreign_outside(self) -> None:
        """Of the gateway that they do not serve; the others' chats on their own are theirs as well."""
        if self.rng.happens(0.1):
            self._foreign_form(self._any_chat(("social",))[0])
            return
        kind = self.rng.choose(("STOP", "STATUS", "CONFIRM", "TYPING", "SENTENCE", "SENTENCE"))
        chat, peer, name = self._any_chat(("social",))
        if self.rng.happens(0.2):
            # To bind a foreign chat, and to reach one of their own gateway by its Guid alone.
            start = ChatServiceInfo(peer=self.peer, tracking_id="v-bound", return_chat_id=chat)
            self._say("ES_CHAT_START", start)
            self._say("ES_CHAT_OPEN", ChatServiceInfo(peer=peer, remote_address="x"))
            guid, _, _ = self._any_chat((self.peer,))
            self._say("ES_CHAT_STATUS", ChatCommandInfo(peer=self.peer, tracking_id=guid))
            return
        if kind == "SENTENCE":
            said = ChatSentenceInfo(peer=peer, tracking_id=name, id="x", text="gotcha")
            self._say("ES_CHAT_SENTENCE", said)
        else:
            self._say(f"ES_CHAT_{kind}", ChatCommandInfo(peer=peer, tracking_id=name, id="x"))

    def _foreign_peer(self) -> None:
        if self.role is Role.WORKPLACE:
            self._say("CS_CHAT_RESYNC", ChatCommandInfo(peer="101"))
            self._say("CS_AGENT_STATE", AgentStateInfo(peer="101", state=AgentState.PAUSE))
        else:
            self._say("ES_CHAT_RESYNC", ChatCommandInfo(peer="social"))
            self._say("ES_CHAT_START", ChatServiceInfo(peer="nowhere", tracking_id="t-visitor1"))

    def _wrong_role(self) -> None:
        if self.role is Role.WORKPLACE:
            self._say("ES_CHAT_STOP", ChatCommandInfo(peer="web", tracking_id="t-visitor1"))
        else:
            self._say("CS_CHAT_ANSWER", ChatCommandInfo(peer="101", chat_id=self._any_chat()[0]))

    def _reused_key(self) -> None:
        if self.role is Role.WORKPLACE:
            self._say("CS_AGENT_STATE", AgentStateInfo(peer=self.peer, state=AgentState.READY))
            return
        name = f"v-{self.peer}"
        self._say("ES_CHAT_START", ChatServiceInfo(peer=self.peer, tracking_id=name))
        for text in ("one", "two", "one"):
            sentence = ChatSentenceInfo(peer=self.peer, tracking_id=name, id="same", text=text)
            self._say("ES_CHAT_SENTENCE", sentence)
        self._say("ES_CHAT_STOP", ChatCommandInfo(peer=self.peer, tracking_id=name))

    def _flood(self) -> None:
        for _ in range(150):
            self._say("SYS_PING", Ping(nonce="n"))
            self._foreign_chat()

    def _ask_a_lot(self) -> None:
        """Cheap questions with dear answers, and now and then not staying to hear them."""
        side = "CS" if self.role is Role.WORKPLACE else "ES"
        chat, _, name = self._any_chat((self.peer,))
        for _ in range(self.rng.between(3, 30)):
            after = self.pieces.choose((None, None, -1, 0, 1, 7, 1_000_000))
            one = ChatCommandInfo(peer=self.peer, tracking_id=name, chat_id=chat, after=after)
            kind = self.rng.choose(("STATUS", "STATUS", "RESYNC"))
            self._say(f"{side}_CHAT_{kind}", one)
        self._reused_key()
        if self.wire is not None and self.rng.happens(0.3):
            self._gone(self.wire)

    def _garbage(self) -> None:
        self._bytes(self.rng.bytes(self.rng.between(1, 60)))

    def _too_long(self) -> None:
        if self.rng.happens(0.5):
            self._bytes((300_000).to_bytes(4, "big") + b"x" * 1_000)
        else:
            text = "y" * 40_000
            sentence = ChatSentenceInfo(peer=self.peer, tracking_id="t", id="long", text=text)
            self._say("ES_CHAT_SENTENCE", sentence)

    def _out_of_place(self) -> None:
        self._say("SYS_HELLO", Hello(version=1, role=self.role, peers=(self.peer,), token="t"))  # noqa: S106 - no secret, a wrong one
