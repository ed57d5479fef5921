"""Visitors and agents as people are: they write, wait, lose interest, come back, fall silent."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from broker.tools.simulate.chance import Chance
from broker.tools.simulate.clients import Net, Program
from broker.tools.simulate.town import FORM, GATEWAYS
from broker.tools.simulate.world import MS, SECOND, World
from connectors.errors import ConnectorError
from connectors.events import (
    Alerted,
    ChatChanged,
    ChatRef,
    Event,
    Ready,
    SentenceAdded,
    SessionEnded,
)
from connectors.settings import WorkplaceSettings
from protocol.chat import ChatServiceInfo, ChatWrapUpInfo
from protocol.message import CommandInfo
from protocol.register import LiteralLookupInfo
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo
from protocol.values import AgentState, ChatStatus, Guid

MODELS = ((0, 16), (2, 1), (4, 1), (6, 2), (8, 1))
"""Which models people's programs send, and how often."""


def guid_from(chance: Chance) -> Guid:
    """A fresh Guid of a client's own."""
    text = chance.bytes(16).hex()
    return Guid(f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}")


def told(chance: Chance, number: int) -> str:
    """What somebody says."""
    filler = "x" * chance.choose((0, 3, 20, 200, 2_000))
    return f"sentence {number} {filler}"


