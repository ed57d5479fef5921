"""The client of an agent's program: states, offers, and what may be done with a chat."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from connectors.client.correspondence import Correspondence
from connectors.client.events import ChatRef
from connectors.client.settings import WorkplaceSettings
from connectors.client.transport import Address, Client, new_id
from protocol.agent import AgentStateInfo, AgentWrapUpInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    ChatWrapUpInfo,
    DecisionInfo,
    VariableInfo,
)
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.values import AgentState, Guid, SentenceModel, TransferMode


class WorkplaceClient(Client):
    """A program of an agent.

    Attributes:
        conversations: Messages: what is known of them, and what may be done with them.
    """

    def __init__(self, address: Address, settings: WorkplaceSettings, events: int) -> None:
        super().__init__(address, settings, events)
        self._number = settings.number
        self.conversations = Correspondence(self, self._session.conversations, settings.number)

    def ref(self, chat_id: Guid) -> ChatRef:
        """The name of a chat, for one that this workplace does not have (yet)."""
        return ChatRef(self._number, chat_id)

    # --- the agent ---

    async def set_state(
        self,
        state: AgentState,
        reason: str | None = None,
        *,
        next_state: AgentState | None = None,
        agent_id: Guid | None = None,
    ) -> AgentStateInfo:
        """Ask for a state (B-28).

        Args:
            state: The state.
            reason: Why, for a pause.
            next_state: What shall follow when their last chat has ended.
            agent_id: For a supervisor: whose state it is.

        Returns:
            The state that the agent has now, and in `next_state` what they will have when their
            chats have ended.
        """
        request_id = self._session.set_agent_state(
            state, self.now(), reason, next_state=next_state, agent_id=agent_id
        )
        return _state(await self._answer(request_id))

    @property
    def agent_state(self) -> AgentStateInfo | None:
        """The agent's own state, as the broker told it last."""
        return self._session.agent

    @property
    def wrap_ups(self) -> tuple[AgentWrapUpInfo, ...]:
        """The closed chats and conversations that still hold slots, the one that closed first in front.

        Each has a `chat_id` or a `conversation_id`. They are told at each connection, so a program that was
        started anew has them too.
        """
        state = self._session.agent
        return (state.wrap_ups or ()) if state is not None else ()

    def wrap_up_of(self, chat: ChatRef) -> AgentWrapUpInfo | None:
        """The wrap-up that runs for a chat, or for a conversation (`ref`), if one does."""
        running = self.wrap_ups
        return next((o for o in running if chat.name in (o.chat_id, o.conversation_id)), None)

    async def wrap_up(
        self, chat: ChatRef, code: str | None = None, note: str | None = None
    ) -> AgentStateInfo:
        """End the work after a chat, and say how the chat ended.

        Args:
            chat: The chat.
            code: One of the configured codes.
            note: Free text.

        Returns:
            The state that the agent has now.
        """
        info = ChatWrapUpInfo(peer=chat.peer, chat_id=Guid(chat.name), code=code, note=note)
        return _state(await self.request("CS_CHAT_WRAPUP", info))

    async def agents(self) -> tuple[AgentStateInfo, ...]:
        """Who is logged in."""
        info = ChatCommandInfo(peer=self._number)
        return _row((await self.request("CS_AGENT_LIST", info)).payload)

    # --- a chat ---

    async def answer(self, chat: ChatRef) -> ChatStatusInfo:
        """Take a chat that is offered.

        Raises:
            AlertGone: The offer ended before.
            NotConnected: There is no session now.
            ConnectionLost: Whether it was taken, `Ready` and the chat will show.
        """
        return await self._command("ANSWER", chat)

    async def hang_up(self, chat: ChatRef) -> ChatStatusInfo:
        """Reject a chat that is offered, or end one that is answered."""
        return await self._command("HANGUP", chat)

    async def give_back(self, chat: ChatRef) -> ChatStatusInfo:
        """Give a chat back to the queue; it keeps its age."""
        return await self._command("RETURN", chat)

    async def park(self, chat: ChatRef) -> ChatStatusInfo:
        """Put a chat on hold, which frees its slot."""
        return await self._command("PARK", chat, is_parked=True)

    async def retrieve(self, chat: ChatRef) -> ChatStatusInfo:
        """Want a parked chat back: `is_parked` of the answer says whether it must wait for a slot."""
        return await self._command("PARK", chat, is_parked=False)

    async def open_chat(
        self,
        gateway: str,
        remote_address: str,
        *,
        party_name: str | None = None,
        variables: Mapping[str, str] | None = None,
        info: ChatServiceInfo | None = None,
    ) -> ChatRef:
        """Open a chat with a visitor (outbound), and wait until it is durable.

        Args:
            gateway: The gateway's address.
            remote_address: Where the visitor is reached.
            party_name: Name of the visitor.
            variables: What else is to be known of the chat.
            info: Whatever else an opening may carry; the other arguments are put into it.

        Returns:
            The name of the chat. Sentences may be sent at once; the visitor gets them when a connector has
            bound the chat.

        Raises:
            Refused: The broker does not take it.
        """
        service = opening(gateway, remote_address, party_name, variables, info)
        frame = await self.request("CS_CHAT_OPEN", service)
        assert isinstance(frame.payload, ChatStatusInfo)
        assert frame.payload.chat_id is not None  # the codec refuses a status without
        return self.ref(frame.payload.chat_id)

    async def note(
        self,
        chat: ChatRef,
        text: str,
        *,
        sentence_id: str | None = None,
        party_name: str | None = None,
    ) -> ChatSentenceInfo:
        """Write an internal note, which the other agents in the chat and later ones see, and no visitor.

        It is sent as `send` does; the arguments are the same.
        """
        return await self.send(
            chat,
            text,
            sentence_id=sentence_id,
            party_name=party_name,
            model=SentenceModel.INTERNAL,
        )

    # --- forms ---

    async def load_form(self, scenario_id: Guid, culture: str | None = None) -> ScenarioInfo:
        """Get a form, in a culture if it has that.

        Raises:
            Refused: There is no such form.
        """
        wanted = CommandInfo(id=scenario_id, reference=culture)
        payload = (await self.request("CS_SCENARIO_LOAD", wanted)).payload
        assert isinstance(payload, ScenarioInfo)
        return payload

    async def form_result(self, chat: ChatRef, result_id: Guid) -> ScenarioResultInfo:
        """Get what was filled into a form of a chat: one of `scenarios` in the chat's `info`.

        Raises:
            Refused: The agent is not in the chat, or it has no such result.
        """
        wanted = ScenarioResultInfo(
            peer=chat.peer, chat_id=Guid(chat.name), scenario_result_id=result_id
        )
        payload = (await self.request("CS_SCENARIO_RESULT", wanted)).payload
        assert isinstance(payload, ScenarioResultInfo)
        return payload

    async def save_form(self, chat: ChatRef, form: ScenarioResultInfo) -> Guid:
        """Save a form of a chat, or another version of one, and wait until it is durable.

        Args:
            chat: The chat.
            form: What was filled in. Without a `scenario_result_id` it is a new one.

        Returns:
            The result.

        Raises:
            Refused: The broker does not take it: see W-47 for what a form needs.
        """
        result = form.scenario_result_id or Guid(new_id())
        saved = evolve(form, peer=chat.peer, chat_id=Guid(chat.name), scenario_result_id=result)
        await self.request("CS_SCENARIO_SAVE", saved)
        return result

    # --- other agents in a chat ---

    async def transfer(
        self,
        chat: ChatRef,
        *,
        agent_id: Guid | None = None,
        project_id: Guid | None = None,
        note: str | None = None,
    ) -> ChatStatusInfo:
        """Hand a chat over to an agent or to the queue of a project.

        Until somebody takes it the chat stays here, with who is asked in `parties`. An agent who is in the
        chat already has it at once. A bot's chat goes to the queue at once; when a bot names neither, the
        project rules decide.

        Args:
            chat: The chat.
            agent_id: The agent.
            project_id: The project.
            note: What whoever takes it should know.

        Raises:
            Refused: The agent cannot take it now, or somebody is asked already.
            ValueError: Both are named.
        """
        if agent_id is not None and project_id is not None:
            raise ValueError("a chat goes to an agent or to a project, not to both")
        info = ChatTransferInfo(
            peer=chat.peer,
            chat_id=Guid(chat.name),
            to_agent_id=agent_id,
            to_project_id=project_id,
            mode=TransferMode.TRANSFER,
            note=note,
        )
        return _status(await self.request("CS_CHAT_TRANSFER", info, chat=chat))

    async def take_back(self, chat: ChatRef) -> ChatStatusInfo:
        """Take a transfer or an invitation back that nobody has answered yet."""
        return await self.transfer(chat)

    async def invite(
        self,
        chat: ChatRef,
        agent_id: Guid | None,
        mode: TransferMode,
        *,
        note: str | None = None,
    ) -> ChatStatusInfo:
        """Ask another agent into a chat.

        Args:
            chat: The chat.
            agent_id: The agent; None: a supervisor themselves, who joins at once.
            mode: `CONSULT`: they advise, and the visitor does not see it. `CONFERENCE`: they talk with the
                visitor too. `MONITOR`: a supervisor listens, unseen.
            note: What they should know.
        """
        info = ChatTransferInfo(
            peer=chat.peer, chat_id=Guid(chat.name), to_agent_id=agent_id, mode=mode, note=note
        )
        return _status(await self.request("CS_CHAT_INVITE", info, chat=chat))

    async def leave(self, chat: ChatRef) -> ChatStatusInfo:
        """Leave a chat that others go on with; `ChatForgotten` follows."""
        return await self._command("LEAVE", chat)

    # --- supervisors ---

    async def overview(self) -> tuple[ChatStatusInfo, ...]:
        """All open chats; for supervisors."""
        info = ChatCommandInfo(peer=self._number)
        return _row((await self.request("CS_CHAT_OVERVIEW", info)).payload)

    async def explain(
        self, chat_id: Guid, agent_id: Guid | None = None
    ) -> tuple[DecisionInfo, ...]:
        """Why a chat went where it went, and why it took so long; for supervisors (B-30).

        Args:
            chat_id: The chat.
            agent_id: The agent of whom is asked why it was not them; None: nobody.
        """
        info = ChatCommandInfo(peer=self._number, chat_id=chat_id, agent_id=agent_id)
        return _row((await self.request("CS_CHAT_EXPLAIN", info)).payload)

    async def close_any(self, chat_id: Guid) -> ChatStatusInfo:
        """End any chat; for supervisors."""
        return await self._command("CLOSE", self.ref(chat_id))


def opening(
    gateway: str,
    remote_address: str,
    party_name: str | None,
    variables: Mapping[str, str] | None,
    info: ChatServiceInfo | None,
) -> ChatServiceInfo:
    """The payload that opens an outbound chat."""
    given: dict[str, Any] = {"peer": gateway, "remote_address": remote_address}
    if party_name is not None:
        given["party_name"] = party_name
    if variables is not None:
        given["variables"] = tuple(
            VariableInfo(name=name, value=value) for name, value in variables.items()
        )
    return evolve(info or ChatServiceInfo(), **given)


def _status(frame: Frame) -> ChatStatusInfo:
    assert isinstance(frame.payload, ChatStatusInfo)
    return frame.payload


def _state(frame: Frame) -> AgentStateInfo:
    assert isinstance(frame.payload, AgentStateInfo)
    return frame.payload


def _row(payload: object) -> tuple[Any, ...]:
    assert isinstance(payload, tuple)
    return payload
