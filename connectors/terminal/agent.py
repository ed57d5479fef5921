"""The agent's program: offers, several chats, states."""

import math
from collections.abc import Sequence
from uuid import uuid4

from connectors.client.connect import WorkplaceClient
from connectors.client.events import (
    AgentStateChanged,
    Alerted,
    AlertEnded,
    ChatChanged,
    ChatForgotten,
    ChatRef,
    Event,
    FormSaved,
    InternalAdded,
    PartiesChanged,
    Ready,
)
from connectors.terminal.cells import Part, clipped, packed, width
from connectors.terminal.colleagues import HELP as MORE_HELP
from connectors.terminal.colleagues import (
    Colleagues,
    NumberedTerminal,
    asked_text,
    note_text,
    parties_text,
)
from connectors.terminal.conversation import Conversation
from connectors.terminal.mail_talk import MailTalk, NewMail
from connectors.terminal.mails import HELP as MAIL_HELP
from connectors.terminal.mails import Mails, due_text
from connectors.terminal.options import AgentOptions
from connectors.terminal.program import CHAT, NAME, OWN, STATE, TYPING, Face, is_command
from connectors.terminal.words import CLOSED_BY, STATE_WORDS, wrap_up_text
from protocol.agent import AgentStateInfo, AgentWrapUpInfo
from protocol.chat import ChatPartyInfo, ChatSentenceInfo
from protocol.values import AgentState, ChatStatus, Guid, PartyState, TransferMode

HELP = """\
A line is sent by Enter; //TEXT says /TEXT. PageUp and PageDown scroll.
✓ the broker has it   ✓✓ the visitor has it
/ready  /pause REASON  /wrapup  /logoff   your state (of one chat: /done)
/accept [N]  /reject [N]        take or reject the chat that is offered
/1 /2 ... or Alt-1 Alt-2 ...    go to a chat        /chats  list them
/end [N]  end a chat            /mail  all about messages     /quit  leave"""

_STATES = {
    "ready": AgentState.READY,
    "pause": AgentState.PAUSE,
    "wrapup": AgentState.POST_CALL,
    "logoff": AgentState.LOG_OFF,
}
_MISSED = "Missed"
"""The reason of a pause that the broker gives by itself (B-24)."""
_ENDS = "; /ready takes chats again"
_HOW = {
    ChatStatus.ALERTING: "the chat is offered to you",
    ChatStatus.ANSWERED: "the chat is yours",
    ChatStatus.WAITING: "the chat is not with you",
    ChatStatus.CLOSED: "the chat is closed",
}
OFFER_ROWS = 3
"""So many offers have a row each."""
CHAT_ROWS = 2
"""Rows that the chats may have which are not offered."""
_JOINED = {TransferMode.MONITOR: "you listen in"}
_NONE = {ChatStatus.ALERTING: "offered to you", ChatStatus.ANSWERED: "open"}
_SEEN: dict[ChatStatus | None, str] = {
    ChatStatus.ALERTING: "offered",
    ChatStatus.ANSWERED: "open",
    ChatStatus.CLOSED: "closed",
}


