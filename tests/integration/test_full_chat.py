"""A visitor whose transcript is full goes on in a new chat, by the client library and a real broker (B-2)."""

from pathlib import Path

import pytest
import trio

from connectors.client.connect import connect_connector, connect_workplace
from connectors.client.errors import Refused
from connectors.client.events import Alerted, ChatRenewed, SentenceAdded
from connectors.client.settings import Tuning
from protocol.values import AgentState
from tests.integration.peers import serving, write_config

SMALL = "frame_bytes = 131072"
LONG = "x" * 20_000
QUICK = Tuning(pause=0.01, rests=2)


async def test_it_goes_on_in_a_new_chat(tmp_path: Path) -> None:
    """B-2: nothing that was said is lost, and both sides are told."""
    async with serving(write_config(tmp_path, limits=SMALL)) as served:
        where = "{}:{}".format(*served.address)
        web = connect_connector(where, ["web"], "web-secret", tuning=QUICK)
        alice = connect_workplace(where, "101", "alice", "alice-secret")
        async with alice as agent, web as client:
            await agent.set_state(AgentState.READY)
            ref = await client.start_chat(tracking_id="t1", party_name="Jana")
            full = (await client.status(ref)).chat_id
            keys = [client.send_soon(ref, f"{number} {LONG}") for number in range(8)]
            renewed: list[ChatRenewed] = []
            said: list[str | None] = []
            alerts: list[Alerted] = []
            with trio.fail_after(30):
                async for event in client.events():
                    match event:
                        case ChatRenewed():
                            renewed.append(event)
                        case SentenceAdded():
                            said.append(event.sentence.id)
                        case _:
                            pass
                    if len(said) == len(keys):
                        break
                async for event in agent.events():
                    if isinstance(event, Alerted):
                        alerts.append(event)
                        if len(alerts) > len(renewed):
                            break
            assert said == keys
            chats = [full, *(event.chat_id for event in renewed)]
            assert len(chats) == 3
            assert [(event.ref, event.full) for event in renewed] == [
                (ref, one) for one in chats[:2]
            ]
            assert [alert.ref.name for alert in alerts] == chats
            told = [alert.info for alert in alerts]
            assert [info.earlier_chat_id for info in told] == [None, *chats[:2]]
            assert (await client.status(ref)).chat_id == chats[-1]


async def test_a_program_may_want_to_be_told_instead(tmp_path: Path) -> None:
    """I-14: without `renew` the sentence is refused."""
    async with serving(write_config(tmp_path, limits=SMALL)) as served:
        where = "{}:{}".format(*served.address)
        tuning = Tuning(pause=0.01, rests=2, renew=False)
        async with connect_connector(where, ["web"], "web-secret", tuning=tuning) as client:
            ref = await client.start_chat(tracking_id="t1")
            for _ in range(3):
                await client.send(ref, LONG)
            with pytest.raises(Refused, match="Overloaded"):
                await client.send(ref, LONG)