@define(eq=False, repr=False)
class Person:
    """Somebody who does one thing after the other until he is told to be quiet.

    Attributes:
        quiet: He starts nothing any more.
    """

    world: World
    chance: Chance
    quiet: bool = False

    def begin(self) -> None:
        """Appear."""

    def later(self, mean: int, act: Callable[[], None]) -> None:
        """Do something after a while, unless quiet by then."""

        def do() -> None:
            if not self.quiet:
                try:
                    act()
                except ConnectorError:
                    self.disturbed()

        self.world.after(self.chance.about(mean), do)

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

    def begin(self) -> None:
        """Come by, at some time."""
        self.later(20 * SECOND, self._arrive)

    def disturbed(self) -> None:
        """The connector is away: try again later."""
        self.later(4 * SECOND, self._go_on)

    def _arrive(self) -> None:
        self.ref = ChatRef(self.peer, f"t-{self.name}")
        if self.chance.happens(0.4):
            info = ChatServiceInfo(peer=self.peer, tracking_id=self.ref.name)
            self.program.session.request("ES_CHAT_REQUEST", info, self.program.now)
            self.program.done()
        self._start()

    def _start(self) -> None:
        assert self.ref is not None
        form = None
        if self.chance.happens(0.3):
            form = ScenarioResultInfo(
                scenario_id=FORM,
                scenario_result_id=guid_from(self.chance),
                values=(ScenarioResultValueInfo(result_text="hello"),),
            )
        info = ChatServiceInfo(
            peer=self.peer,
            tracking_id=self.ref.name,
            party_name=self.name,
            preferred_culture=self.chance.choose(("en", "cs", "de")),
            result_model=form,
        )
        programs = [self.program]
        if self.twin is not None and self.chance.happens(0.4):
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
        act = self.chance.weighed(
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
        for _ in range(self.chance.weighed(((1, 6), (2, 2), (5, 1)))):
            model = self.chance.weighed(MODELS)
            text = told(self.chance, len(self.said) + 1)
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
            key, text, model = self.chance.choose(self.said[-3:])
            program = self.twin if self.twin is not None and self.chance.happens(0.3) else None
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
        if self.chance.happens(0.7):
            self.later(12 * SECOND, self._start)  # comes back, mostly inside the inertia
        else:
            self.later(5 * SECOND, self._say)  # writes on although it is over

    def _fill(self) -> None:
        form = ScenarioResultInfo(scenario_id=FORM, scenario_result_id=guid_from(self.chance))
        self.program.session.request("ES_SCENARIO_SAVE", form, self.program.now)
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
        is_word = isinstance(event, SentenceAdded) and event.ref == self.ref and not event.mine
        if is_word and self.patience > 0 and self.chance.happens(0.5):
            self.patience -= 1
            self.later(2 * SECOND, self._say)


@define(eq=False, repr=False)
class AgentPerson(Person):
    """A person at a workplace, with a program that is started anew when it ended."""

    net: Net = field(kw_only=True)
    settings: WorkplaceSettings = field(kw_only=True)
    program: Program | None = None
    serial: int = 0
    wants: AgentState = AgentState.READY

    def begin(self) -> None:
        """Come to work."""
        self.later(3 * SECOND, self._sit_down)

    def _sit_down(self) -> None:
        self.serial += 1
        self.wants = AgentState.READY
        name = f"{self.settings.login}.{self.serial}"
        program = Program(self.net, name, self.settings)
        program.on_event = lambda event: self._heard(program, event)
        self.program = program
        self.later(25 * SECOND, self._mood)

    def disturbed(self) -> None:
        """The connection is away; the program comes back by itself."""

    def _heard(self, program: Program, event: Event) -> None:
        if program is not self.program:
            return  # an older program, of which he does not think any more
        match event:
            case Ready():
                self.later(300 * MS, self._report)
            case Alerted():
                self._alerted(event.ref)
            case ChatChanged() if event.status is ChatStatus.CLOSED:
                self.later(2 * SECOND, lambda: self._wrap_up(event.ref))
            case ChatChanged() if event.status is ChatStatus.ANSWERED:
                self.later(3 * SECOND, lambda: self._write(event.ref, 6))
            case SentenceAdded() if not event.mine and self.chance.happens(0.5):
                self.later(2 * SECOND, lambda: self._write(event.ref, 0))
            case SessionEnded():
                self.program = None
                self.later(4 * SECOND, self._return)
            case _:
                pass

    def _return(self) -> None:
        if self.program is None:
            self._sit_down()

    def _at(self) -> Program:
        if self.program is None or self.program.off:
            raise ConnectorError
        return self.program

    def _report(self) -> None:
        program = self._at()
        program.session.set_agent_state(self.wants, program.now)
        program.done()

    def _alerted(self, ref: ChatRef) -> None:
        act = self.chance.weighed((("ANSWER", 12), ("HANGUP", 2), ("", 3), ("LATE", 1)))
        if act == "LATE":
            self.world.after(10 * SECOND, lambda: self._answer("ANSWER", ref))
        elif act:
            self.later(1 * SECOND, lambda: self._command(act, ref))

    def _answer(self, kind: str, ref: ChatRef) -> None:
        try:
            self._command(kind, ref)
        except ConnectorError:
            self.disturbed()

    def _command(self, kind: str, ref: ChatRef) -> None:
        program = self._at()
        program.session.command(kind, ref, program.now)
        program.done()

    def _wrap_up(self, ref: ChatRef) -> None:
        program = self._at()
        done = ChatWrapUpInfo(peer=ref.peer, chat_id=Guid(ref.name), code="done", note="n")
        program.session.request("CS_CHAT_WRAPUP", done, program.now, ref=ref)
        program.done()

    def _write(self, ref: ChatRef, more: int) -> None:
        program = self._at()
        chat = program.session.chats.get(ref)
        if chat is None or chat.view.status is not ChatStatus.ANSWERED:
            return
        if more == 1 and self.chance.happens(0.6):
            self._command("HANGUP", ref)
            return
        if self.chance.happens(0.2):
            program.session.typing(ref, True, program.now)
        model = self.chance.weighed(MODELS)
        program.session.send(ref, told(self.chance, more), program.now, model=model)
        program.done()
        if more:
            self.later(4 * SECOND, lambda: self._write(ref, more - 1))

    def _mood(self) -> None:
        """From time to time: a pause, the end of the day, a lost program, another seat."""
        self.later(25 * SECOND, self._mood)
        program = self._at()
        mood = self.chance.weighed(
            (
                ("stay", 12),
                ("pause", 4),
                ("off", 4),
                ("kill", 2),
                ("twin", 2),
                ("close", 2),
                ("leave", 1),
            )
        )
        match mood:
            case "pause":
                self.wants = AgentState.PAUSE
                self._report()
                self.later(6 * SECOND, self._resume)
            case "off":
                self.wants = AgentState.LOG_OFF
                self._report()
            case "kill":
                program.kill()
                self.program = None
                self.later(8 * SECOND, self._return)
            case "twin":
                # The same seat from another program, which takes it over.
                self._sit_down()
            case "leave":
                program.kill()  # for good
                self.program = None
            case "close":
                program.close()
                self.program = None
                self.later(8 * SECOND, self._return)
            case _:
                pass

    def _resume(self) -> None:
        self.wants = AgentState.READY
        self._report()
