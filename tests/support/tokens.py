"""An issuer of OAuth 2 tokens of the tests' own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field


@define(eq=False)
class Issuer:
    """The issuer.

    Attributes:
        port: Where it listens.
        grants: What persons have granted: refresh tokens that are good.
        good: Tokens that are good.
        withdrawn: Tokens that are given and are no good.
        asked: What it was asked, in order.
        rotates: Whether each grant is replaced by another when it is used, as Microsoft's are.
        lifetime: Seconds for which a token is said to be good.
        fault: Status and answer in place of the usual, once each.
    """

    port: int = 0
    grants: set[str] = field(factory=lambda: {"granted"})
    good: set[str] = field(factory=set)
    withdrawn: set[str] = field(factory=set)
    asked: list[dict[str, str]] = field(factory=list)
    rotates: bool = False
    lifetime: object = 3600
    fault: list[tuple[int, object]] = field(factory=list)
    user: str = "service"

    @property
    def url(self) -> str:
        """Where tokens are asked for."""
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def tokeninfo(self) -> str:
        """Where servers ask about tokens."""
        return f"http://127.0.0.1:{self.port}/about?access_token="

    def answer(self, form: dict[str, str]) -> tuple[int, object]:
        """Answer a request for a token."""
        self.asked.append(form)
        if self.fault:
            return self.fault.pop(0)
        if form["grant_type"] == "refresh_token" and form["refresh_token"] not in self.grants:
            return 400, {"error": "invalid_grant", "error_description": "Token has been revoked."}
        token = f"token-{len(self.asked)}"
        if token not in self.withdrawn:
            self.good.add(token)
        made: dict[str, object] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
        }
        if self.rotates:
            self.grants = {f"granted-{len(self.asked)}"}
            made["refresh_token"] = next(iter(self.grants))
        return 200, made

    def about(self, token: str) -> tuple[int, object]:
        """Tell a server about a token."""
        if token not in self.good:
            return 401, {"error": "invalid_token"}
        return 200, {"active": "yes", "email": self.user}


@contextmanager
def running() -> Iterator[Issuer]:
    """Run an issuer."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = parse_qs(self.rfile.read(length).decode())
            self._say(*issuer.answer({name: values[0] for name, values in form.items()}))

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            self._say(*issuer.about(query.get("access_token", [""])[0]))

        def _say(self, status: int, content: object) -> None:
            data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
