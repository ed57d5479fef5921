"""Bots at their workplaces, as programs are."""

from __future__ import annotations

from attrs import define, field

from broker.config.model import SECOND
from broker.simulation.actors.visitors import Person, told
from broker.simulation.clients import Net, Program
from broker.simulation.world import MS
from connectors.client.errors import ConnectorError
from connectors.client.events import (
    Alerted,
    ChatChanged,
    ChatRef,
    Event,
    Ready,
    SentenceAdded,
    SessionEnded,
)
from connectors.client.settings import WorkplaceSettings
from protocol.chat import ChatTransferInfo
from protocol.identifiers import derive
from protocol.values import AgentState, ChatStatus, Guid


@define(eq=False, repr=False)
class BotPerson(Person):
    """The program of a bot: mostly it works, sometimes it is silent, declines, or breaks.

    Attributes:
        mute: The chats in which it says nothing any more, though it should.
    """

    net: Net = field(kw_only=True)
    settings: WorkplaceSettings = field(kw_only=True)
    program: Program | None = None
    serial: int = 0
    mute: set[ChatRef] = field(factory=set)

    def begin(self) -> None:
        """Be started."""
        self.later(2 * SECOND, self._start)

    def _start(self) -> None:
        if self.program is not None and not self.program.off:
            return
        self.serial += 1
        name = f"{self.settings.login}.{self.serial}"
        program = Program(self.net, name, self.settings)
        program.on_event = lambda event: self._heard(program, event)
        self.program = program
        if self.serial == 1:
            self.later(40 * SECOND, self._crash)

    def _crash(self) -> None:
        self.later(40 * SECOND, self._crash)
        if self.program is not None:
            self.program.kill()
            self.program = None
        self.later(5 * SECOND, self._start)

    def _heard(self, program: Program, event: Event) -> None:
        if program is not self.program:
            return
        match event:
            case Ready():
                self.later(200 * MS, self._get_ready)
            case Alerted():
                act = self.rng.weighed((("ANSWER", 12), ("HANGUP", 1), ("", 2)))
                if act:
                    self.later(300 * MS, lambda: self._command(act, event.ref))
            case ChatChanged() if event.status is ChatStatus.ANSWERED:
                self.later(500 * MS, lambda: self._react(event.ref))
            case SentenceAdded() if not event.mine:
                self.later(500 * MS, lambda: self._react(event.ref))
            case SessionEnded():
                self.program = None
                self.later(4 * SECOND, self._start)
            case _:
                pass

    def _at(self) -> Program:
        if self.program is None or self.program.off:
            raise ConnectorError
        return self.program

    def _get_ready(self) -> None:
        program = self._at()
        program.session.set_agent_state(AgentState.READY, program.now)
        program.done()

    def _command(self, kind: str, ref: ChatRef) -> None:
        program = self._at()
        program.session.command(kind, ref, program.now)
        program.done()

    def _react(self, ref: ChatRef) -> None:
        """Answer, think, say nothing, make a note, hand over, or end."""
        program = self._at()
        if ref in self.mute:
            return
        session, now = program.session, program.now
        act = self.rng.weighed(
            (
                ("answer", 8),
                ("think", 2),
                ("decline", 2),
                ("silent", 2),
                ("note", 1),
                ("project", 2),
                ("rules", 2),
                ("agent", 1),
                ("HANGUP", 1),
                ("RETURN", 1),
            )
        )
        match act:
            case "answer":
                session.send(ref, told(self.rng, 0), now)
            case "think":
                session.typing(ref, True, now)
                self.later(2 * SECOND, lambda: self._react(ref))
            case "decline":
                session.typing(ref, True, now)
                session.typing(ref, False, now)
            case "note":
                session.send(ref, "a bot was here", now, model=10)
            case "project" | "rules" | "agent":
                wish = ChatTransferInfo(
                    peer=ref.peer,
                    chat_id=Guid(ref.name),
                    to_project_id=derive("project", "Sales") if act == "project" else None,
                    to_agent_id=derive("agent", "agent0") if act == "agent" else None,
                )
                session.request("CS_CHAT_TRANSFER", wish, now, ref=ref)
            case "HANGUP" | "RETURN":
                session.command(act, ref, now)
            case _:
                self.mute.add(ref)
        program.done()
