"""`parley web` and `parley serve` as real processes, to be killed and started again on their ports."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field

from broker.child import ServedBroker, free_port
from tests.support.web_stage import ROUTED

SECONDS = 30.0


@define(eq=False)
class WebProcess:
    """One `parley web`.

    Attributes:
        file: Its configuration.
        port: Where it listens.
    """

    file: Path
    port: int
    _child: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def base(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "broker", "web", str(self.file)]
        log = self.file.with_suffix(".log").open("a")
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line.startswith("listening on "), self.file.with_suffix(".log").read_text()

    def kill(self) -> None:
        """End it at once."""
        assert self._child is not None
        self._child.kill()
        self._child.communicate()
        self._child = None

    def stop(self) -> int:
        """Have it end; its exit status."""
        assert self._child is not None
        self._child.terminate()
        self._child.communicate(timeout=SECONDS)
        status, self._child = self._child.returncode, None
        return status

    def end(self) -> None:
        """End it, if it runs."""
        if self._child is not None:
            self.kill()


@define(eq=False)
class Installation:
    """A broker and web processes before it.

    Attributes:
        broker: The broker.
        webs: The web processes.
    """

    broker: ServedBroker
    webs: list[WebProcess]

    @property
    def address(self) -> str:
        """Where the broker is."""
        return "{}:{}".format(*self.broker.address)


_SITE = """
[web]
listen = "127.0.0.1:{port}"
broker = "{broker}"
secret = "{secret}"
{web}
[web.sites.shop]
gateway = "web"
token = "web-secret"
origins = ["https://shop.example.com"]
html_encode = false
apps = ["WebChat", "WebForm", "WebMsg", "WebCBack"]
{site}
"""


@contextmanager
def installed(
    folder: Path, *, webs: int = 1, web: str = "", site: str = "", broker: str = "", **limits: Any
) -> Iterator[Installation]:
    """Run a broker and some web processes."""
    address = ("127.0.0.1", free_port())
    shown = "{}:{}".format(*address)
    config = folder / "parley.toml"
    head = f'[server]\nlisten = "{shown}"\n[store]\nurl = "sqlite:///{folder}/parley.db"\n'
    config.write_text(head + ROUTED + broker)
    needed = "" if "message]" in site else _MESSAGE
    made = []
    for number in range(webs):
        port, file = free_port(), folder / f"web{number}.toml"
        file.write_text(
            _SITE.format(port=port, broker=shown, secret="s" * 40, web=web, site=site + needed)
        )
        made.append(WebProcess(file, port))
    served = ServedBroker(config, address, folder / "broker.log")
    try:
        with served:
            for process in made:
                process.start()
                ready(process)
            yield Installation(served, made)
    finally:
        for process in made:
            process.end()


_MESSAGE = """
[web.sites.shop.message]
gateway = "letters"
token = "letters-secret"
[web.sites.shop.call_back]
region = "CZ"
"""
LETTERS = """
[[message_gateways]]
name = "Letters"
peer = "letters"
channel = "Email"
direction = "I"
token = "letters-secret"
[[message_rules]]
project = "Support"
[[website_routing]]
gateway = "Web chat"
name = "message"
rank = 9
web_app = "WebMsg"
web_response = "We answer soon."
"""


def ready(process: WebProcess) -> None:
    """Wait until it has its session with the broker."""
    import httpx2

    deadline = time.monotonic() + SECONDS
    while httpx2.get(f"{process.base}/readyz").status_code != 200:
        assert time.monotonic() < deadline, process.file.with_suffix(".log").read_text()
        time.sleep(0.02)  # real time: real processes


def memory(pid: int) -> int:
    """How much memory a process has, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024
