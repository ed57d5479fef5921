"""What an agent does with a chat besides talking: notes, colleagues, the queue, outbound chats."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from unicodedata import normalize

from connectors.client.connect import WorkplaceClient
from connectors.client.events import ChatRef
from connectors.terminal.conversation import short
from connectors.terminal.forms import read_forms
from connectors.terminal.mail_talk import MailTalk, NewMail
from connectors.terminal.program import Terminal
from connectors.terminal.words import STATE_WORDS, decision_text, listed_text
from protocol.agent import AgentStateInfo
from protocol.chat import ChatPartyInfo, ChatSentenceInfo
from protocol.identifiers import project_id
from protocol.values import Guid, PartyState, SentenceModel, TransferMode

HELP = """\
/note TEXT                      for colleagues, the visitor does not see it
/form                           what was filled into the forms of the chat
/park                           put the chat on hold, and take it back
/return                         give the chat back to the queue
/who                            who is logged in
/transfer AGENT [NOTE]          hand the chat over, with a word why
/transfer project NAME          to a queue       /transfer back  take it back
/invite AGENT [consult|conference] [NOTE]           ask a colleague in
/leave                          leave the chat to those whom you asked in
/done [#N] [CODE][: NOTE]       end the wrap-up of a chat: how it ended
/open GATEWAY ADDRESS [NAME]    open a chat with somebody
Supervisors:  /overview  all open chats        /explain [N]  why it went so
/monitor N  listen to one       /join N  join it    /close N  end it"""

_MODES = {"consult": TransferMode.CONSULT, "conference": TransferMode.CONFERENCE}


class NumberedTerminal(Terminal):
    """A terminal whose chats have numbers."""

    @abstractmethod
    def number_of(self, ref: ChatRef) -> int:
        """The number of a chat, of those at hand and those that are only listed; else one that is free."""

    @property
    @abstractmethod
    def mail_on_screen(self) -> MailTalk | None:
        """What is on the screen, if it is a conversation of messages."""

    @abstractmethod
    def mail(self, conversation_id: Guid) -> MailTalk:
        """A conversation of messages, made on first sight."""

    @abstractmethod
    def begin_mail(self, gateway: Guid, address: str) -> NewMail:
        """A message that begins a conversation, on the screen."""

    @abstractmethod
    def leave(self, talk: NewMail) -> None:
        """Take such a message off the list: it is sent, or dropped."""

    @abstractmethod
    def forget(self, ref: ChatRef) -> None:
        """Take something off the list that is not with the agent any more."""

    @abstractmethod
    def numbered(self, number: int) -> ChatRef | None:
        """The chat of a number."""


class Colleagues:
    """The commands about the chat on the screen that need more than its two sides.

    Attributes:
        listed: The numbers of the chats of the last overview.
    """

    def __init__(self, client: WorkplaceClient, terminal: "NumberedTerminal") -> None:
        self._client = client
        self._terminal = terminal
        self._commands: dict[str, Callable[[ChatRef, str], Awaitable[object]]] = {
            "note": self._note,
            "form": self._forms,
            "park": self._park,
            "return": lambda chat, _rest: client.give_back(chat),
            "transfer": self._transfer,
            "invite": self._invite,
            "leave": lambda chat, _rest: client.leave(chat),
        }
        self._anywhere: dict[str, Callable[[str], Awaitable[object]]] = {
            "who": lambda _rest: self._who(),
            "open": self._open,
            "overview": lambda _rest: self._overview(),
            "monitor": lambda rest: self._enter(rest, TransferMode.MONITOR),
            "join": lambda rest: self._enter(rest, TransferMode.CONFERENCE),
            "close": self._close,
            "done": self._wrap_up,
            "explain": self._explain,
        }
        self.listed: dict[ChatRef, int] = {}

    async def command(self, name: str, rest: str) -> bool:
        """Do a command.

        Returns:
            Whether there is one of this name.
        """
        if name in self._anywhere:
            await self._terminal.attempt(self._anywhere[name](rest))
        elif name not in self._commands:
            return False
        elif (chat := self._terminal.active) is None:
            self._terminal.decline("no chat is on the screen")
        else:
            await self._terminal.attempt(self._commands[name](chat, rest))
        return True

    async def _note(self, chat: ChatRef, rest: str) -> None:
        name = self._terminal.party_name
        if rest:
            self._client.send_soon(chat, rest, party_name=name, model=SentenceModel.INTERNAL)
        else:
            self._terminal.decline("/note TEXT")

    async def _forms(self, chat: ChatRef, _rest: str) -> None:
        for line in await read_forms(self._client, chat):
            self._terminal.remark(line)

    async def _park(self, chat: ChatRef, _rest: str) -> None:
        known = self._client.chat(chat)
        if known is not None and known.view.latest.is_parked:
            await self._client.retrieve(chat)
        else:
            await self._client.park(chat)

    async def _transfer(self, chat: ChatRef, rest: str) -> None:
        kind, _, name = rest.partition(" ")
        if rest == "back":
            await self._client.take_back(chat)
        elif kind == "project":
            await self._client.transfer(chat, project_id=project_id(name.strip()))
        elif (found := await self.agent(rest)) is not None:
            agent, note = found
            await self._client.transfer(chat, agent_id=agent, note=note or None)

    async def _invite(self, chat: ChatRef, rest: str) -> None:
        if (found := await self.agent(rest)) is not None:
            agent, more = found
            kind, _, after = more.partition(" ")
            note = after.strip() if kind in _MODES else more
            mode = _MODES.get(kind, TransferMode.CONSULT)
            await self._client.invite(chat, agent, mode, note=note or None)

    async def _open(self, rest: str) -> None:
        gateway, address, name = (*rest.split(maxsplit=2), "", "", "")[:3]
        if not address:
            self._terminal.decline("/open GATEWAY ADDRESS [NAME]")
            return
        chat = await self._client.open_chat(gateway, address, party_name=name or None)
        self._terminal.look_at(chat)

    async def _who(self) -> None:
        for one in await self._client.agents():
            reason = f" ({one.reason})" if one.reason else ""
            state = STATE_WORDS[one.state] if one.state is not None else "not ready yet"
            work = f"{one.active_chats} of {one.max_chats} chats"
            if one.max_messages is not None:
                work += f", {one.active_messages} of {one.max_messages} conversations"
            self._terminal.remark(f"{one.agent_name}: {state}{reason}, {work}")

    async def _overview(self) -> None:
        chats = await self._client.overview()
        self.listed = {}
        for one in chats:
            if one.chat_id is not None:
                ref = self._client.ref(one.chat_id)
                self.listed[ref] = number = self._terminal.number_of(ref)
                self._terminal.remark(f"#{number} {listed_text(one)}")
        if not chats:
            self._terminal.remark("no chat is open")

    def _meant(self, rest: str) -> ChatRef | None:
        """The chat of a number, without a number the one on the screen."""
        if not rest and self._terminal.active is not None:
            return self._terminal.active
        number = rest.removeprefix("#")
        if number.isdecimal() and (found := self._terminal.numbered(int(number))) is not None:
            return found
        self._terminal.decline("which chat? /overview gives them numbers")
        return None

    async def _enter(self, rest: str, mode: TransferMode) -> None:
        if (chat := self._meant(rest)) is not None:
            await self._client.invite(chat, None, mode)
            self._terminal.look_at(chat)

    async def _close(self, rest: str) -> None:
        if (chat := self._meant(rest)) is not None:
            await self._client.close_any(Guid(chat.name))
            self._terminal.remark("the chat is closed")

    async def _wrap_up(self, rest: str) -> None:
        """End a wrap-up: of what is named, else of what is on the screen, else of what closed last."""
        names = [one.chat_id or one.conversation_id for one in self._client.wrap_ups]
        running = [self._client.ref(name) for name in names if name is not None]
        if not running:
            self._terminal.decline("no wrap-up runs")
            return
        active = self._terminal.active
        meant: ChatRef | None = active if active in running else running[-1]
        if rest.startswith("#"):
            number, _, rest = rest[1:].partition(" ")
            meant = self._terminal.numbered(int(number)) if number.isdecimal() else None
        if meant is None or meant not in running:
            self._terminal.decline("no wrap-up runs for this chat")
            return
        code, _, note = (part.strip() or None for part in rest.partition(":"))
        one = self._client.wrap_up_of(meant)
        if one is not None and one.conversation_id is not None:
            await self._client.conversations.wrap_up(one.conversation_id, code, note)
        else:
            await self._client.wrap_up(meant, code, note)

    async def _explain(self, rest: str) -> None:
        if (chat := self._meant(rest)) is not None:
            for one in await self._client.explain(Guid(chat.name)):
                self._terminal.remark(decision_text(one))

    async def agent(self, text: str) -> tuple[Guid, str] | None:
        """The colleague with whose name a text begins, and what follows it.

        As many words as fit somebody are the name; the last of them may be cut short. Says so when that
        is nobody, or several.
        """
        own = self._client.welcome.agent_id if self._client.welcome is not None else None
        known = [one for one in await self._client.agents() if one.agent_id != own]
        words = text.split()
        for count in range(len(words), 0, -1):
            found = _called(known, " ".join(words[:count]))
            if len(found) == 1 and (agent_id := found[0].agent_id) is not None:
                return agent_id, [*text.split(maxsplit=count), ""][count]
            if found:
                self._terminal.decline(f"which of: {_names(found)}")
                return None
        if not known:
            self._terminal.decline("no other agent is logged in")
        elif not words:
            self._terminal.decline(f"which agent? {_names(known)}")
        else:
            self._terminal.decline(
                f'nobody\'s name begins like "{short(text)}" among: {_names(known)}'
            )
        return None


def _called(agents: Sequence[AgentStateInfo], name: str) -> list[AgentStateInfo]:
    """Who is called so, else whose name begins so."""
    wanted = _folded(name)
    names = [(_folded(one.agent_name or ""), one) for one in agents]
    whole = [one for known, one in names if known == wanted]
    return whole or [one for known, one in names if known.startswith(wanted)]


def _folded(name: str) -> str:
    """A name whichever way its letters were typed: small or not, with their marks or before them."""
    return normalize("NFKC", normalize("NFKC", name).casefold())


def _names(agents: Sequence[AgentStateInfo]) -> str:
    return ", ".join(one.agent_name or "?" for one in agents)


def note_text(note: ChatSentenceInfo) -> str:
    """How an internal note is told."""
    return f"note of {note.party_name or '?'}: {note.text}"


def parties_text(parties: tuple[ChatPartyInfo, ...]) -> str:
    """How it is told who else is in a chat."""
    return "; ".join(map(_party_text, parties)) or "nobody else is in the chat"


_ASKED = {
    TransferMode.TRANSFER: "is asked to take the chat over",
    TransferMode.CONSULT: "is asked for advice",
    TransferMode.CONFERENCE: "is asked into the conversation",
    TransferMode.MONITOR: "is asked to listen",
}
_JOINED = {
    TransferMode.TRANSFER: "has taken the chat over",
    TransferMode.CONSULT: "gives advice, unseen by the visitor",
    TransferMode.CONFERENCE: "is in the conversation",
    TransferMode.MONITOR: "listens, unseen",
}
_ASKS = {
    TransferMode.TRANSFER: "hands the chat over to you",
    TransferMode.CONSULT: "asks you for advice",
    TransferMode.CONFERENCE: "asks you into the conversation",
}


def _party_text(party: ChatPartyInfo) -> str:
    who = party.agent_name or party.project_name or "somebody"
    words = _ASKED if party.state is PartyState.ASKED else _JOINED
    does = words[party.mode] if party.mode is not None else "is in the chat"
    by = f" by {party.by_name}" if party.state is PartyState.ASKED and party.by_name else ""
    return f"{who} {does}{by}{_said(party.note)}"


def asked_text(party: ChatPartyInfo) -> str:
    """How an agent is told who asks them, and for what."""
    does = _ASKS.get(party.mode, "asks you") if party.mode is not None else "asks you"
    return f"{party.by_name or 'a colleague'} {does}{_said(party.note)}"


def _said(note: str | None) -> str:
    return f": {note}" if note else ""
