"""The visitor's program: one conversation on a gateway."""

from connectors.client.connect import ConnectorClient
from connectors.client.events import ChatChanged, ChatRef
from connectors.terminal.cells import Part, clipped
from connectors.terminal.options import VisitorOptions
from connectors.terminal.program import CHAT, NAME, STATE, TYPING, Face, Terminal
from protocol.chat import ChatServiceInfo
from protocol.values import ChatStatus, CloseReason

HELP = """\
Write a line and press Enter to send it.  … under way   ✓ the broker has it   ✓✓ the agent has it
/end    end the chat      /new    begin another one
/quit   leave the program (the chat stays open)
//TEXT  say TEXT with a / before it"""


class VisitorTerminal(Terminal):
    """A visitor and their chat."""

    client: ConnectorClient

    def __init__(self, client: ConnectorClient, face: Face, options: VisitorOptions) -> None:
        super().__init__(client, face)
        self._options = options

    @property
    def help(self) -> str:
        """The commands."""
        return HELP

    @property
    def party_name(self) -> str | None:
        """The visitor's name."""
        return self._options.name

    def begin(self) -> None:
        """Start the chat."""
        self.active = self._start(self._options.tracking_id)
        self.remark(f"this conversation is {self.active.peer}/{self.active.name}")

    def _start(self, tracking_id: str | None) -> ChatRef:
        ref = self.client.start_chat_soon(
            tracking_id=tracking_id,
            party_name=self._options.name,
            info=ChatServiceInfo(preferred_culture=self._options.culture),
        )
        self.talk(ref)
        return ref

    async def command(self, name: str, rest: str) -> bool:
        """Do a command."""
        assert self.active is not None
        match name:
            case "end" | "e":
                await self.finish()
                await self.attempt(self.client.stop(self.active))
            case "new":
                self.active = self._start(None)
                self.remark(f"this conversation is {self.active.peer}/{self.active.name}")
            case _:
                return False
        return True

    def title_of(self, event: ChatChanged) -> str:
        """The agent's name."""
        return event.info.agent_name or ""

    def said_of(self, event: ChatChanged) -> str:
        """How a new status of the chat is told to its visitor."""
        name, why = event.info.agent_name, event.info.close_reason
        match event.status:
            case ChatStatus.CLOSED:
                return f"the chat is closed{_CLOSED_BY[why] if why is not None else ''}"
            case ChatStatus.ANSWERED:
                return f"{name or 'an agent'} is with you"
            case ChatStatus.ALERTING if name:
                return f"{name} has been asked"
            case _:
                return _WORDS[event.status]

    @property
    def closed_text(self) -> str:
        """The way on."""
        return f"the chat is closed; {_GO_ON}"

    def status_parts(self) -> list[Part]:
        """The connection, the chat, the agent, and whether they type."""
        assert self.active is not None
        talk = self.talk(self.active)
        name = clipped(talk.title or "an agent", NAME)
        parts = [self.lamp(), Part(_WORDS.get(talk.status, "not begun yet"), CHAT)]
        if talk.status is ChatStatus.ANSWERED:
            parts.append(Part(f"with {name}", STATE))
        if talk.is_typing:
            parts.append(Part(f"{name} is typing…", TYPING))
        return parts

    def bar(self, columns: int) -> list[str]:
        """Nothing besides."""
        return []


_CLOSED_BY = {
    CloseReason.AGENT: " by the agent",
    CloseReason.EXTERNAL: " by you",
    CloseReason.INACTIVITY: ": nobody wrote for too long",
    CloseReason.RULE: ": nobody can take it now",
    CloseReason.ADMIN: " by the supervisor",
}
"""Who ended it, as its visitor reads it; agents read the words of `connectors.terminal.words`."""
_GO_ON = "/new begins another one, /quit leaves"
_WORDS: dict[ChatStatus | None, str] = {
    ChatStatus.PILOT: "one moment",
    ChatStatus.ICR: "a bot answers",
    ChatStatus.WAITING: "waiting for an agent",
    ChatStatus.ALERTING: "an agent has been asked",
    ChatStatus.ANSWERED: "answered",
    ChatStatus.CLOSED: f"closed; {_GO_ON}",
}
