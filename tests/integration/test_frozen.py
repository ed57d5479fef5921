"""A broker whose process was frozen, as a machine that is paused does it (B-13, W-12)."""

import signal
import sqlite3
import time
from pathlib import Path

from tests.integration.peers import start_chat, write_config
from tests.integration.program import Client, serving


def test_a_frozen_broker_asks_before_it_calls_anybody_silent(tmp_path: Path) -> None:
    """B-13, W-12: after longer than two heartbeats a ping comes, and whoever answers stays.

    The store tells the two parts of that life apart.
    """
    path = write_config(tmp_path)
    path.write_text(path.read_text().replace('heartbeat = "30s"', 'heartbeat = "1s"'))
    with serving(path) as child, Client(child.address) as client:
        assert client.ask("ES_CHAT_START", start_chat(), 1).type == "SE_CHAT_STATUS"
        child.process.send_signal(signal.SIGSTOP)
        time.sleep(4.5)  # real time: the process is to be frozen for longer than a gap is
        child.process.send_signal(signal.SIGCONT)
        assert client.receive()
        pong = client.connection.data_to_send()
        assert b"SYS_PONG" in pong
        client.sock.sendall(pong)
        assert client.ask("ES_CHAT_START", start_chat(), 2).type == "SE_CHAT_STATUS"
        assert "SYS_BYE" not in [frame.type for frame in client.frames]
        status, log = child.end(signal.SIGTERM)
    assert status == 0
    (again,) = (line for line in log if line["event"] == "listened_again")
    deaf = again["deaf_seconds"]
    assert isinstance(deaf, float)
    assert deaf > 4
    with sqlite3.connect(next(tmp_path.glob("*.db"))) as store:
        causes = [cause for (cause,) in store.execute("SELECT cause FROM lives ORDER BY seq")]
    assert causes == ["gap", "gap", "stopped"]  # frozen, and ending
