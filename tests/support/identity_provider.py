"""An identity provider of one's own on real HTTP: it logs in whoever comes, as who it is told."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import define, field
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "desk", "a secret of the desk"


@define(eq=False)
class Provider:
    """What it says, and what was asked of it.

    Attributes:
        subject: Who comes.
        claims: What its tokens say otherwise than they should.
        forged: Whether it signs with a key that it does not show.
        returned: What it has browsers bring back otherwise.
    """

    base: str = ""
    subject: str = "248289761001"
    claims: dict[str, Any] = field(factory=dict)
    forged: bool = False
    returned: dict[str, str] = field(factory=dict)
    asked: dict[str, dict[str, str]] = field(factory=dict)
    key: RSAKey = field(factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}, auto_kid=False))
    other: RSAKey = field(factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}, auto_kid=False))

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "jwks_uri": f"{self.base}/keys",
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where a browser is sent back to."""
        code = token_urlsafe(16)
        self.asked[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.base, **self.returned}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Tokens for a code, once; None: there are none."""
        asked = self.asked.pop(form.get("code", ""), None)
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or authorization != f"Basic {login}":
            return None
        digest = sha256(form["code_verifier"].encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if shown != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.base,
            "aud": CLIENT,
            "sub": self.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        key = self.other if self.forged else self.key
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": jwt.encode({"alg": "RS256", "kid": "1"}, claims, key),
        }


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """Run one."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(dict(parse_qsl(parts.query))))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/keys":
                self._json({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._json(provider.document())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = provider.token(dict(parse_qsl(body)), self.headers.get("Authorization", ""))
            self._json(found or {"error": "invalid_grant"}, 200 if found else 400)

        def _json(self, value: object, status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.base = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
