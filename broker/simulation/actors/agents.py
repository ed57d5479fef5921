"""Agents and supervisors at their workplaces, as people are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import define, evolve, field

from broker.config.model import SECOND
from broker.simulation.actors.visitors import MODELS, Person, filled_in, guid_from, told
from broker.simulation.clients import Net, Program
from broker.simulation.installation import FORM, GATEWAYS, OFFERED_FORM, PROJECTS, WRAPUP_CODES
from broker.simulation.world import MS
from connectors.client.errors import ConnectorError
from connectors.client.events import (
    AgentStateChanged,
    Alerted,
    ChatChanged,
    ChatRef,
    Event,
    Ready,
    RequestDone,
    SentenceAdded,
    SessionEnded,
)
from connectors.client.settings import WorkplaceSettings
from protocol.chat import (
    ChatCommandInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    ChatWrapUpInfo,
)
from protocol.identifiers import derive
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, Guid, TransferMode


@define(eq=False, repr=False)
class AgentPerson(Person):
    """A person at a workplace, with a program that is started anew when it ended.

    Attributes:
        recalled: The chats of earlier programs whose wrap-ups are seen to.
        also_hears: Who is told of everything that their program hears.
    """

    net: Net = field(kw_only=True)
    settings: WorkplaceSettings = field(kw_only=True)
    program: Program | None = None
    serial: int = 0
    wants: AgentState = AgentState.READY
    colleagues: tuple[Guid, ...] = field(kw_only=True, default=())
    calls: int = 0
    recalled: set[ChatRef] = field(factory=set)
    also_hears: Callable[[Program, Event], None] = lambda _program, _event: None

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
            return  # an older program, of which they do not think any more
        self.also_hears(program, event)
        match event:
            case Ready():
                self.later(300 * MS, self._report)
            case Alerted():
                self._alerted(event.ref)
            case ChatChanged() if event.status is ChatStatus.CLOSED:
                if self.rng.fork(f"wrap-up of {event.ref.name}").happens(0.4):
                    self.later(SECOND, lambda: self._start_anew(program))
                else:
                    self.later(2 * SECOND, lambda: self._wrap_up(event.ref))
            case AgentStateChanged():
                self._recall(program)
            case ChatChanged() if event.status is ChatStatus.ANSWERED:
                self.later(3 * SECOND, lambda: self._write(event.ref, 6))
                self.later(4 * SECOND, lambda: self._manage(event.ref, 5))
                self.later(3 * SECOND, lambda: self._drop_out(event.ref))
                self.punctually(30 * SECOND, lambda: self._pry(program, event.ref))
            case SentenceAdded() if not event.mine and self.rng.happens(0.5):
                self.later(2 * SECOND, lambda: self._write(event.ref, 0))
            case SessionEnded():
                self.program = None
                self.later(4 * SECOND, self._return)
            case _:
                pass

    def _return(self) -> None:
        if self.program is None:
            self._sit_down()

    def at_work(self) -> Program:
        """The program that they use now."""
        if self.program is None or self.program.off:
            raise ConnectorError
        return self.program

    def _report(self) -> None:
        program = self.at_work()
        program.session.set_agent_state(self.wants, program.now)
        program.done()

    def _alerted(self, ref: ChatRef) -> None:
        if self.rng.fork("curious").happens(0.3):
            self._form("read", ref)  # which is not theirs to read before they answer
        act = self.rng.weighed((("ANSWER", 12), ("HANGUP", 2), ("", 3), ("LATE", 1)))
        if act == "LATE":
            self.punctually(10 * SECOND, lambda: self._command("ANSWER", ref))
        elif act:
            self.later(1 * SECOND, lambda: self._command(act, ref))

    def _drop_out(self, ref: ChatRef) -> None:
        """Sometimes one who was asked in is gone for longer than anybody waits for them."""
        program = self.at_work()
        chat, welcome = program.session.chats.get(ref), program.session.welcome
        if chat is None or welcome is None or self.rng.happens(0.5):
            return
        if any(p.agent_id == welcome.agent_id for p in chat.view.parties):
            program.close()
            self.program = None
            self.later(25 * SECOND, self._return)

    def _command(self, kind: str, ref: ChatRef) -> None:
        program = self.at_work()
        program.session.command(kind, ref, program.now)
        program.done()

    def _pry(self, program: Program, ref: ChatRef) -> None:
        """Look what became of a chat that is somebody else's by now, or has ended without this agent."""
        chat = program.session.chats.get(ref)
        if program.off or (chat is not None and chat.view.is_held):
            return
        asked = ChatCommandInfo(peer=ref.peer, chat_id=Guid(ref.name))
        program.session.request("CS_CHAT_STATUS", asked, program.now)
        program.session.request("CS_CHAT_HANGUP", asked, program.now)
        program.done()

    def _start_anew(self, program: Program) -> None:
        """The program is started again, and knows nothing of what it had: perhaps during a wrap-up."""
        if program is self.program and not program.off:
            program.kill()
            self._sit_down()

    def _recall(self, program: Program) -> None:
        """End the wrap-ups of which only the picture tells."""
        state = program.session.agent
        for one in (state.wrap_ups if state is not None else None) or ():
            if one.chat_id is None:
                continue  # that of a conversation
            ref = ChatRef(self.settings.number, one.chat_id)
            if ref not in program.session.chats and ref not in self.recalled:
                self.recalled.add(ref)
                self.later(SECOND, partial(self._wrap_up, ref))

    def _wrap_up(self, ref: ChatRef) -> None:
        program = self.at_work()
        code = self.rng.choose((*WRAPUP_CODES, *WRAPUP_CODES, None, "nonsense"))
        done = ChatWrapUpInfo(peer=ref.peer, chat_id=Guid(ref.name), code=code, note="n")
        program.session.request("CS_CHAT_WRAPUP", done, program.now, ref=ref)
        program.done()

    def _write(self, ref: ChatRef, more: int) -> None:
        program = self.at_work()
        chat = program.session.chats.get(ref)
        if chat is None or chat.view.status is not ChatStatus.ANSWERED:
            return
        if more == 1 and self.rng.happens(0.6):
            self._command("HANGUP", ref)
            return
        if self.rng.happens(0.2):
            program.session.typing(ref, True, program.now)
        model = self.rng.weighed(MODELS)
        program.session.send(ref, told(self.rng, more), program.now, model=model)
        program.done()
        if more:
            self.later(4 * SECOND, lambda: self._write(ref, more - 1))

    def _mood(self) -> None:
        """From time to time: a pause, the end of the day, a lost program, another seat."""
        self.later(25 * SECOND, self._mood)
        program = self.at_work()
        mood = self.rng.weighed(
            (
                ("stay", 12),
                ("pause", 4),
                ("off", 4),
                ("kill", 2),
                ("twin", 2),
                ("close", 2),
                ("leave", 1),
                ("next", 3),
                ("open", 3),
            )
        )
        match mood:
            case "next":
                then = self.rng.choose((AgentState.PAUSE, AgentState.POST_CALL))
                program.session.set_agent_state(AgentState.READY, program.now, next_state=then)
                program.done()
                self.later(20 * SECOND, self._resume)
            case "open":
                self._open()
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
                self._sit_down()  # the same seat from another program, which takes it over
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

    # -- what they do with a chat besides talking

    def _manage(self, ref: ChatRef, more: int) -> None:
        """Hand the chat over, ask somebody in, put it aside, make a note."""
        program = self.at_work()
        chat = program.session.chats.get(ref)
        if chat is None or chat.view.status is not ChatStatus.ANSWERED:
            return
        act = self.rng.weighed(
            (
                ("note", 6),
                ("agent", 5),
                ("project", 3),
                ("take back", 1),
                ("consult", 5),
                ("conference", 8),
                ("park", 4),
                ("retrieve", 4),
                ("leave", 4),
                ("return", 2),
                ("list", 1),
                ("read", 3),
                ("fill", 3),
                ("nothing", 6),
            )
        )
        self._do(act, ref)
        if more:
            self.later(4 * SECOND, lambda: self._manage(ref, more - 1))

    def _do(self, act: str, ref: ChatRef) -> None:
        program = self.at_work()
        match act:
            case "note":
                program.session.send(ref, told(self.rng, 0), program.now, model=10)
                program.done()
            case "agent":
                self._ask("TRANSFER", ref, agent=self.rng.choose(self.colleagues))
            case "project":
                project = derive("project", self.rng.choose(PROJECTS))
                self._ask("TRANSFER", ref, project=project)
            case "take back":
                self._ask("TRANSFER", ref)
            case "consult" | "conference":
                mode = TransferMode.CONSULT if act == "consult" else TransferMode.CONFERENCE
                self._ask("INVITE", ref, agent=self.rng.choose(self.colleagues), mode=mode)
            case "park" | "retrieve":
                program.session.command("PARK", ref, program.now, is_parked=act == "park")
                program.done()
            case "leave" | "return":
                self._command(act.upper(), ref)
            case "read" | "fill":
                self._form(act, ref)
            case "list":
                asked = ChatCommandInfo(peer=ref.peer)
                program.session.request("CS_AGENT_LIST", asked, program.now)
                program.done()
            case _:
                pass

    def _form(self, act: str, ref: ChatRef) -> None:
        """Read what was filled into a form of the chat, change it, or fill in another one."""
        program = self.at_work()
        chat = program.session.chats.get(ref)
        info = chat.view.latest.info if chat is not None else None
        results = [one.result_id for one in (info.scenarios if info else None) or ()]
        known = self.rng.choose((None, *results))
        if act == "read":
            asked = ScenarioResultInfo(
                peer=ref.peer,
                chat_id=Guid(ref.name),
                scenario_result_id=known or guid_from(self.rng),
            )
            program.session.request("CS_SCENARIO_RESULT", asked, program.now)
        else:
            form = filled_in(self.rng, self.rng.choose((FORM, OFFERED_FORM)))
            key = known or form.scenario_result_id
            done = evolve(
                form,
                peer=ref.peer,
                chat_id=Guid(ref.name),
                scenario_result_id=key,
                activity="by an agent",
            )
            program.session.request("CS_SCENARIO_SAVE", done, program.now)
        program.done()

    def _ask(
        self,
        kind: str,
        ref: ChatRef,
        *,
        agent: Guid | None = None,
        project: Guid | None = None,
        mode: TransferMode | None = None,
    ) -> None:
        program = self.at_work()
        wish = ChatTransferInfo(
            peer=ref.peer,
            chat_id=Guid(ref.name),
            to_agent_id=agent,
            to_project_id=project,
            mode=mode,
            note="please",
        )
        program.session.request(f"CS_CHAT_{kind}", wish, program.now, ref=ref)
        program.done()
        if self.rng.happens(0.2):
            # Impatient: the same once more, or taken back at once.
            self.later(MS, lambda: self._ask("TRANSFER", ref))

    def _open(self) -> None:
        """Begin a chat, which is theirs at once."""
        program = self.at_work()
        self.calls += 1
        wish = ChatServiceInfo(
            peer=self.rng.choose(GATEWAYS),
            remote_address=f"sip:{self.settings.login}.{self.calls}",
            return_chat_id=guid_from(self.rng) if self.rng.happens(0.5) else None,
        )
        program.session.request("CS_CHAT_OPEN", wish, program.now)
        if self.rng.happens(0.3):
            program.session.request("CS_CHAT_OPEN", wish, program.now)
        program.done()