class AgentTerminal(NumberedTerminal):
    """An agent and their chats."""

    client: WorkplaceClient

    def __init__(self, client: WorkplaceClient, face: Face, options: AgentOptions) -> None:
        super().__init__(client, face)
        self._options = options
        self._colleagues = Colleagues(client, self)
        self._mails = Mails(client, self, self._colleagues)
        self._state: AgentStateInfo | None = None
        self._wanted: tuple[AgentState, str | None] | None = None
        if options.ready:
            self._wanted = (AgentState.READY, None)

    @property
    def help(self) -> str:
        """The commands for what is on the screen."""
        return MAIL_HELP if self.mail_on_screen is not None else f"{HELP}\n{MORE_HELP}"

    @property
    def party_name(self) -> str | None:
        """The agent's name in the conversation."""
        welcome = self.client.welcome
        return self._options.name or (welcome.agent_name if welcome is not None else None)

    def begin(self) -> None:
        """Wait for offers."""
        self.remark("/ready to take chats, /help for all commands")

    # --- commands ---

    async def enter(self, text: str) -> None:
        """Take a line: of a message that is being written, or as every program does."""
        if not is_command(text) and self._mails.writing.takes_line(text):
            self.client.dial_now()
            self.stir()
        else:
            await super().enter(text)

    def typed(self, text: str) -> None:
        """The person is typing this; who writes mail does not see it."""
        if self.mail_on_screen is None:
            super().typed(text)
        else:
            self.client.dial_now()

    async def command(self, name: str, rest: str) -> bool:
        """Do a command."""
        if name in _STATES:
            await self._set_state(_STATES[name], rest or None)
        elif name.isdecimal():
            self.go(int(name))
        elif name in ("accept", "a"):
            await self._accept(rest)
        elif name in ("reject", "r"):
            await self._hang_up(rest, ChatStatus.ALERTING)
        elif name in ("end", "e"):
            await self._hang_up(rest, ChatStatus.ANSWERED)
        elif name == "mail":
            self._mails.begin(rest)
        elif name == "chats":
            for talk in self.talks.values():
                self.remark(f"#{talk.number} {talk.title}: {self._stands(talk)}")
        else:
            return await self._mails.command(name, rest) or await self._colleagues.command(
                name, rest
            )
        return True

    async def _set_state(self, state: AgentState, reason: str | None) -> None:
        self._wanted = (state, reason)
        if self.client.ready:
            await self.attempt(self.client.set_state(state, reason))
        else:
            self.remark(f"{STATE_WORDS[state]} as soon as the broker is there")

    async def _accept(self, rest: str) -> None:
        talk = self._pick(rest, ChatStatus.ALERTING)
        if talk is None:
            return
        if await self.attempt(
            self._mails.take(talk) if isinstance(talk, MailTalk) else self.client.answer(talk.ref)
        ):
            self.look_at(talk.ref)

    async def _hang_up(self, rest: str, status: ChatStatus) -> None:
        talk = self._pick(rest, status)
        if isinstance(talk, MailTalk):
            ends = status is ChatStatus.ANSWERED
            await self.attempt(self._mails.end(talk) if ends else self._mails.let_go(talk))
        elif talk is not None:
            await self.attempt(self.client.hang_up(talk.ref))

    def _pick(self, rest: str, status: ChatStatus) -> Conversation | None:
        """The chat that a command means: by number, else the one on the screen, else the only one."""
        fit = [talk for talk in self.talks.values() if talk.status is status]
        if rest:
            fit = [talk for talk in fit if str(talk.number) == rest.lstrip("#")]
        elif len(fit) > 1 and status is not ChatStatus.ALERTING:
            fit = [talk for talk in fit if talk.ref == self.active]
        if fit:
            return fit[0]
        self.decline(f"no chat {rest} is {_NONE[status]}".replace("  ", " "))
        return None

    def go(self, number: int) -> None:
        """Put another chat on the screen."""
        for talk in self.talks.values():
            if talk.number == number:
                self.look_at(talk.ref)
                return
        self.decline(f"no chat #{number}")

    # --- events ---

    def talk(self, ref: ChatRef) -> Conversation:
        """The conversation of a chat; a new one gets the lowest number that is free."""
        if ref not in self.talks:
            self._make_room()
            self.talks[ref] = Conversation(ref, number=self.number_of(ref))
        return self.talks[ref]

    def mail(self, conversation_id: Guid) -> MailTalk:
        """A conversation of messages; it has its number among those of chats."""
        ref = self.client.ref(conversation_id)
        talk = self.talks.get(ref)
        if not isinstance(talk, MailTalk):
            self._make_room()
            talk = self.talks[ref] = MailTalk(ref, number=self.number_of(ref))
        return talk

    def begin_mail(self, gateway: Guid, address: str) -> NewMail:
        """A message that begins a conversation, on the screen."""
        ref = self.client.ref(Guid(str(uuid4())))
        talk = NewMail(ref, address, self.number_of(ref), gateway=gateway, address=address)
        talk.status = ChatStatus.ANSWERED
        self.talks[ref] = talk
        self.look_at(ref)
        return talk

    def leave(self, talk: NewMail) -> None:
        """Take such a message off the list: it is sent, or dropped."""
        self.talks.pop(talk.ref, None)
        if self.active == talk.ref:
            self.active = None
        self.stir()

    @property
    def mail_on_screen(self) -> MailTalk | None:
        """What is on the screen, if it is a conversation of messages."""
        talk = self.talks.get(self.active) if self.active is not None else None
        return talk if isinstance(talk, MailTalk) else None

    def _make_room(self) -> None:
        """Let closed ones go that nobody looks at."""
        for old in list(self.talks.values()):
            is_over = old.status is ChatStatus.CLOSED and old.ref.name not in self._wrap_ups()
            if is_over and old.ref != self.active:
                del self.talks[old.ref]

    def number_of(self, ref: ChatRef) -> int:
        """The number of a chat, of those at hand and those that are only listed; else one that is free."""
        if ref in self.talks:
            return self.talks[ref].number
        listed = self._listed_numbers()
        taken = {talk.number for talk in self.talks.values()} | set(listed.values())
        return listed.get(ref) or next(n for n in range(1, len(taken) + 2) if n not in taken)

    def numbered(self, number: int) -> ChatRef | None:
        """The chat of a number."""
        known = {talk.number: talk.ref for talk in self.talks.values()}
        known |= {one: ref for ref, one in self._listed_numbers().items() if one not in known}
        return known.get(number)

    def _listed_numbers(self) -> dict[ChatRef, int]:
        return self._colleagues.listed | self._mails.listed

    def on(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, ChatForgotten):
            self.forget(event.ref)
            return
        super().on(event)
        if isinstance(event, ChatChanged):
            is_parked = event.status is ChatStatus.ANSWERED and bool(event.info.is_parked)
            self._take_parking(self.talk(event.ref), is_parked)
            self._recall(self.talk(event.ref), event.info.history or ())
        self._on_own(event)
        self._mails.on(event)

    def _recall(self, talk: Conversation, history: Sequence[ChatSentenceInfo]) -> None:
        """Show what was said with this visitor before, where sentences are messages (B-60)."""
        if history and not talk.has_history:
            talk.has_history = True
            for sentence in history:
                self.face.show(talk, talk.recall(sentence))

    def _on_own(self, event: Event) -> None:
        """What only agents are told."""
        match event:
            case Alerted(ref, info, expires_at):
                talk = self.talk(ref)
                talk.title = info.remote_party_name or "visitor"
                talk.alert_until = expires_at
                asked = self._asked(ref)
                about = f"; {asked_text(asked)}" if asked is not None else ""
                self.remark(
                    f"{talk.title} calls, {info.project_name or 'no project'}{about}: "
                    f"/accept {talk.number} or /reject {talk.number} "
                    f"within {info.max_signal_duration} s",
                    talk,
                )
                self.face.ring()
            case ChatChanged(ref, (ChatStatus.ALERTING | ChatStatus.ANSWERED) as held, before) if (
                before is not held
            ):
                self.talk(ref).held = held
            case AlertEnded(ref) if ref in self.talks:
                self.talks[ref].alert_until = None
            case InternalAdded(ref, note, mine):
                self.remark(note_text(note), self.talk(ref))
                if not mine:
                    self.face.ring()
            case FormSaved(ref, form):
                who = "the visitor" if form.agent_id is None else "somebody"
                self.remark(f"{who} filled in a form: /form shows it", self.talk(ref))
            case PartiesChanged(ref, parties) if self._asked(ref) is None:
                talk = self.talk(ref)
                if parties or talk.is_shared:
                    self.remark(parties_text(parties), talk)
                talk.is_shared = bool(parties)
            case AgentStateChanged(info):
                self._take_state(info)
            case Ready() if self._wanted is not None and self._wanted != self._now():
                self.later(self._set_state, *self._wanted)
            case _:
                pass

    def _party(self, ref: ChatRef, state: PartyState) -> ChatPartyInfo | None:
        """As what the agent is asked into a chat, or is in it, besides its owner."""
        chat, welcome = self.client.chat(ref), self.client.welcome
        if chat is None or welcome is None:
            return None
        mine = (p for p in chat.view.parties if p.agent_id == welcome.agent_id)
        return next((party for party in mine if party.state is state), None)

    def _asked(self, ref: ChatRef) -> ChatPartyInfo | None:
        return self._party(ref, PartyState.ASKED)

    def speak(self, text: str) -> None:
        """Send a sentence; of one whom the visitor does not see, a note to the colleagues."""
        if self.mail_on_screen is not None:
            self.decline("/answer begins an answer, /note TEXT is for colleagues")
            return
        party = self._party(self.active, PartyState.JOINED) if self.active is not None else None
        if party is None or party.mode is TransferMode.CONFERENCE:
            super().speak(text)
        elif self.active is not None:
            self.later(self._colleagues.command, "note", text)

    def wrote(self, sentence: ChatSentenceInfo) -> bool:
        """Whether it was said at this terminal, and not by a colleague or the broker."""
        return sentence.id in self.said

    def said_of(self, event: ChatChanged) -> str:
        """How a new status of a chat is told to its agent."""
        reason = CLOSED_BY.get(event.info.close_reason, "") if event.info.close_reason else ""
        text = _HOW.get(event.status, "the chat is not with you")
        if event.status is ChatStatus.ANSWERED and (
            party := self._party(event.ref, PartyState.JOINED)
        ):
            text = _JOINED.get(party.mode, "you are in it") if party.mode else "you are in it"
        return f"{text}{reason}"

    def _take_parking(self, talk: Conversation, is_parked: bool) -> None:
        was_parked, talk.is_parked = talk.is_parked, is_parked
        if was_parked is not is_parked and talk.status is ChatStatus.ANSWERED:
            self.remark("the chat is on hold" if is_parked else "the chat goes on", talk)

    def _unsent(self) -> int:
        return super()._unsent() + self._mails.writing.under_way

    def _now(self) -> tuple[AgentState | None, str | None]:
        """The state that the broker has, or is to take next."""
        info = self._state
        return (None, None) if info is None else (info.next_state or info.state, info.reason)

    def _take_state(self, info: AgentStateInfo) -> None:
        before, running, is_first = self._state_text(), self._wrap_ups(), self._state is None
        self._state = info
        # What comes before `Ready` is what a connection begins with, not what was asked for. The client
        # may be further than the events that were taken.
        if self.connection == "connected" and info.state is not None:
            self._wanted = (info.next_state or info.state, info.reason)
        if self._state_text() != before:
            ends = "" if info.state in (AgentState.READY, AgentState.LOG_OFF) else _ENDS
            self.remark(f"you are {self._state_text()}{ends}")
        self._tell_wrap_ups(running, is_first=is_first)

    def _wrap_ups(self) -> dict[str, AgentWrapUpInfo]:
        """Those that run, by the name of the chat or the conversation."""
        told = self._state.wrap_ups if self._state is not None else None
        return {one.chat_id or one.conversation_id or "": one for one in told or ()}

    def _tell_wrap_ups(self, before: dict[str, AgentWrapUpInfo], *, is_first: bool) -> None:
        """Tell which wrap-ups are over and which have begun, at the start those of before it."""
        now = self._wrap_ups()
        for name, one in before.items():
            if name not in now:
                self.remark(f"the wrap-up of {self._wrapped_up(one)} is over")
        for name, one in now.items():
            if name not in before:
                self.remark(wrap_up_text(one, self._wrapped_up(one), is_old=is_first))

    def _wrapped_up(self, one: AgentWrapUpInfo) -> str:
        """What a wrap-up is of, with its number: one of before the start is on the list from now on."""
        name = one.remote_name or one.remote_address or "a visitor"
        if one.conversation_id is not None:
            talk: Conversation = self.mail(one.conversation_id)
        elif one.chat_id is not None:
            talk = self.talk(self.client.ref(one.chat_id))
            talk.chat_id = one.chat_id
        else:
            return name
        talk.status = talk.status or ChatStatus.CLOSED
        talk.title = talk.title or name
        return f"#{talk.number} {talk.title}"

    def forget(self, ref: ChatRef) -> None:
        """Take a chat off the list that is not with the agent any more."""
        talk = self.talks.pop(ref, None)
        if talk is None:
            return
        if self.active == ref:
            self.active = None
        name = f"#{talk.number} {talk.title}"
        if talk.status is ChatStatus.CLOSED:
            self.remark(f"{name} is off the list")
        elif talk.held is ChatStatus.ALERTING:
            self.remark(f"the offer of {name} is over")
        else:
            self.remark(f"{name} is not with you any more")

    def title_of(self, event: ChatChanged) -> str:
        """The visitor's name."""
        info = event.info.info
        return (info.remote_party_name or "") if info is not None else ""

    # --- lines ---

    def _state_text(self) -> str:
        if self._state is None or self._state.state is None:
            return "not ready yet"
        state, reason = self._state.state, self._state.reason
        text = STATE_WORDS[state]
        if reason == _MISSED:
            text += ": offers were missed"
        elif reason:
            text += f" ({reason})"
        then = self._state.next_state
        return f"{text}, then {STATE_WORDS[then]}" if then else text

    def _stands(self, talk: Conversation) -> str:
        """How a chat stands to its agent."""
        if talk.ref.name in self._wrap_ups():
            return "wrap-up"
        if isinstance(talk, NewMail):
            return "being written"
        if talk.is_parked and isinstance(talk, MailTalk):
            return "put aside"
        if talk.status is ChatStatus.ANSWERED and talk.is_parked:
            return "on hold"
        return _SEEN.get(talk.status, "not with you")

    def status_parts(self) -> list[Part]:
        """The connection, the chat on the screen, the agent's state, the agent."""
        parts = [self.lamp()]
        talk = self.talks.get(self.active) if self.active is not None else None
        if talk is not None:
            name = clipped(talk.title, NAME)
            due = due_text(talk.due) if isinstance(talk, MailTalk) else ""
            parts.append(Part(f"#{talk.number} {name}: {self._stands(talk)}{due}", CHAT))
            if talk.is_typing:
                parts.append(Part(f"{name} is typing…", TYPING))
        own = clipped(self.party_name or "", NAME)
        return [*parts, Part(self._state_text(), STATE), Part(own, OWN)]

    def bar(self, columns: int) -> list[str]:
        """The offers with their time, and the other chats."""
        talks = list(self.talks.values())
        others = [self._listed(talk) for talk in talks if talk.alert_until is None]
        return offer_rows(talks, self.client.now(), columns) + packed(others, columns, CHAT_ROWS)

    def _listed(self, talk: Conversation) -> str:
        text = f"#{talk.number} {clipped(talk.title, NAME)}"
        if (stands := self._stands(talk)) not in ("open", "not with you"):
            text += f", {stands}"
        if talk.ref == self.active:
            return f"[{text}]"
        unread = f" ({talk.unread} new)" if talk.unread else ""
        return f"{text}{unread}{' …' if talk.is_typing else ''}"


def offer_rows(talks: Sequence[Conversation], now: float, columns: int) -> list[str]:
    """The chats that are offered: a row each, or all in one when they are many."""
    offers = [
        (talk, max(0, math.ceil(talk.alert_until - now)))
        for talk in talks
        if talk.alert_until is not None
    ]
    if len(offers) <= OFFER_ROWS:
        return [
            clipped(
                f"#{one.number} {clipped(one.title, NAME)} calls, {left} s: "
                f"/accept {one.number} or /reject {one.number}",
                columns,
            )
            for one, left in offers
        ]
    head, tail = f"{len(offers)} calls: ", "; /accept N, /reject N"
    short = [f"#{one.number} {clipped(one.title, NAME // 2)} {left} s" for one, left in offers]
    room = columns - width(head) - width(tail)
    return [f"{head}{packed(short, room, 1, between=', ')[0]}{tail}"]
