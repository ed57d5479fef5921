"""A broker and `parley desk` as real processes, with agents who log in by password, code and provider."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from argon2 import PasswordHasher
from attrs import define, field
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from broker.child import ServedBroker, free_port
from broker.config.totp import spelled
from connectors.web.process import LISTENING
from protocol.chat import ChatSentenceInfo, ChatServiceInfo
from protocol.connection import Connection, Side
from protocol.encoding import MESSAGEPACK
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import Role
from tests.support.wired_core import INSTALLATION

PASSWORD = "correct horse"
TOTP = bytes(range(20))
SECONDS = 30.0
ROUTES = """
[[gate_rules]]
rank = 10
[[website_routing]]
gateway = "Web chat"
name = "all"
rank = 1
"""
SHOP = """
[web]
listen = "127.0.0.1:{port}"
broker = "{broker}"
key_file = "web.key"
[web.sites.shop]
gateway = "web"
token = "web-secret"
"""


@cache
def hashed(password: str) -> str:
    """A hash that costs nothing."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def agents() -> str:
    """Anna, who has a password; Carl, who needs a code as well; Dora, whom a provider knows."""
    return f"""
[logins]
token = "desk-secret"
[[agents]]
name = "Anna"
login = "anna"
password_hash = "{hashed(PASSWORD)}"
max_chats = 4
languages = {{ English = 100 }}
skills = {{ Support = 100 }}
[[agents]]
name = "Carl"
login = "carl"
password_hash = "{hashed(PASSWORD)}"
totp_secret = "{spelled(TOTP)}"
[[agents]]
name = "Dora"
login = "dora"
subject = "248289761001"
role = "supervisor"
[[pause_reasons]]
name = "Lunch"
[[workplaces]]
number = "201"
max_chats = 4
[[workplaces]]
number = "202"
max_chats = 4
"""


class Page:
    """A page of the desk: a WebSocket, frame by frame."""

    def __init__(
        self, desk: "DeskInstallation", browser: httpx2.Client, number: str = "201", **hello: Any
    ) -> None:
        """Open it and say hello."""
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        self._socket = connect(
            desk.base.replace("http", "ws", 1) + "/ws",
            origin=Origin(desk.base),
            additional_headers={"Cookie": cookies},
            compression=None,
            max_size=None,
            legacy=True,
        )
        desk.opened.append(self._socket)
        said = {"Version": 1, "Role": "workplace", "Peers": [number], "Token": "cookie", **hello}
        self.answer = self.ask("SYS_HELLO", said)

    def send(self, kind: str, payload: Any, number: int | None = None) -> None:
        """Send a frame."""
        headers = [] if number is None else [{"Id": number}]
        self._socket.send(json.dumps([kind, payload, *headers]))

    def get(self, kind: str | None = None) -> list[Any]:
        """The next frame, or the next of a kind."""
        while True:
            found: list[Any] = json.loads(self._socket.recv(timeout=SECONDS))
            if kind is None or found[0] == kind:
                return found

    def ask(self, kind: str, payload: Any, number: int = 1) -> list[Any]:
        """Send a frame, and wait for its answer, or a good-bye."""
        self.send(kind, payload, number)
        while True:
            found = self.get()
            if found[0] == "SYS_BYE":
                return found
            if len(found) > 2 and found[2].get("Re") == number:
                return found

    def rest(self) -> tuple[list[list[Any]], int | None]:
        """All that comes until it is closed, and the code of the close."""
        heard = []
        try:
            while True:
                heard.append(json.loads(self._socket.recv(timeout=SECONDS)))
        except ConnectionClosed as error:
            return heard, error.rcvd.code if error.rcvd is not None else None

    def close(self) -> None:
        """Close it."""
        self._socket.close()


