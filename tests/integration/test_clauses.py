"""What the clauses of the session and of slow readers say, over real TCP (W-10, W-11, W-24)."""

from pathlib import Path

import pytest
import trio

from protocol.codec import encode
from protocol.errors import ByeCode
from protocol.frame import Frame
from protocol.identifiers import derive
from protocol.session import Bye, Hello, Welcome
from protocol.values import Role
from tests.integration.peers import command, sentence, serving, start_chat, write_config

SHARED = """
[[gateways]]
name = "North"
peer = "north"
token = "shared-secret"
[[gateways]]
name = "South"
peer = "south"
token = "shared-secret"
"""


async def test_the_welcome_tells_all_that_a_client_must_know(tmp_path: Path) -> None:
    """W-10, W-3: node, session, heartbeat, longest frame, time; to a workplace its agent too."""
    async with serving(write_config(tmp_path)) as served:
        web, seat = await served.peer(), await served.peer()
        connector = (await web.hello(Role.CONNECTOR, "web", token="web-secret")).payload
        frame = await seat.hello(Role.WORKPLACE, "101", login="alice", token="alice-secret")
        workplace = frame.payload
        assert isinstance(connector, Welcome)
        assert isinstance(workplace, Welcome)
        for welcome in (connector, workplace):
            assert (welcome.version, welcome.node) == (1, "node-1")
            assert (welcome.heartbeat_seconds, welcome.frame_bytes) == (30, 1_048_576)
            assert welcome.time_utc is not None
        assert connector.session_id
        assert connector.session_id != workplace.session_id
        who = (workplace.agent_id, workplace.agent_name, workplace.workplace_number)
        assert who == (derive("agent", "Alice"), "Alice", "101")
        assert (connector.agent_id, connector.agent_name, connector.workplace_number) == (None,) * 3


async def test_one_connector_may_serve_gateways_that_share_a_secret(tmp_path: Path) -> None:
    """W-10, W-11: one connection, several peers; each chat has its own."""
    async with serving(write_config(tmp_path, more=SHARED)) as served:
        peer = await served.peer()
        both = Hello(
            version=1, role=Role.CONNECTOR, peers=("north", "south"), token="shared-secret"
        )
        peer.connection.hello(both)
        await peer.flush()
        assert (await peer.get()).type == "SYS_WELCOME"
        for name in both.peers or ():
            await peer.send("ES_CHAT_START", start_chat(peer=name), name)
            status = await peer.get("SE_CHAT_STATUS")
            while status.re is None:  # a push of the chat before
                status = await peer.get("SE_CHAT_STATUS")
            assert status.re == name
            assert status.payload.peer == name  # type: ignore[attr-defined]  # a ChatStatusInfo


@pytest.mark.parametrize(
    "bound", ["outbox_frames = 20\noutbox_bytes = 1000000000", "outbox_bytes = 4500000"]
)
async def test_either_bound_of_the_queue_ends_a_slow_reader(tmp_path: Path, bound: str) -> None:
    """W-24, I-14: in frames and in bytes; it gets whole frames in order, and then the bye."""
    path = write_config(tmp_path, limits=f"{bound}\nframes_per_second = 100000")
    async with serving(path) as served:
        slow = await served.connector(receive_buffer=4_096)
        await slow.send("ES_CHAT_START", start_chat(), 1)
        for number in range(20):
            await slow.send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x" * 30_000))
        for _ in range(20):
            await slow.get("SE_CHAT_SENTENCE")
        counters = served.broker.server.sessions.counters
        asked = 0
        while not counters.slow_consumers:
            ask = encode(Frame("ES_CHAT_STATUS", command(tracking_id="t1"), {"Id": asked}))
            await slow.stream.send_all(ask)
            asked += 1
            await trio.testing.wait_all_tasks_blocked()
        frames = await slow.rest()
        last = frames.pop().payload
        assert isinstance(last, Bye)
        assert last.code is ByeCode.SLOW_CONSUMER
        assert [frame.re for frame in frames] == list(range(len(frames)))
        assert len(frames) < asked
