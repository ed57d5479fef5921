"""Broker and web process as programs, for tests that drive a browser."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from attrs import define, field

from broker.child import ServedBroker, free_port
from tests.support.requires import ROOT
from tests.support.wired_core import INSTALLATION

PATIENCE = 30.0
SITES = """
[web]
listen = "127.0.0.1:{port}"
broker = "127.0.0.1:{broker}"
[web.sites.shop]
gateway = "web"
token = "web-secret"
origins = ["http://127.0.0.1:{foreign}"]
[[web.sites.shop.keys]]
algorithm = "HS256"
secret = "{secret}"
[web.sites.desk]
gateway = "form"
token = "form-secret"
[web.sites.queue]
gateway = "queue"
token = "queue-secret"
[web.sites.empty]
gateway = "empty"
token = "empty-secret"
[web.sites.letters]
gateway = "empty"
token = "empty-secret"
apps = ["WebChat", "WebMsg"]
[web.sites.letters.message]
gateway = "mail"
token = "mail-secret"
"""
SECRET = "a secret of the shop that nobody knows"
STYLED = """
[web.sites.hurry]
gateway = "hurry"
token = "hurry-secret"
[web.sites.styled]
gateway = "styled"
token = "styled-secret"
apps = ["WebChat", "WebForm", "WebMsg", "WebCBack"]
content = "content"
[web.sites.styled.message]
gateway = "mail"
token = "mail-secret"
[web.sites.styled.call_back]
region = "CZ"
becomes = "message"
"""
"""A site with templates and all applications."""
CONTENT = {
    "WebChat.html": """
<style>.lamp { letter-spacing: 2px }</style>
<div data-part="header"><h2 class="lamp">{motto}</h2></div>
<div data-part="greeting"><p>Hello {visitor}. {state} <a href="{more}">Questions</a></p></div>
<p data-part="footer"><small>Kept for 30 days.</small></p>
<article data-part="transcript"><h2>Your talk with {agent}</h2>
<dl><div data-each="line"><dt>{name}</dt><dd>{text}</dd></div></dl></article>
""",
    "WebChat.json": '{"motto": "<b>Light</b>", "more": "https://shop.example/faq"}',
    "WebForm.html": """
