"""What an agent's program does with conversations: `client.conversations` of a workplace (B-57, B-61, B-62).

async with connect_workplace(..., conversations=True) as client:
    async for event in client.events():
        match event:
            case ConversationAlerted(conversation_id):
                await client.conversations.answer(conversation_id)
            case MessageAdded(conversation_id, message):
                reply = MessageContentInfo(conversation_id=conversation_id, body_text="Thank you")
                await client.conversations.send(reply)
"""

from datetime import datetime
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

import anyio

from connectors.client.blobs import download, upload
from connectors.client.conversations import Conversation, Conversations
from connectors.client.transport import Client, new_id
from protocol.agent import AgentStateInfo
from protocol.blob import AttachmentInfo
from protocol.chat import DecisionInfo
from protocol.conversation import (
    ConversationCloseInfo,
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
    ConversationTransferInfo,
    ConversationWrapUpInfo,
)
from protocol.frame import Frame
from protocol.message import MessageCommandInfo, MessageContentInfo, MessageStatusInfo
from protocol.values import Guid


class Correspondence:
    """The conversations of an agent, and the requests about them. Errors are those of the client."""

    def __init__(self, client: Client, known: Conversations, number: str) -> None:
        self._client = client
        self._known = known
        self._number = number
        self._drafts: dict[Guid, MessageContentInfo] = {}
        self._locks: WeakValueDictionary[Guid, anyio.Lock] = WeakValueDictionary()

    def all(self) -> list[Conversation]:
        """Those that are known: offered, answered, put aside by the agent; closed ones for a while."""
        return self._known.all()

    def get(self, conversation_id: Guid) -> Conversation | None:
        """What is known of one."""
        return self._known.get(conversation_id)

    # --- who works on it ---

    async def answer(self, conversation_id: Guid) -> ConversationInfo:
        """Take one that is offered; its messages come with it.

        Raises:
            AlertGone: The offer ended before.
        """
        return await self._command("ANSWER", conversation_id)

    async def pick(self, conversation_id: Guid) -> ConversationInfo:
        """Take one that waits, or that was put aside, by hand."""
        return await self._command("PICK", conversation_id)

    async def give_back(self, conversation_id: Guid) -> ConversationInfo:
        """Give one back to its queue, its age kept; decline one that is offered."""
        return await self._command("RETURN", conversation_id)

    async def park(self, conversation_id: Guid, until: datetime | None = None) -> ConversationInfo:
        """Put one aside: until a moment, and at any rate until the other party writes."""
        return await self._command("PARK", conversation_id, until_utc=until)

    async def transfer(
        self,
        conversation_id: Guid,
        *,
        agent_id: Guid | None = None,
        project_id: Guid | None = None,
        note: str | None = None,
    ) -> ConversationInfo:
        """Hand one over to an agent, who is alerted, or to the queue of a project.

        Raises:
            ValueError: Neither is named, or both.
        """
        if (agent_id is None) is (project_id is None):
            raise ValueError("a conversation goes to an agent or to a project")
        info = ConversationTransferInfo(
            peer=self._number,
            conversation_id=conversation_id,
            to_agent_id=agent_id,
            to_project_id=project_id,
            note=note,
        )
        return _status(await self._client.request("CS_CONVERSATION_TRANSFER", info))

    async def take_back(self, conversation_id: Guid) -> ConversationInfo:
        """Take a transfer back that nobody has answered yet."""
        info = ConversationTransferInfo(peer=self._number, conversation_id=conversation_id)
        return _status(await self._client.request("CS_CONVERSATION_TRANSFER", info))

    async def close(
        self,
        conversation_id: Guid,
        code: str | None = None,
        note: str | None = None,
        *,
        is_spam: bool = False,
    ) -> ConversationInfo:
        """End one.

        Args:
            conversation_id: The conversation.
            code: How it ended, in the words of the contact center.
            note: What is to be remembered.
            is_spam: It was unwanted mail, and more of that address is (B-59).
        """
        info = ConversationCloseInfo(
            peer=self._number,
            conversation_id=conversation_id,
            code=code,
            note=note,
            is_spam=is_spam,
        )
        return _status(await self._client.request("CS_CONVERSATION_CLOSE", info))

    async def wrap_up(
        self, conversation_id: Guid, code: str | None = None, note: str | None = None
    ) -> AgentStateInfo:
        """End the work after one that is closed, and say how it ended; `client.wrap_ups` has those that run.

        Args:
            conversation_id: The conversation.
            code: One of the configured codes.
            note: Free text.

        Returns:
            The state that the agent has now.
        """
        info = ConversationWrapUpInfo(
            peer=self._number, conversation_id=conversation_id, code=code, note=note
        )
        payload = (await self._client.request("CS_CONVERSATION_WRAPUP", info)).payload
        assert isinstance(payload, AgentStateInfo)
        return payload

    async def overview(self) -> tuple[ConversationInfo, ...]:
        """Those that wait, of which one may be picked; for supervisors all that are open."""
        found: list[ConversationInfo] = []
        after: int | None = None
        while True:
            asked = ConversationCommandInfo(peer=self._number, after=after)
            frame = await self._client.request("CS_CONVERSATION_OVERVIEW", asked)
            assert isinstance(frame.payload, tuple)
            found += frame.payload
            if frame.more is None:
                return tuple(found)
            after = frame.more

    async def explain(self, conversation_id: Guid) -> tuple[DecisionInfo, ...]:
        """Why one went where it went, and why it took so long; for supervisors (B-30)."""
        info = ConversationCommandInfo(peer=self._number, conversation_id=conversation_id)
        payload = (await self._client.request("CS_CONVERSATION_EXPLAIN", info)).payload
        assert isinstance(payload, tuple)
        return payload

    # --- what is in it ---

    async def read(
        self, conversation_id: Guid, *, before: int | None = None, limit: int | None = None
    ) -> ConversationInfo:
        """Ask for messages: the latest, or those before a place.

        Those before the ones that are known are known from then on (`Conversation.messages`).

        Args:
            conversation_id: The conversation.
            before: A `counter`.
            limit: How many at the most.
        """
        return await self._command("STATUS", conversation_id, before=before, limit=limit)

    async def note(
        self, conversation_id: Guid, text: str, *, note_id: str | None = None
    ) -> ConversationNoteInfo:
        """Write a note for colleagues, and wait until it is durable, however long the broker is away.

        Args:
            conversation_id: The conversation.
            text: What is noted.
            note_id: Its key, for a program that writes it again after it was itself restarted.
        """
        info = ConversationNoteInfo(
            peer=self._number,
            conversation_id=conversation_id,
            id=note_id or new_id(),
            text=text,
        )
        payload = (await self._client.request("CS_CONVERSATION_NOTE", info)).payload
        assert isinstance(payload, ConversationNoteInfo)
        return payload

    # --- messages ---

    async def send(self, message: MessageContentInfo) -> MessageStatusInfo:
        """Send a message, and wait until it is durable, however long the broker is away.

        A message with a `conversation_id` answers there. Without one it begins a conversation, which is then
        the agent's, and needs `gateway_id` and `remote_address`; `forward_of` passes another message on.

        Args:
            message: The message. Its `request_id` is its key, by which a repetition is known (B-62); without
                one it gets one. A program that must not double it when it is itself restarted keeps it.

        Returns:
            Its status, which changes: `MessageStatusChanged`.
        """
        if message.conversation_id is not None:
            self._drafts.pop(message.conversation_id, None)
        frame = await self._client.request("CS_MESSAGE_SEND", message)
        assert isinstance(frame.payload, MessageStatusInfo)
        return frame.payload

    async def draft(self, message: MessageContentInfo) -> None:
        """Have the broker keep what is written and not sent yet: the latest of a conversation, or nothing.

        May be called often: while one is under way the latest of the others waits, and the rest are let go.
        """
        key = message.conversation_id
        if key is None:
            raise ValueError("a draft is of a conversation")
        self._drafts[key] = message
        lock = self._locks.setdefault(key, anyio.Lock())
        async with lock:
            latest = self._drafts.pop(key, None)
            if latest is not None:
                await self._client.request("CS_MESSAGE_DRAFT", latest)

    async def cancel(self, message_id: Guid) -> MessageStatusInfo:
        """Withdraw a message that is `Queued` or waits for a `Retry`."""
        return await self._message("CANCEL", message_id)

    async def retry(self, message_id: Guid) -> MessageStatusInfo:
        """Try a message again that has `Failed`."""
        return await self._message("RETRY", message_id)

    # --- attachments ---

    async def attach(
        self, data: bytes, name: str, content_type: str | None = None
    ) -> AttachmentInfo:
        """Bring an attachment to the broker, for the `attachments` of a message."""
        blob = Guid(new_id())
        status = await upload(
            self._client,
            self._number,
            blob,
            data,
            name=name,
            content_type=content_type,
            prefix="CS",
        )
        return AttachmentInfo(
            blob_id=blob,
            name=name,
            content_type=content_type,
            size=len(data),
            sha256=sha256(data).hexdigest(),
            scan=status.scan,
        )

    async def fetch(self, attachment: AttachmentInfo) -> bytes:
        """Get what is in an attachment.

        Raises:
            BrokenBlobError: It is not whole.
        """
        assert attachment.blob_id is not None
        pieces = download(self._client, self._number, attachment.blob_id, prefix="CS")
        return b"".join([piece async for piece in pieces])

    async def _command(self, kind: str, conversation_id: Guid, **members: Any) -> ConversationInfo:
        info = ConversationCommandInfo(
            peer=self._number, conversation_id=conversation_id, **members
        )
        return _status(await self._client.request(f"CS_CONVERSATION_{kind}", info))

    async def _message(self, kind: str, message_id: Guid) -> MessageStatusInfo:
        info = MessageCommandInfo(peer=self._number, message_id=message_id)
        payload = (await self._client.request(f"CS_MESSAGE_{kind}", info)).payload
        assert isinstance(payload, MessageStatusInfo)
        return payload


def _status(frame: Frame) -> ConversationInfo:
    assert isinstance(frame.payload, ConversationInfo)
    return frame.payload
