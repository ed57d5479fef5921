"""What an agent's program does with conversations, on both backends, against the core on a socket (B-57)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from broker.config.model import SECOND
from broker.core.facts.messages import ConversationWrapupEnded
from connectors.client.conversation_events import ConversationAlerted
from connectors.client.correspondence import Correspondence
from connectors.client.errors import Refused
from connectors.client.events import MessageSending
from connectors.client.messages import MessageClient, connect_messages
from connectors.client.workplace import WorkplaceClient
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.identifiers import project_id
from protocol.message import MessageContentInfo
from protocol.values import AgentState, ChatStatus, Guid, MessageStatus
from tests.support.core_on_socket import CoreOnSocket, with_core
from tests.support.mail_program import MAIL_INSTALLATION, NOON, OFFICE, at_workplace, wraps_up
from tests.support.wired_core import BOB


class Scene:
    """Alice has a conversation with Jana."""

    def __init__(self, broker: CoreOnSocket, post: MessageClient, client: WorkplaceClient) -> None:
        self.core, self.post, self.client = broker.core, post, client
        self.work: Correspondence = client.conversations
        self.key = Guid("")
        self.mails = 0

    async def comes(self) -> None:
        self.mails += 1
        message = MessageContentInfo(
            delivery_system_id=f"<m{self.mails}@example.org>",
            gateway_id=OFFICE,
            remote_address="jana@example.org",
            received_sent_time=NOON,
            body_text=f"text {self.mails}",
            in_reply_to_id="<m1@example.org>" if self.mails > 1 else None,
        )
        await self.post.receive_message(message)

    def heard(self, type_: str) -> list[Frame]:
        return [frame for frame in self.core.way.heard if frame.type == type_]


pytestmark = pytest.mark.parametrize("backend", ["asyncio", "trio"])
Scenario = Callable[[Scene], Awaitable[None]]


def play(backend: str, scenario: Scenario) -> None:
    async def run(broker: CoreOnSocket) -> None:
        async with (
            connect_messages(broker.address, ["mail"], "mail-secret") as post,
            at_workplace(broker) as client,
        ):
            scene = Scene(broker, post, client)
            await client.set_state(AgentState.READY)
            await scene.comes()
            async for event in client.events():
                if isinstance(event, ConversationAlerted):
                    scene.key = event.conversation_id
                    break
            await scene.work.answer(scene.key)
            await scenario(scene)

    with_core(run, backend, MAIL_INSTALLATION)


def test_it_is_put_aside_picked_given_back_and_closed(backend: str) -> None:
    async def scenario(scene: Scene) -> None:
        work, key = scene.work, scene.key
        now = datetime.fromtimestamp(scene.core.now / SECOND, UTC)
        parked = await work.park(key, now + timedelta(hours=1))
        assert (parked.is_parked, parked.parked_until_utc) == (True, now + timedelta(hours=1))
        assert (await work.pick(key)).status is ChatStatus.ANSWERED
        assert (await work.give_back(key)).status is ChatStatus.WAITING
        assert [one.conversation_id for one in await work.overview()] == [key]
        await work.pick(key)
        closed = await work.close(key, note="solved")
        assert closed.status is ChatStatus.CLOSED
        assert await work.overview() == ()

    play(backend, scenario)


def test_the_work_after_it_is_ended_with_a_code(backend: str) -> None:
    async def scenario(scene: Scene) -> None:
        wraps_up(scene.core)
        work, key, client = scene.work, scene.key, scene.client
        with pytest.raises(Refused) as refused:
            await work.wrap_up(key)
        assert refused.value.code is ErrorCode.WRONG_STATE
        await work.close(key)
        while client.wrap_up_of(client.ref(key)) is None:
            await anyio.lowlevel.checkpoint()
        (one,) = client.wrap_ups
        assert (one.conversation_id, one.chat_id) == (key, None)
        assert one.remote_address == "jana@example.org"
        state = await work.wrap_up(key, "solved", "by hand")
        assert state.wrap_ups is None
        assert client.wrap_up_of(client.ref(key)) is None
        (over,) = [f for f in scene.core.facts if isinstance(f, ConversationWrapupEnded)]
        assert (over.code, over.note) == ("solved", "by hand")

    play(backend, scenario)


def test_it_is_handed_over_to_an_agent_or_a_project(backend: str) -> None:
    async def scenario(scene: Scene) -> None:
        work, key = scene.work, scene.key
        with pytest.raises(ValueError, match="an agent or to a project"):
            await work.transfer(key)
        with pytest.raises(Refused):
            await work.transfer(key, agent_id=BOB)  # who is not there
        await work.transfer(key, project_id=project_id("Sales"), note="a bill")
        assert work.get(key) is None
        conversation = scene.core.state.messages.conversations[key]
        assert conversation.demanded.project == project_id("Sales")
        assert [note.text for note in conversation.notes] == ["a bill"]

    play(backend, scenario)


def test_notes_are_written_once(backend: str) -> None:
    async def scenario(scene: Scene) -> None:
        for _ in range(2):
            note = await scene.work.note(scene.key, "look", note_id="n1")
            assert (note.counter, note.agent_name) == (1, "Alice")
        known = scene.work.get(scene.key)
        assert known is not None
        assert [one.text for one in known.notes] == ["look"]

    play(backend, scenario)


def test_older_messages_are_asked_for_and_known_from_then_on(backend: str) -> None:
    async def scenario(scene: Scene) -> None:
        for _ in range(3):
            await scene.comes()
        scene.work._known.forget(scene.key)
        await scene.work.read(scene.key, limit=2)
        known = scene.work.get(scene.key)
        assert known is not None
        assert ([m.counter for m in known.messages], known.has_earlier) == ([3, 4], True)
        await scene.work.read(scene.key, before=3, limit=1)
        await scene.work.read(scene.key, before=2)
        assert ([m.counter for m in known.messages], known.has_earlier) == ([1, 2, 3, 4], False)

    play(backend, scenario)


def test_of_drafts_the_latest_wins_and_sending_ends_it(backend: str) -> None:
    """B-62."""

    async def scenario(scene: Scene) -> None:
        def draft(text: str | None) -> MessageContentInfo:
            return MessageContentInfo(conversation_id=scene.key, subject_field=text, body_text=text)

        def drafts() -> list[str | None]:
            kept = scene.core.state.messages.conversations[scene.key].draft
            return [kept.content.subject_field] if kept is not None else []

        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(scene.work.draft, draft(f"At nine {number}"))
        assert len(drafts()) == 1
        assert len(scene.heard("CS_MESSAGE_DRAFT")) < 50
        last = scene.heard("CS_MESSAGE_DRAFT")[-1].payload
        assert isinstance(last, MessageContentInfo)
        assert last.body_text in {f"At nine {number}" for number in range(50)}
        await scene.work.send(draft("At nine."))
        assert drafts() == []
        await scene.work.draft(draft("More"))
        assert drafts() == ["More"]
        await scene.work.draft(draft(None))
        assert drafts() == []
        with pytest.raises(ValueError, match="of a conversation"):
            await scene.work.draft(MessageContentInfo(body_text="x"))

    play(backend, scenario)


def test_a_message_is_sent_withdrawn_and_another_one_tried_again(backend: str) -> None:
    """B-62."""

    async def scenario(scene: Scene) -> None:
        work = scene.work
        reply = MessageContentInfo(conversation_id=scene.key, body_text="At nine.", request_id="k")
        sent = await work.send(reply)
        assert await work.send(reply) == sent
        assert sent.status is MessageStatus.QUEUED
        assert sent.message_id is not None
        assert (await work.cancel(sent.message_id)).status is MessageStatus.CANCELLED
        with pytest.raises(Refused) as refused:
            await work.retry(sent.message_id)
        assert refused.value.code == ErrorCode.WRONG_STATE

    play(backend, scenario)


def test_attachments_go_both_ways(backend: str) -> None:
    """B-61."""

    async def scenario(scene: Scene) -> None:
        data = b"12 EUR\n" * 60_000  # in two pieces
        one = await scene.work.attach(data, "bill.txt", "text/plain")
        assert (one.name, one.size) == ("bill.txt", len(data))
        reply = MessageContentInfo(conversation_id=scene.key, body_text="Here.", attachments=(one,))
        await scene.work.send(reply)
        assert await scene.work.fetch(one) == data
        await scene.post.gateways("mail")
        async for event in scene.post.events():
            if isinstance(event, MessageSending):
                assert event.message.attachments is not None
                assert event.message.attachments[0].sha256 == one.sha256
                return

    play(backend, scenario)