<section data-part="form"><p>We read it today.</p><div data-slot="form"></div></section>
<section data-part="confirmation"><h3>Thank you</h3><p>{response} {reference}</p></section>
""",
}
"""Its content folder."""
FORM = """
[[literals]]
group = 102
value = 1
culture = "de"
name = "chat_send"
text = "Abschicken"
[[website_routing]]
gateway = "Web chat"
name = "private"
rank = 1
page_url_regex = '/private'
block = true
[[website_routing]]
gateway = "Web chat"
name = "all"
rank = 2
[[gateways]]
name = "With a form"
peer = "form"
token = "form-secret"
[[website_routing]]
gateway = "With a form"
name = "desk"
rank = 3
solicitation_time_out = "1s"
solicitation_duration = "4s"
honor_reject_period = "1h"
[[gateways]]
name = "Where nobody is"
peer = "queue"
token = "queue-secret"
[[website_routing]]
gateway = "Where nobody is"
name = "queue"
rank = 4
[[gateways]]
name = "Closed"
peer = "empty"
token = "empty-secret"
[[website_routing]]
gateway = "Closed"
name = "empty"
rank = 5
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "mail-secret"
[[website_routing]]
gateway = "Closed"
name = "letters"
rank = 6
web_app = "WebMsg"
web_response = "We write to you tomorrow."
[[gateways]]
name = "Styled"
peer = "styled"
token = "styled-secret"
[[website_routing]]
gateway = "Styled"
name = "styled"
rank = 7
[[website_routing]]
gateway = "Styled"
name = "contact"
rank = 8
web_app = "WebForm"
scenario = "Before the chat"
web_response = "We answer <today>."
target_element_id = "contact"
[[website_routing]]
gateway = "Styled"
name = "letter"
rank = 9
web_app = "WebMsg"
[[website_routing]]
gateway = "Styled"
name = "call"
rank = 10
web_app = "WebCBack"
[[gateways]]
name = "In a hurry"
peer = "hurry"
token = "hurry-secret"
inactivity_timeout = "50s"
[[website_routing]]
gateway = "In a hurry"
name = "hurry"
rank = 11
[[gate_rules]]
rank = 21
gateway = "Closed"
signal = "Closed"
[[gate_rules]]
rank = 20
gateway = "Where nobody is"
signal = "Busy"
[[project_rules]]
rank = 1
gateway = "Where nobody is"
project = "Sales"
[[wait_rules]]
level = 1
after = "1s"
project = "Sales"
note = "You are number {position}."
scenario = "Meanwhile"
[[scenarios]]
name = "Meanwhile"
culture = "en"
display_name = "While you wait"
[[scenarios.screens]]
name = "rating"
finish_button = true
[[scenarios.screens.controls]]
name = "rating"
control_type = "RadioButtons"
display_name = "How do you like it?"
mandatory_field = true
[[scenarios.screens.controls.parameters]]
display_name = "Well"
result_number = 5
[[scenarios.screens.controls.parameters]]
display_name = "Badly"
result_number = 1
[[gate_rules]]
rank = 10
gateway = "With a form"
scenario = "Before the chat"
[[scenarios]]
name = "Before the chat"
culture = "en"
display_name = "Before we begin"
[[scenarios.screens]]
name = "you"
display_name = "About you"
[[scenarios.screens.controls]]
name = "welcome"
control_type = "LabelOnly"
display_name = "We are glad that you are here."
[[scenarios.screens.controls]]
name = "topic"
control_type = "DropDown"
display_name = "Topic"
mandatory_field = true
[[scenarios.screens.controls.parameters]]
display_name = "A question"
result_text = "question"
[[scenarios.screens.controls.parameters]]
display_name = "To buy"
result_text = "sales"
[[scenarios.screens]]
name = "purchase"
display_name = "Your purchase"
finish_button = true
condition_control = "topic"
condition_text = "sales"
[[scenarios.screens.controls]]
name = "pieces"
control_type = "Integer"
display_name = "Pieces"
control_number = 1000
[[scenarios.screens.controls]]
name = "speed"
control_type = "RadioButtons"
display_name = "Speed"
[[scenarios.screens.controls.parameters]]
display_name = "Quick"
[[scenarios.screens.controls.parameters]]
display_name = "Cheap"
default_item = true
[[scenarios.screens.controls]]
name = "wishes"
control_type = "CheckBoxes"
display_name = "Wishes"
[[scenarios.screens.controls.parameters]]
display_name = "A ribbon"
[[scenarios.screens.controls.parameters]]
display_name = "A card"
[[scenarios.screens.controls]]
name = "day"
control_type = "Date"
display_name = "Day"
[[scenarios.screens.controls]]
name = "hour"
control_type = "Time"
display_name = "Hour"
[[scenarios.screens.controls]]
name = "moment"
control_type = "DateTime"
display_name = "Moment"
[[scenarios.screens.controls]]
name = "details"
control_type = "TextArea"
display_name = "Details"
[[scenarios]]
id = "4d9c1f5e-9a52-4c7e-8a2f-3a5f0f7f9b21"
name = "How it was"
culture = "en"
display_name = "How was it?"
[[scenarios.screens]]
name = "stars"
[[scenarios.screens.controls]]
name = "stars"
control_type = "RadioButtons"
display_name = "Stars"
mandatory_field = true
[[scenarios.screens.controls.parameters]]
display_name = "One"
[[scenarios.screens.controls.parameters]]
display_name = "Five"
"""


@define
class WebProgram:
    """A broker and a web process, each of which may be killed and started again.

    Attributes:
        folder: Where their files are.
        broker: The broker.
        port: Where the web process listens.
        foreign: Where a page of another origin may be.
    """

    folder: Path
    port: int = field(factory=free_port)
    foreign: int = field(factory=free_port)
    broker: ServedBroker = field(init=False)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        address = ("127.0.0.1", free_port())
        config = self.folder / "parley.toml"
        server = (
            f'[server]\nlisten = "127.0.0.1:{address[1]}"\n[store]\nurl = "sqlite:///parley.db"\n'
        )
        self.broker = ServedBroker(config, address, self.folder / "broker.log")
        broker = self.address[1]
        sites = SITES.format(port=self.port, broker=broker, foreign=self.foreign, secret=SECRET)
        (self.folder / "web.toml").write_text(sites + STYLED, encoding="utf-8")
        (self.folder / "content").mkdir()
        for name, text in CONTENT.items():
            (self.folder / "content" / name).write_text(text, encoding="utf-8")
        config.write_text(server + INSTALLATION + FORM, encoding="utf-8")

    @property
    def address(self) -> tuple[str, int]:
        """Where clients find the broker."""
        return self.broker.address

    @property
    def url(self) -> str:
        """Where the web process is."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        self.broker.__enter__()
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.broker.__exit__(*error)

    def start(self) -> None:
        """Start the web process, and wait until it has the broker."""
        with (self.folder / "web.log").open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "broker.cli", "web", "web.toml"],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            ended = self._child.poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError((self.folder / "web.log").read_text("utf-8")[-3_000:])
            time.sleep(0.02)  # real time: another process starts

    def kill(self) -> None:
        """End the web process at once."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asked:
                asked.sendall(b"GET /readyz HTTP/1.0\r\nHost: here\r\n\r\n")
                return b" 200 " in asked.recv(100)
        except OSError:
            return False