@define(eq=False)
class DeskInstallation:
    """A broker and a desk before it.

    Attributes:
        file: The configuration of the desk.
        broker: The broker.
        port: Where the desk listens.
        shop: Where the shop with the widget is, if there is one.
        opened: Browsers and pages, which are closed at the end.
    """

    file: Path
    broker: ServedBroker
    port: int
    shop: str = ""
    opened: list[Any] = field(factory=list)
    _child: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def base(self) -> str:
        """The origin of the desk."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the desk, and wait until it listens."""
        log = self.file.with_suffix(".desk.log").open("a")
        command = [sys.executable, "-m", "broker", "desk", str(self.file)]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line.startswith(LISTENING), self.file.with_suffix(".desk.log").read_text()

    def wait(self, port: int | None = None) -> None:
        """Wait until it answers, or somebody else does, whoever started it."""
        until = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port or self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)  # real time: another process starts

    def stop(self) -> int:
        """Have the desk end; its exit status."""
        assert self._child is not None
        self._child.terminate()
        self._child.communicate(timeout=SECONDS)
        status, self._child = self._child.returncode, None
        return status

    def end(self) -> None:
        """Close all, and end the desk, if it runs."""
        for one in self.opened:
            one.close()
        if self._child is not None:
            self._child.kill()
            self._child.communicate()

    def browser(self) -> httpx2.Client:
        """A browser with a page of the desk open."""
        headers = {"Origin": self.base}
        browser = httpx2.Client(base_url=self.base, headers=headers, timeout=SECONDS)
        self.opened.append(browser)
        return browser

    def logged_in(self, login: str = "anna", **said: Any) -> httpx2.Client:
        """A browser in which somebody is logged in."""
        browser = self.browser()
        answer = browser.post("/api/login", json={"Login": login, "Password": PASSWORD, **said})
        assert answer.status_code == 200, answer.text
        return browser

    def change(self, old: str, new: str) -> None:
        """Change the broker's configuration, and have it read again."""
        text = self.broker.config.read_text()
        assert old in text
        self.broker.config.write_text(text.replace(old, new))
        self.broker.reload()


@contextmanager
def desk_installed(
    folder: Path, *, desk: str = "", more: str = "", serve: bool = False, shop: bool = False
) -> Iterator[DeskInstallation]:
    """Run a broker, and a desk beside it: by itself, or by `parley serve`, which a shop needs."""
    address, port = ("127.0.0.1", free_port()), free_port()
    shown = "{}:{}".format(*address)
    section = f"""
[desk]
listen = "127.0.0.1:{port}"
broker = "{shown}"
token = "desk-secret"
{desk.format(port=port)}
"""
    head = f'[server]\nlisten = "{shown}"\n[store]\nurl = "sqlite:///{folder}/parley.db"\n'
    text = head + INSTALLATION + ROUTES + agents() + more
    web = free_port()
    if shop:
        text += SHOP.format(port=web, broker=shown)
    config, file = folder / "parley.toml", folder / "desk.toml"
    config.write_text(text + section if serve or shop else text)
    file.write_text(section)
    with ServedBroker(config, address, folder / "broker.log") as broker:
        found = DeskInstallation(file, broker, port, f"http://127.0.0.1:{web}/" if shop else "")
        if serve or shop:
            found.wait()
            if shop:
                found.wait(web)
        else:
            found.start()
        try:
            yield found
        finally:
            found.end()


class Visitor:
    """A connector of the web gateway, over TCP, with the visitors that it has."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Connect, and say hello."""
        self._socket = socket.create_connection(address, timeout=SECONDS)
        self._connection = Connection(Side.CLIENT, now=0.0)
        self._came: list[Frame] = []
        hello = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="web-secret")
        self._connection.hello(hello)
        self._flush()
        assert self.get("SYS_WELCOME")

    def _flush(self) -> None:
        self._socket.sendall(self._connection.data_to_send())

    def get(self, kind: str) -> Any:
        """The payload of the next frame of a kind."""
        while True:
            while self._came:
                frame = self._came.pop(0)
                if frame.type == kind:
                    return frame.payload
            data = self._socket.recv(65_536)
            assert data
            events = self._connection.receive(data, 0.0)
            self._came += [event for event in events if isinstance(event, Frame)]
            self._flush()

    def starts(self, tracking_id: str) -> None:
        """Begin a chat."""
        self._say("ES_CHAT_START", ChatServiceInfo(peer="web", tracking_id=tracking_id))

    def says(self, tracking_id: str, key: str, text: str) -> None:
        """Write a line."""
        said = ChatSentenceInfo(peer="web", tracking_id=tracking_id, id=key, text=text)
        self._say("ES_CHAT_SENTENCE", said)

    def _say(self, kind: str, payload: object) -> None:
        self._connection.send(MESSAGEPACK.assemble(MESSAGEPACK.pack(kind, payload), {"Id": kind}))
        self._flush()

    def close(self) -> None:
        """Leave."""
        self._socket.close()
