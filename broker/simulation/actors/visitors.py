"""Visitors as people are: they write, wait, lose interest, come back, fall silent."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field

from broker.config.model import SECOND
from broker.simulation.clients import Program
from broker.simulation.installation import CONTACTS, FORM, GATEWAYS, TOPICS, control_of
from broker.simulation.rng import Rng
from broker.simulation.world import World
from connectors.client.errors import ConnectorError
from connectors.client.events import (
    ChatRef,
    Event,
    FormOffered,
    OutboundRequested,
    RequestDone,
    SentenceAdded,
)
from protocol.chat import ChatServiceInfo, VariableInfo
from protocol.message import CommandInfo
from protocol.register import LiteralLookupInfo
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo
from protocol.values import Guid

MODELS = ((0, 16), (2, 1), (4, 1), (6, 2), (8, 1))
"""Which models people's programs send, and how often."""


def guid_from(rng: Rng) -> Guid:
    """A fresh Guid of a client's own."""
    text = rng.bytes(16).hex()
    return Guid(f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}")


def told(rng: Rng, number: int) -> str:
    """What somebody says; now and then something that a machine understands."""
    short = rng.weighed((("", 8), ("yes", 2), ("no", 1), ("Yes, please do it.", 1)))
    if short:
        return short
    filler = "x" * rng.choose((0, 3, 20, 200, 2_000))
    return f"sentence {number} {filler}"


def filled_in(rng: Rng, form: Guid) -> ScenarioResultInfo:
    """A form as somebody fills it in: mostly well, now and then not so."""
    name = "Contact" if form == FORM else "Call me back"
    topic = rng.weighed(((TOPICS[0], 6), (TOPICS[1], 6), ("nonsense", 1), (None, 1)))
    values = [
        ScenarioResultValueInfo(screen_control_id=control_of(name, key), result_text=text)
        for key, text in (("topic", topic), ("words", rng.choose((None, "hello", "Jana"))))
        if text is not None
    ]
    contact = rng.weighed(((None, 6), (CONTACTS[0], 2), (CONTACTS[1], 1), (CONTACTS[2], 1)))
    return ScenarioResultInfo(
        scenario_id=form,
        scenario_result_id=guid_from(rng),
        values=tuple(values),
        contact_id=contact,
    )


@define(eq=False, repr=False)
class Person:
    """Somebody who does one thing after the other until they are told to be quiet.

    Attributes:
        quiet: They start nothing any more.
    """

    world: World
    rng: Rng
    quiet: bool = False

    def begin(self) -> None:
        """Appear."""

    def later(self, mean: int, act: Callable[[], None]) -> None:
        """Do something after a while, unless quiet by then."""
        self.punctually(self.rng.about(mean), act)

    def punctually(self, delay: int, act: Callable[[], None]) -> None:
        """Do something after a time that is not left to chance, unless quiet by then."""

        def do() -> None:
            if not self.quiet:
                try:
                    act()
                except ConnectorError:
                    self.disturbed()

        self.world.after(delay, do)

    def disturbed(self) -> None:
        """What was tried is not possible now."""