@define(eq=False, repr=False)
class SupervisorPerson(AgentPerson):
    """An agent who looks after the others: they watch, help, join, and interfere.

    Attributes:
        seen: The chats of the last overview.
    """

    seen: tuple[Guid, ...] = ()

    def begin(self) -> None:
        """Come to work, and look around."""
        super().begin()
        self.later(15 * SECOND, self._supervise)

    def _heard(self, program: Program, event: Event) -> None:
        super()._heard(program, event)
        if isinstance(event, RequestDone) and event.frame.type == "SC_CHAT_OVERVIEW":
            listed = event.frame.payload if isinstance(event.frame.payload, tuple) else ()
            self.seen = tuple(
                p.chat_id for p in listed if isinstance(p, ChatStatusInfo) and p.chat_id
            )
            if self.seen:
                self.later(SECOND, self._interfere)

    def _supervise(self) -> None:
        self.later(8 * SECOND, self._supervise)
        program = self.at_work()
        asked = ChatCommandInfo(peer=self.settings.number)
        program.session.request("CS_CHAT_OVERVIEW", asked, program.now)
        program.done()

    def _interfere(self) -> None:
        if not self.seen:
            return  # everything ended meanwhile
        ref = ChatRef(self.settings.number, self.rng.choose(self.seen))
        act = self.rng.weighed(
            (
                ("watch", 8),
                ("join", 4),
                ("whisper", 3),
                ("leave", 2),
                ("explain", 4),
                ("close", 2),
                ("force", 3),
                ("expel", 2),
            )
        )
        program = self.at_work()
        match act:
            case "watch":
                self._ask("INVITE", ref, mode=TransferMode.MONITOR)
                self.later(4 * SECOND, lambda: self._do("note", ref))
                self.later(4 * SECOND, lambda: self._do("fill", ref))
            case "join":
                me = derive("agent", self.settings.login)
                self._ask("INVITE", ref, agent=me, mode=TransferMode.CONFERENCE)
            case "whisper":
                self._do("note", ref)
            case "leave" | "close":
                self._command(act.upper(), ref)
            case "explain":
                agent = self.rng.choose((None, *self.colleagues))
                asked = ChatCommandInfo(peer=ref.peer, chat_id=Guid(ref.name), agent_id=agent)
                program.session.request("CS_CHAT_EXPLAIN", asked, program.now)
                program.done()
            case "force" | "expel":
                states = (AgentState.READY, AgentState.PAUSE, AgentState.POST_CALL)
                state = AgentState.LOG_OFF if act == "expel" else self.rng.choose(states)
                other = self.rng.choose(self.colleagues)
                program.session.set_agent_state(state, program.now, agent_id=other)
                program.done()
            case _:
                pass
