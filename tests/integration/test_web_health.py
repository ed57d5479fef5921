"""What a web process says of itself on a listener of its own."""

import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

from broker.child import free_port
from tests.support.web_process import SECONDS, installed


def fetched(port: int, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def wait_for(port: int, status: int) -> str:
    deadline = time.monotonic() + SECONDS
    while (found := fetched(port, "/readyz"))[0] != status:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)  # real time: real processes
    return found[1]


def test_it_says_whether_the_broker_is_there_and_what_it_did(tmp_path: Path) -> None:
    port = free_port()
    with installed(tmp_path, web=f'[web.health]\nlisten = "127.0.0.1:{port}"') as here:
        wait_for(port, 200)
        urllib.request.urlopen(f"{here.webs[0].base}/api/Visitor", timeout=10).close()
        measured = fetched(port, "/metrics")[1]
        assert (
            'parley_web_requests_total{operation="GET /api/Visitor",outcome="done"} 1.0' in measured
        )
        assert 'parley_web_gateway_up{gateway="web"} 1.0' in measured
        here.broker.kill()
        assert "web: " in wait_for(port, 503)
        assert fetched(port, "/healthz")[0] == 200