@define(eq=False, repr=False)
class Visitor(Person):
    """A person who writes through a connector."""

    program: Program = field(kw_only=True)
    twin: Program | None = field(kw_only=True, default=None)
    peer: str = field(kw_only=True, default=GATEWAYS[0])
    name: str = field(kw_only=True, default="")
    ref: ChatRef | None = None
    said: list[tuple[str, str, int]] = field(factory=list)
    patience: int = 8
    form: Guid | None = None
    saved: ScenarioResultInfo | None = None

    def begin(self) -> None:
        """Come by, at some time."""
        self.later(20 * SECOND, self._arrive)

    def answers_call(self) -> None:
        """Somebody was called, and talks."""
        self.later(4 * SECOND, self._say)

    def disturbed(self) -> None:
        """The connector is away: try again later."""
        self.later(4 * SECOND, self._go_on)

    def _arrive(self) -> None:
        self.ref = ChatRef(self.peer, f"t-{self.name}")
        if self.rng.happens(0.4):
            info = ChatServiceInfo(peer=self.peer, tracking_id=self.ref.name)
            self.program.session.request("ES_CHAT_REQUEST", info, self.program.now)
            self.program.done()
        self._start()

    def _start(self) -> None:
        assert self.ref is not None
        form = None
        if self.rng.happens(0.3):
            form = filled_in(self.rng, FORM)
        info = ChatServiceInfo(
            peer=self.peer,
            tracking_id=self.ref.name,
            party_name=self.name,
            preferred_culture=self.rng.choose(("en", "cs", "de")),
            user_token=self.rng.choose((None, None, "u1", "u2")),
            remote_address=self.rng.choose((None, "a1", "a2", " ")),
            result_model=form,
        )
        programs = [self.program]
        if self.twin is not None and self.rng.happens(0.4):
            programs.append(self.twin)  # the same visitor on two connections, at the same moment
        for program in programs:
            program.session.start_chat(info, program.now)
            program.done()
        self.later(3 * SECOND, self._go_on)

    def _go_on(self) -> None:
        if self.ref is None:
            self._arrive()
            return
        self.patience -= 1
        if self.patience < 0:
            return
        act = self.rng.weighed(
            (
                (self._say, 12),
                (self._type, 3),
                (self._repeat, 3),
                (self._stop, 2),
                (self._fill, 2),
                (self._look_around, 1),
                (self._start, 1),
                (self._fall_silent, 1),
            )
        )
        act()

    def _say(self) -> None:
        assert self.ref is not None
        program = self.program
        for _ in range(self.rng.weighed(((1, 6), (2, 2), (5, 1)))):
            model = self.rng.weighed(MODELS)
            text = told(self.rng, len(self.said) + 1)
            key = program.session.send(
                self.ref, text, program.now, party_name=self.name, model=model
            )
            self.said.append((key, text, model))
        program.done()
        self.later(5 * SECOND, self._go_on)

    def _type(self) -> None:
        assert self.ref is not None
        self.program.session.typing(self.ref, True, self.program.now)
        self.program.done()
        self.later(2 * SECOND, self._say)

    def _repeat(self) -> None:
        """The same sentence with the same key again, perhaps by the other connection."""
        assert self.ref is not None
        if self.said:
            key, text, model = self.rng.choose(self.said[-3:])
            program = self.twin if self.twin is not None and self.rng.happens(0.3) else None
            program = program or self.program
            program.session.send(
                self.ref, text, program.now, sentence_id=key, party_name=self.name, model=model
            )
            program.done()
        self.later(4 * SECOND, self._go_on)

    def _stop(self) -> None:
        assert self.ref is not None
        self.program.session.command("STOP", self.ref, self.program.now)
        self.program.done()
        if self.rng.happens(0.7):
            self.later(12 * SECOND, self._start)  # comes back, mostly inside the inertia
        else:
            self.later(5 * SECOND, self._say)  # writes on although it is over

    def _fill(self) -> None:
        """A form, of the chat if one is offered there; now and then one that was saved before."""
        session, now = self.program.session, self.program.now
        known = session.chats.get(self.ref) if self.ref is not None else None
        offered, self.form = self.form, None
        if offered is not None:
            session.request("ES_SCENARIO_LOAD", CommandInfo(id=offered, reference="en"), now)
        of_chat = offered is not None or self.rng.happens(0.5)
        form = evolve(
            filled_in(self.rng, offered or FORM),
            chat_id=known.view.chat_id if known is not None and of_chat else None,
            peer=self.peer if self.rng.happens(0.5) else None,
        )
        if self.saved is not None and self.rng.happens(0.3):
            again = self.saved.scenario_result_id
            form = self.rng.choose((self.saved, evolve(form, scenario_result_id=again)))
        self.saved = form
        session.request("ES_SCENARIO_SAVE", form, now)
        self.program.done()
        self.later(3 * SECOND, self._go_on)

    def _look_around(self) -> None:
        """What a web page asks the broker for besides the chat itself."""
        session, now = self.program.session, self.program.now
        session.request("ES_SCENARIO_LOAD", CommandInfo(id=FORM, reference="en"), now)
        session.request("ES_WS_ROUTING", self.peer, now)
        session.request("ES_WS_LITERALS_GET", LiteralLookupInfo(literal_group=102), now)
        self.program.done()
        self.later(3 * SECOND, self._go_on)

    def _fall_silent(self) -> None:
        self.later(60 * SECOND, self._go_on)

    def heard(self, event: Event) -> None:
        """The connector's session tells something; sometimes the visitor answers at once."""
        if isinstance(event, FormOffered) and event.ref == self.ref:
            self.form = event.scenario_id
            if event.scenario_id is not None and self.rng.happens(0.6):
                self.later(2 * SECOND, self._fill)
        is_word = isinstance(event, SentenceAdded) and event.ref == self.ref and not event.mine
        if is_word and self.patience > 0 and self.rng.happens(0.5):
            self.patience -= 1
            self.later(2 * SECOND, self._say)


