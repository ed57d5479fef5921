"""A client in JSON over a socket, written without anything of ours, against a real broker."""

import json
import subprocess
from pathlib import Path

import pytest
import trio

from connectors.client.connect import connect_connector, connect_workplace
from connectors.client.events import Alerted, ChatRef, SentenceAdded
from protocol.encoding import JSON, MESSAGEPACK
from protocol.values import AgentState
from tests.integration.peers import sentence, serving, start_chat, write_config
from tests.support.requires import NODE
from tests.support.terminals import sample_broker

CLIENT = Path(__file__).with_name("json_client.mjs")


@pytest.mark.requires("node")
def test_plain_json_from_node(tmp_path: Path) -> None:
    """W-9: a whole chat between JSON.stringify and an agent who speaks MessagePack."""

    async def talk(address: tuple[str, int]) -> None:
        where = f"{address[0]}:{address[1]}"
        async with connect_workplace(where, "101", "alice", "alice-secret") as alice:
            await alice.set_state(AgentState.READY)
            async for event in alice.events():
                match event:
                    case Alerted(ref):
                        await alice.answer(ref)
                    case SentenceAdded(ref, said, mine=False):
                        assert said.text == "Dobrý den \u2028 \U0001f642"
                        await alice.send(ref, 'Hello "Jana"')
                        return
                    case _:
                        pass

    with sample_broker(tmp_path) as broker:
        arguments = [
            str(NODE),
            str(CLIENT),
            broker.address[0],
            str(broker.address[1]),
            "web-secret",
        ]
        node = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        trio.run(talk, broker.address)
        out, error = node.communicate(timeout=60)
    assert node.returncode == 0, error.decode()
    told = json.loads(out)
    assert told["list"] == []
    assert (told["re"], told["frameBytes"], told["sameTime"]) == (1, 1_048_576, True)
    assert (told["echo"]["Counter"], told["echo"]["Text"]) == (1, "Dobrý den \u2028 \U0001f642")
    assert (told["answer"]["Counter"], told["answer"]["Text"]) == (2, 'Hello "Jana"')
    assert told["end"]["CloseReason"] == "External"


async def test_our_own_clients_in_json(tmp_path: Path) -> None:
    """W-9: the library speaks it by a setting, and all else is as before."""
    async with serving(write_config(tmp_path)) as served:
        where = "{}:{}".format(*served.address)
        web = connect_connector(where, ["web"], "web-secret", encoding=JSON)
        alice = connect_workplace(where, "101", "alice", "alice-secret", encoding=JSON)
        async with alice as agent, web as client:
            await agent.set_state(AgentState.READY)
            ref = await client.start_chat(tracking_id="t1", party_name="Jana")
            assert (await client.send(ref, "Hello")).counter == 1
            async for event in agent.events():
                if isinstance(event, Alerted):
                    await agent.answer(event.ref)
                    break
            (chat,) = agent.chats()
            assert isinstance(chat.ref, ChatRef)
            assert (await agent.send(chat.ref, "Yes?")).counter == 2
            status = await client.status(ref)
            assert [said.text for said in status.sentences or ()] == ["Hello", "Yes?"]


async def test_two_encodings_on_one_gateway(tmp_path: Path) -> None:
    """W-9, W-11: whatever the order of the sessions, each hears the same in its own."""
    async with serving(write_config(tmp_path)) as served:
        spoken = (MESSAGEPACK, JSON, MESSAGEPACK, JSON)
        peers = [await served.connector(encoding=encoding) for encoding in spoken]
        await peers[1].send("ES_CHAT_START", start_chat(), 1)
        await peers[1].send("ES_CHAT_SENTENCE", sentence("s1", "Hello"), 2)
        echoes = [await peer.get("SE_CHAT_SENTENCE") for peer in peers]
        assert [echo.re for echo in echoes] == [None, 2, None, None]
        assert len({echo.payload for echo in echoes}) == 1
