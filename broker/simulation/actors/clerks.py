"""What agents do with conversations, between the chats: answer, note, draft, hand on, put aside, close."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from attrs import define, field

from broker.config.model import SECOND
from broker.simulation.actors.agents import AgentPerson, SupervisorPerson
from broker.simulation.actors.visitors import Person
from broker.simulation.clients import Program
from broker.simulation.installation import PROJECTS, WRAPUP_CODES
from broker.simulation.world import MS
from connectors.client.conversation_events import (
    ConversationAlerted,
    ConversationChanged,
    ConversationForgotten,
    MessageStatusChanged,
)
from connectors.client.events import AgentStateChanged, Event, Pushed, Ready, RequestDone
from protocol.agent import AgentStateInfo
from protocol.conversation import (
    ConversationCloseInfo,
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
    ConversationTransferInfo,
    ConversationWrapUpInfo,
)
from protocol.frame import Frame
from protocol.identifiers import derive
from protocol.message import MessageCommandInfo, MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Guid, MessageStatus, from_micros

REMEMBERED = 12
"""How many conversations and messages somebody has in mind."""
OUTSIDE = ("mail0@example.com", "mail1@example.com", "stranger@example.com")


@define(eq=False, repr=False)
class Clerk(Person):
    """An agent's work on conversations, at the program that they use then.

    Attributes:
        gateways: By which something can be sent.
        held: The conversations that they work on, as far as they know.
        seen: Those of which they know, from alerts and overviews.
        sent: Their messages, and where each stands.
        wrapped: The wrap-ups of which they know, with when each was to end.
    """

    agent: AgentPerson = field(kw_only=True)
    gateways: tuple[Guid, ...] = field(kw_only=True)
    held: dict[Guid, ConversationInfo] = field(factory=dict)
    seen: list[Guid] = field(factory=list)
    sent: dict[Guid, MessageStatus] = field(factory=dict)
    wrapped: set[tuple[Guid, datetime | None]] = field(factory=set)
    written: int = 0

    def begin(self) -> None:
        """Hear what the program hears, and look around now and then."""
        self.agent.also_hears = self.heard
        self.later(12 * SECOND, self._look_around)

    # -- what is heard

    def heard(self, program: Program, event: Event) -> None:
        """Something about conversations, or nothing."""
        match event:
            case Ready():
                self.held = {}
                self.later(500 * MS, partial(self._ask, "RESYNC"))
            case Pushed(frame) | RequestDone(_, frame):
                self._told(frame)
            case ConversationAlerted():
                self._conversation("SC_CONVERSATION_ALERT", event.info, event.conversation_id)
            case ConversationChanged():
                self._conversation("", event.info, event.conversation_id)
            case ConversationForgotten():
                self.held.pop(event.conversation_id, None)
            case MessageStatusChanged():
                self._told_status(event.info)
            case AgentStateChanged():
                self._wrap_up(event.info)
            case _:
                pass

    def _told(self, frame: Frame) -> None:
        items = frame.payload if isinstance(frame.payload, tuple) else (frame.payload,)
        for p in items:
            match p:
                case ConversationInfo() if p.conversation_id is not None:
                    self._conversation(frame.type, p, p.conversation_id)
                case MessageStatusInfo():
                    self._told_status(p)
                case _:
                    pass

    def _told_status(self, p: MessageStatusInfo) -> None:
        if p.message_id and p.status is not None:
            self.sent[p.message_id] = p.status
            _keep_few(self.sent)

    def _conversation(self, type_: str, p: ConversationInfo, key: Guid) -> None:
        self.seen = [*(k for k in self.seen if k != key), key][-REMEMBERED:]
        if type_ == "SC_CONVERSATION_OVERVIEW":
            return
        if p.status is ChatStatus.ANSWERED:
            if key not in self.held:
                self.later(3 * SECOND, partial(self._work, key, 4))
            self.held[key] = p
        else:
            self.held.pop(key, None)
        if type_ == "SC_CONVERSATION_ALERT":
            self._alerted(key)

    def _alerted(self, key: Guid) -> None:
        act = self.rng.weighed((("ANSWER", 14), ("RETURN", 3), ("", 2), ("LATE", 1)))
        if act == "LATE":
            self.punctually(10 * SECOND, partial(self._ask, "ANSWER", key))
        elif act:
            self.later(SECOND, partial(self._ask, act, key))
        if self.rng.happens(0.1):
            self.later(MS, partial(self._ask, "STATUS", key))  # not theirs to read yet

    # -- what is asked

    def _request(self, type_: str, payload: object) -> None:
        program = self.agent.at_work()
        program.session.request(type_, payload, program.now)
        program.done()

    @property
    def _peer(self) -> str:
        return self.agent.settings.number

    def _ask(self, act: str, key: Guid | None = None) -> None:
        asked = ConversationCommandInfo(peer=self._peer, conversation_id=key)
        self._request(f"CS_CONVERSATION_{act}", asked)

    # -- what is done with a conversation

    def _work(self, key: Guid, more: int) -> None:
        if key not in self.held:
            return
        act = self.rng.weighed(_ACTS)
        self._acts()[act](key)
        habit = self.rng.fork(f"lets go of {key}")
        if act in _LETS_GO and habit.happens(0.5):
            # They remember something, or their program has not told them yet.
            self.later(habit.choose((20 * MS, 3 * SECOND)), partial(self._reply, key))
        if more:
            self.later(4 * SECOND, partial(self._work, key, more - 1))

    def _acts(self) -> dict[str, Callable[[Guid], None]]:
        return {
            "reply": self._reply,
            "note": self._note,
            "draft": self._draft,
            "park": self._park,
            "agent": self._to_agent,
            "project": self._to_project,
            "return": partial(self._ask, "RETURN"),
            "read": partial(self._ask, "STATUS"),
            "close": self._close,
            "nothing": lambda _key: None,
        }

    def _letter(self, key: Guid | None) -> MessageContentInfo:
        self.written += 1
        text = f"answer {self.written} of {self.agent.settings.login}"
        return MessageContentInfo(
            request_id=f"{self.agent.settings.login}-{self.written}",
            conversation_id=key,
            body_text=text if self.rng.happens(0.7) else None,
            body_html=f"<p>{text}</p><script>1</script>",
        )

    def _reply(self, key: Guid) -> None:
        letter = self._letter(key)
        self._request("CS_MESSAGE_SEND", letter)
        if self.rng.happens(0.3):
            self.later(200 * MS, partial(self._request, "CS_MESSAGE_SEND", letter))
        if self.rng.happens(0.4):
            self.later(SECOND, partial(self._close, key))

    def _note(self, key: Guid) -> None:
        name = f"{self.agent.settings.login}-{self.rng.text(6)}"
        note = ConversationNoteInfo(peer=self._peer, conversation_id=key, id=name, text="Mind.")
        self._request("CS_CONVERSATION_NOTE", note)
        if self.rng.happens(0.3):
            self._request("CS_CONVERSATION_NOTE", note)

    def _draft(self, key: Guid) -> None:
        self._request("CS_MESSAGE_DRAFT", self._letter(key))

    def _park(self, key: Guid) -> None:
        until = self.rng.choose((None, 4, 10, 30))
        moment = from_micros(self.world.now + until * SECOND) if until is not None else None
        asked = ConversationCommandInfo(peer=self._peer, conversation_id=key, until_utc=moment)
        self._request("CS_CONVERSATION_PARK", asked)

    def _to_agent(self, key: Guid) -> None:
        self._transfer(key, self.rng.choose(self.agent.colleagues), None)

    def _to_project(self, key: Guid) -> None:
        self._transfer(key, None, derive("project", self.rng.choose(PROJECTS)))

    def _transfer(self, key: Guid, agent: Guid | None, project: Guid | None) -> None:
        wish = ConversationTransferInfo(
            peer=self._peer,
            conversation_id=key,
            to_agent_id=agent,
            to_project_id=project,
            note="please",
        )
        self._request("CS_CONVERSATION_TRANSFER", wish)

    def _close(self, key: Guid) -> None:
        done = ConversationCloseInfo(
            peer=self._peer,
            conversation_id=key,
            code=self.rng.choose((None, "done")),
            is_spam=self.rng.happens(0.1),
        )
        self._request("CS_CONVERSATION_CLOSE", done)

    def _wrap_up(self, state: AgentStateInfo) -> None:
        """End most of the wrap-ups that are told of, sooner or later; the others end by themselves."""
        for one in state.wrap_ups or ():
            key = one.conversation_id
            if key is None or (key, one.until_utc) in self.wrapped:
                continue
            self.wrapped.add((key, one.until_utc))
            rng = self.rng.fork(f"wrap-up of {key} until {one.until_utc}")
            if rng.happens(0.6):
                code = rng.choose((*WRAPUP_CODES, *WRAPUP_CODES, None, "nonsense"))
                done = ConversationWrapUpInfo(
                    peer=self._peer, conversation_id=key, code=code, note="n"
                )
                wait = SECOND * rng.choose((1, 2, 6))
                self.later(wait, partial(self._request, "CS_CONVERSATION_WRAPUP", done))

    # -- what is done besides

    def _look_around(self) -> None:
        """Begin something new, fetch something, or look after what was sent."""
        self.later(9 * SECOND, self._look_around)
        rules = isinstance(self.agent, SupervisorPerson)
        act = self.rng.weighed(
            (("open", 3), ("pick", 3), ("cancel", 2), ("retry", 3), ("list", 2), ("foreign", 1))
        )
        match act:
            case "open":
                self._open()
            case "pick":
                self._ask("OVERVIEW")
                if self.seen:
                    self._ask("PICK", self.rng.choose(self.seen))
            case "cancel":
                self._about((MessageStatus.QUEUED, MessageStatus.RETRY), "CANCEL")
            case "retry":
                self._about((MessageStatus.FAILED,), "RETRY")
            case "list":
                self._ask("RESYNC")
                if rules and self.seen:
                    self._ask("EXPLAIN", self.rng.choose(self.seen))
            case _ if self.seen:
                # What may be somebody else's by now.
                self._acts()[self.rng.weighed(_ACTS)](self.rng.choose(self.seen))
            case _:
                pass

    def _about(self, statuses: tuple[MessageStatus, ...], act: str) -> None:
        fit = [key for key, status in self.sent.items() if status in statuses]
        any_of = fit or list(self.sent)
        if any_of:
            asked = MessageCommandInfo(peer=self._peer, message_id=self.rng.choose(any_of))
            self._request(f"CS_MESSAGE_{act}", asked)

    def _open(self) -> None:
        """Write to somebody who has not written."""
        letter = self._letter(None)
        self._request(
            "CS_MESSAGE_SEND",
            MessageContentInfo(
                request_id=letter.request_id,
                gateway_id=self.rng.choose(self.gateways),
                remote_address=self.rng.choose(OUTSIDE),
                subject_field="News",
                body_text=letter.body_text,
                body_html=letter.body_html,
            ),
        )


_LETS_GO = ("agent", "project", "return", "park", "close")
"""After these somebody else may have it."""
_ACTS = (
    ("reply", 9),
    ("note", 4),
    ("draft", 4),
    ("park", 3),
    ("agent", 3),
    ("project", 2),
    ("return", 2),
    ("read", 2),
    ("close", 4),
    ("nothing", 3),
)


def _keep_few(known: dict[Guid, MessageStatus]) -> None:
    while len(known) > REMEMBERED:
        del known[next(iter(known))]