@define(eq=False, repr=False)
class Dialler(Person):
    """A program that begins chats by itself, and a connector that reaches whom it is told to.

    Attributes:
        program: The connector.
        peers: The gateways on which it begins chats.
        reached: Told of a visitor who was reached.
    """

    program: Program = field(kw_only=True)
    peers: tuple[str, ...] = field(kw_only=True)
    reached: Callable[[Visitor], None] = field(kw_only=True)
    opened: list[ChatServiceInfo] = field(factory=list)
    serial: int = 0

    def begin(self) -> None:
        """Have a first wish, at some time."""
        self.later(40 * SECOND, self._open)

    def _open(self) -> None:
        """Begin a chat: with a Guid of its own or without, or once more the last one."""
        self.later(40 * SECOND, self._open)
        session, now = self.program.session, self.program.now
        if self.opened and self.rng.happens(0.2):
            info = self.rng.choose(self.opened)
        else:
            self.serial += 1
            info = ChatServiceInfo(
                peer=self.rng.choose(self.peers),
                remote_address=f"+420{self.serial}",
                party_name=f"called{self.serial}",
                return_chat_id=guid_from(self.rng),
                preferred_culture=self.rng.choose(("en", "cs")),
                variables=(VariableInfo(name="why", value="a call"),),
            )
            self.opened.append(info)
        session.request("ES_CHAT_OPEN", info, now)
        self.program.done()

    def heard(self, event: Event) -> None:
        """The broker wants somebody to be reached: soon, late, twice, or never."""
        match event:
            case OutboundRequested():
                info = event.info
            case RequestDone() if isinstance(event.frame.payload, ChatServiceInfo):
                info = event.frame.payload  # its own wish comes back to it in this way
            case _:
                return
        if info.return_chat_id is None:
            return
        how = self.rng.weighed((("soon", 8), ("late", 2), ("twice", 2), ("never", 2)))
        if how == "never":
            return
        wait = 12 * SECOND if how == "late" else SECOND
        self.later(wait, lambda: self._bind(info))
        if how == "twice":
            self.later(2 * SECOND, lambda: self._bind(info))

    def _bind(self, info: ChatServiceInfo) -> None:
        chat = info.return_chat_id or ""
        own = f"-{self.program.name}" if self.rng.happens(0.1) else ""
        name = f"o-{chat[:13]}{own}"
        start = ChatServiceInfo(
            peer=info.peer, port=info.port, tracking_id=name, return_chat_id=info.return_chat_id
        )
        ref, _ = self.program.session.start_chat(start, self.program.now)
        self.program.done()
        visitor = Visitor(
            self.world,
            self.rng.fork(name),
            program=self.program,
            peer=ref.peer,
            name=name,
            ref=ref,
            patience=self.rng.between(0, 5),
        )
        self.reached(visitor)
        visitor.answers_call()
