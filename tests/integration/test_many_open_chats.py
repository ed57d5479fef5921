"""A gateway with far more open chats than one frame lists, whose connector comes back (W-25)."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from broker.core.effects import Effect, Send
from broker.shell.sessions import Sessions
from connectors.client.connect import ConnectorClient, connect_connector
from connectors.client.events import ChatRef, Disconnected, Ready
from protocol.errors import ByeCode
from protocol.values import ChatStatus
from tests.integration.peers import Served, serving, start_chat, write_config

MANY = 20_000
AT_ONCE = 500
LIMITS = "frames_per_second = 1000000\nanswer_bytes_per_second = 1000000000\noutbox_frames = 100000"


def name_of(number: int) -> str:
    return f"visitor-{number:06}"


async def visitors_come(served: Served) -> None:
    """Many chats are started, some at a time."""
    web = await served.connector(takes_pieces=True)
    encoding = web.connection.encoding
    for first in range(0, MANY, AT_ONCE):
        starts = [
            encoding.assemble(encoding.pack("ES_CHAT_START", start_chat(name_of(n))), {"Id": n})
            for n in range(first, first + AT_ONCE)
        ]
        await web.stream.send_all(b"".join(starts))
        answers = 0
        while answers < AT_ONCE:
            frame = await web.get()
            assert frame.type == "SE_CHAT_STATUS", frame
            answers += frame.re is not None
    await trio.aclose_forcefully(web.stream)


def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The lists and the sentences that leave the broker, in order, each with its length."""
    left: list[tuple[str, int]] = []
    deliver = Sessions.deliver

    def note(self: Sessions, effects: list[Effect]) -> None:
        for sent in effects:
            if isinstance(sent, Send) and sent.type in ("SE_CHAT_LIST", "SE_CHAT_SENTENCE"):
                listed = sent.payload if isinstance(sent.payload, tuple) else ()
                left.append((sent.type, len(listed)))
        deliver(self, effects)

    monkeypatch.setattr(Sessions, "deliver", note)
    return left


async def comes_back(client: ConnectorClient) -> None:
    """Wait until the client has lost its connection and is ready again."""
    lost = False
    async for event in client.events():
        lost = lost or isinstance(event, Disconnected)
        if lost and isinstance(event, Ready):
            return


async def says_on_and_on(client: ConnectorClient, ref: ChatRef, said: list[str]) -> None:
    while True:
        said.append((await client.send(ref, f"sentence {len(said)}")).text or "")


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_connector_with_twenty_thousand_chats_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14, W-24: piece by piece, with the sentences of others between the pieces."""
    async with serving(write_config(tmp_path, limits=LIMITS)) as served:
        await visitors_come(served)
        where = "{}:{}".format(*served.address)
        web = connect_connector(where, ["web"], "web-secret", events=10 * MANY)
        shop = connect_connector(where, ["shop"], "shop-secret", events=10 * MANY)
        async with shop as other, web as client:
            talk = await other.start_chat(tracking_id="other")
            left = noted(monkeypatch)
            said: list[str] = []
            async with trio.open_nursery() as nursery:
                nursery.start_soon(says_on_and_on, other, talk, said)
                served.broker.server.sessions.dismiss_all(ByeCode.TIMEOUT, "once more")
                served.broker.server.wake()
                with trio.fail_after(500):
                    await comes_back(client)
                nursery.cancel_scope.cancel()
            still_open = {
                chat.ref.name
                for chat in client.chats()
                if chat.view.status is not ChatStatus.CLOSED
            }
        assert still_open == {name_of(number) for number in range(MANY)}
        lists = [at for at, (type_, _length) in enumerate(left) if type_ == "SE_CHAT_LIST"]
        lengths = [left[at][1] for at in lists]
        assert sum(lengths) >= MANY
        assert max(lengths) <= 100
        between = [type_ for type_, _length in left[lists[0] : lists[-1]]]
        assert "SE_CHAT_SENTENCE" in between
        assert said
