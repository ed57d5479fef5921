"""Habits that some people have in some runs: prying, putting chats aside, writing mail.

Each draws from a source of its own, and a run without it plays as if it were not there: so a seed
that was kept for something goes on playing that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, field

from broker.config.model import SECOND, Config
from broker.simulation.actors.agents import AgentPerson, SupervisorPerson
from broker.simulation.actors.attacker import Spied
from broker.simulation.actors.visitors import Person, guid_from, told
from broker.simulation.clients import Program
from broker.simulation.rng import Rng
from broker.simulation.texts import CHATS, WRITERS, address_of, has_texts
from broker.simulation.world import World
from connectors.client.events import Event, RequestDone, RequestFailed
from connectors.client.settings import ConnectorSettings
from protocol.chat import (
    ChatCommandInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatTransferInfo,
)
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, Guid, TransferMode

OFTEN: Final = 0.3


@define(eq=False, repr=False)
class Habit(Person):
    """What somebody does now and then besides their work, at the program that they use then.

    Attributes:
        agent: Whose habit it is.
    """

    agent: AgentPerson = field(kw_only=True)

    def _request(self, type_: str, payload: object) -> None:
        program = self.agent.at_work()
        program.session.request(type_, payload, program.now)
        program.done()


@define(eq=False, repr=False)
class Prying(Habit):
    """An agent without the right tries what only supervisors may: to watch, to whisper, to look around.

    Attributes:
        spied: The chats of the others.
    """

    spied: Callable[[], list[Spied]] = field(kw_only=True)

    def begin(self) -> None:
        """Become curious after a while."""
        self.later(15 * SECOND, self._pry)

    def _pry(self) -> None:
        self.later(5 * SECOND, self._pry)
        peer, chat = self.agent.settings.number, self._any_chat()
        act = self.rng.weighed(
            (("watch", 5), ("join", 2), ("whisper", 3), ("explain", 1), ("look", 1), ("close", 1))
        )
        match act:
            case "watch" | "join":
                mode = TransferMode.MONITOR if act == "watch" else TransferMode.CONFERENCE
                wish = ChatTransferInfo(peer=peer, chat_id=chat, mode=mode)
                self._request("CS_CHAT_INVITE", wish)
            case "whisper":
                key = f"pry-{self.rng.text(10)}"
                text = told(self.rng, 0)
                said = ChatSentenceInfo(peer=peer, chat_id=chat, id=key, text=text, model=10)
                self._request("CS_CHAT_SENTENCE", said)
            case "explain" | "look" | "close":
                kind = {"look": "OVERVIEW"}.get(act, act.upper())
                self._request(f"CS_CHAT_{kind}", ChatCommandInfo(peer=peer, chat_id=chat))
            case _:
                pass

    def _any_chat(self) -> Guid:
        chats = self.spied()[-8:]
        return self.rng.choose(chats)[0] if chats else guid_from(self.rng)


@define(eq=False, repr=False)
class Tidying(Habit):
    """An agent who puts a chat aside now and then, and leaves it to the broker to bring it back."""

    def begin(self) -> None:
        """Begin soon."""
        self.later(10 * SECOND, self._tidy)

    def _tidy(self) -> None:
        self.later(6 * SECOND, self._tidy)
        program = self.agent.at_work()
        held = [
            ref
            for ref in program.session.chats.open_refs()
            for view in [program.session.chats[ref].view]
            if view.status is ChatStatus.ANSWERED and not view.latest.is_parked
        ]
        if held:
            ref = self.rng.choose(held)
            program.session.command("PARK", ref, program.now, is_parked=True)
            program.done()


@define(eq=False, repr=False)
class Mailing(Habit):
    """An agent who writes mail between the chats, some of it as HTML, and goes on talking at once."""

    def begin(self) -> None:
        """Begin soon."""
        self.later(5 * SECOND, self._write)

    def _write(self) -> None:
        self.later(4 * SECOND, self._write)
        body = self.rng.weighed(
            (("<p>Good day", 6), ("<script>1</script>", 1), (None, 2), ("<b>" * 200, 1))
        )
        mail = MessageContentInfo(
            gateway_id=guid_from(self.rng),
            remote_address="jana@example.com",
            request_id=f"mail-{self.rng.text(10)}",
            body_html=body,
            body_text=self.rng.choose((None, "Good day")),
        )
        self._request("CS_MESSAGE_SEND", mail)
        self._go_on_talking()

    def _go_on_talking(self) -> None:
        program, number = self.agent.at_work(), self.agent.settings.number
        held = program.session.chats.open_refs()
        for text in ("first", "second") if held else ():
            key = f"behind-{self.rng.text(10)}"
            said = ChatSentenceInfo(peer=number, chat_id=Guid(held[0].name), id=key, text=text)
            self._request("CS_CHAT_SENTENCE", said)


@define(eq=False, repr=False)
class Browsing(Person):
    """A connector that looks through the list of its chats at leisure, beside what its session asks."""

    program: Program = field(kw_only=True)
    request: int | None = None
    after: int | None = None

    def begin(self) -> None:
        """Begin after a while."""
        self.later(8 * SECOND, self._ask)

    def disturbed(self) -> None:
        """There is no session: begin anew with the next."""
        self.request = self.after = None
        self.begin()

    def heard(self, event: Event) -> None:
        """Go on with the next piece, or begin anew."""
        match event:
            case RequestDone() if (
                event.request_id == self.request and event.frame.type == "SE_CHAT_LIST"
            ):
                self.after = event.frame.more
                self.later(SECOND if self.after else 8 * SECOND, self._ask)
            case RequestFailed() if event.request_id == self.request:
                self.disturbed()
            case _:
                pass

    def _ask(self) -> None:
        settings = self.program.settings
        assert isinstance(settings, ConnectorSettings)
        peer = settings.gateways[0].peer
        after = self.after if settings.tuning.pieces else None
        asked = ChatCommandInfo(peer=peer, after=after)
        self.request = self.program.session.request("ES_CHAT_RESYNC", asked, self.program.now)
        self.program.done()


@define(eq=False, repr=False)
class Texting(Habit):
    """An agent who writes to somebody first, by a chat of their own."""

    asked: list[ChatServiceInfo] = field(factory=list)

    def begin(self) -> None:
        """Begin after a while."""
        self.later(20 * SECOND, self._open)

    def _open(self) -> None:
        self.later(20 * SECOND, self._open)
        if self.asked and self.rng.happens(0.2):
            wish = self.asked[-1]
        else:
            wish = ChatServiceInfo(
                peer=CHATS,
                remote_address=address_of(self.rng.between(0, WRITERS)),
                return_chat_id=guid_from(self.rng) if self.rng.happens(0.7) else None,
            )
            self.asked.append(wish)
        self._request("CS_CHAT_OPEN", wish)


def habits_of(
    rng: Rng, world: World, agents: Sequence[AgentPerson], spied: Callable[[], list[Spied]]
) -> list[Habit]:
    """The habits of a run: in about one of three somebody pries, in one of three somebody tidies up."""
    habits: list[Habit] = []
    pry, tidy = rng.fork("pry"), rng.fork("habits").fork("tidying")
    if pry.happens(OFTEN):
        led = [agent for agent in agents if not isinstance(agent, SupervisorPerson)]
        habits += [
            Prying(world, pry.fork(agent.settings.login), agent=agent, spied=spied) for agent in led
        ]
    mail = rng.fork("habits").fork("mailing")
    if mail.happens(OFTEN):
        habits += [Mailing(world, mail.fork(a.settings.login), agent=a) for a in agents]
    if tidy.happens(OFTEN):
        habits += [Tidying(world, tidy.fork(a.settings.login), agent=a) for a in agents]
    return habits


def texting_of(
    rng: Rng, world: World, config: Config, agents: Sequence[AgentPerson]
) -> list[Texting]:
    """Who writes first, in a run with texts."""
    if not has_texts(config):
        return []
    return [Texting(world, rng.fork(a.settings.login), agent=a) for a in agents]
