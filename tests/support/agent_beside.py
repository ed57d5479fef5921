"""An agent who works while a test drives a browser: in a thread of their own."""

import threading
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Self

import trio

from connectors.client import (
    Alerted,
    ChatChanged,
    ChatRef,
    Disconnected,
    FormSaved,
    Refused,
    SentenceAdded,
    SentenceConfirmed,
    SlotChanged,
    TypingChanged,
    WorkplaceClient,
    connect_workplace,
)
from connectors.client.blobs import download, upload
from protocol.blob import AttachmentInfo
from protocol.chat import ChatSentenceInfo
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, Guid

PATIENCE = 45.0


class AgentBeside:
    """Alice, who answers whatever is offered.

    Attributes:
        heard: What visitors said, in order.
        confirmed: What of her own lines the visitors have.
        pages: Where visitors are.
        forms: Forms that were saved in a chat.
        files: What visitors brought.
        typing: Who types now.
        ended: Chats that have closed.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self.heard: list[str] = []
        self.confirmed: list[str] = []
        self.pages: list[str] = []
        self.forms: list[ScenarioResultInfo] = []
        self.files: list[AttachmentInfo] = []
        self.typing: set[ChatRef] = set()
        self.ended: list[ChatRef] = []
        self.chats: list[ChatRef] = []
        self._address = f"{address[0]}:{address[1]}"
        self._came = threading.Condition()
        self._thread = threading.Thread(target=lambda: trio.run(self._work))
        self._token: trio.lowlevel.TrioToken | None = None
        self._client: WorkplaceClient | None = None
        self._over: trio.CancelScope | None = None
        self._fault: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self.waits(lambda: self._client is not None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None and self._over is not None:
            for chat in set(self.chats) - set(self.ended):
                with suppress(Refused, trio.RunFinishedError):
                    self._run(partial(_hang_up, chat))
            with suppress(trio.RunFinishedError):
                self._token.run_sync_soon(self._over.cancel)
        self._thread.join(PATIENCE)

    def waits(self, enough: Callable[[], bool]) -> None:
        """Wait until something is so."""
        with self._came:
            done = self._came.wait_for(lambda: enough() or self._fault is not None, PATIENCE)
        assert self._fault is None, self._fault
        assert done, f"heard {self.heard}, confirmed {self.confirmed}"

    def hears(self, *texts: str) -> None:
        """Wait until all that was said is this."""
        self.waits(lambda: len(self.heard) >= len(texts))
        assert self.heard == list(texts)

    def says(self, text: str, chat: int = -1) -> None:
        """Say something to a visitor, and wait until it is stored."""
        self.waits(lambda: bool(self.chats))
        self._run(lambda client: client.send(self.chats[chat], text))

    def brings(self, name: str, content_type: str, data: bytes) -> None:
        """Send a file."""
        self.waits(lambda: bool(self.chats))
        self._run(partial(_bring, self.chats[-1], name, content_type, data))

    def fetches(self, blob_id: Guid) -> bytes:
        """Fetch a file of the visitor's."""
        got: list[bytes] = []

        async def fetch(client: WorkplaceClient) -> None:
            got.extend([piece async for piece in download(client, "101", blob_id, prefix="CS")])

        self._run(fetch)
        return b"".join(got)

    def types(self, *, is_typing: bool = True) -> None:
        """Type, or cease to."""
        client, ref = self._client, self.chats[-1]
        assert client is not None
        trio.from_thread.run_sync(client.typing, ref, is_typing, trio_token=self._token)

    def hangs_up(self) -> None:
        """End the chat."""
        self._run(lambda client: client.hang_up(self.chats[-1]))

    def _run(self, what: Callable[[WorkplaceClient], Awaitable[object]]) -> None:
        client = self._client
        assert client is not None
        trio.from_thread.run(what, client, trio_token=self._token)

    async def _work(self) -> None:
        try:
            with trio.CancelScope() as self._over:
                self._token = trio.lowlevel.current_trio_token()
                async with connect_workplace(
                    self._address, "101", "alice", "alice-secret"
                ) as client:
                    await client.set_state(AgentState.READY)
                    self._tell(lambda: setattr(self, "_client", client))
                    await self._listen(client)
        except BaseException as error:  # noqa: BLE001 - told to the test
            fault = error
            self._tell(lambda: setattr(self, "_fault", fault))

    async def _listen(self, client: WorkplaceClient) -> None:
        async with trio.open_nursery() as nursery:
            async for event in client.events():
                match event:
                    case Alerted(ref):
                        nursery.start_soon(client.answer, ref)
                    case Disconnected():
                        pass
                    case _:
                        self._tell(partial(self._take, event))

    def _take(self, event: object) -> None:
        match event:
            case ChatChanged(ref, ChatStatus.ANSWERED):
                self.ended = [one for one in self.ended if one != ref]  # it may be taken up again
                self.chats += [ref] if ref not in self.chats else []
            case ChatChanged(ref, ChatStatus.CLOSED):
                self.ended.append(ref)
            case SentenceAdded(_, said, mine=False) if said.model == 0:
                self.heard.append(said.text or "")
                self.files += said.attachments or ()
            case SentenceConfirmed(_, said):
                self.confirmed.append(said.text or "")
            case SlotChanged(_, said):
                self.pages.append(said.text or "")
            case FormSaved(_, form):
                self.forms.append(form)
            case TypingChanged(ref, is_typing):
                (self.typing.add if is_typing else self.typing.discard)(ref)
            case _:
                pass

    def _tell(self, what: Callable[[], object]) -> None:
        with self._came:
            what()
            self._came.notify_all()


async def _bring(
    chat: ChatRef, name: str, content_type: str, data: bytes, client: WorkplaceClient
) -> None:
    blob = Guid(str(uuid.uuid4()))
    await upload(client, "101", blob, data, name=name, content_type=content_type, prefix="CS")
    said = ChatSentenceInfo(
        peer="101",
        chat_id=Guid(chat.name),
        id=blob,
        text=name,
        is_outbound=True,
        attachments=(AttachmentInfo(blob_id=blob, name=name, content_type=content_type),),
    )
    await client.request("CS_CHAT_SENTENCE", said)


async def _hang_up(chat: ChatRef, client: WorkplaceClient) -> None:
    await client.hang_up(chat)
