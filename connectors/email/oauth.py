"""Tokens of OAuth 2, as Gmail and Microsoft ask for them: fetched, kept, renewed in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import anyio
import anyio.to_thread
from attrs import define, field

from connectors.channels.store import Store
from connectors.email.settings import OAuth

EARLY: Final = 60.0
"""Seconds before its end in which a token is renewed."""
TIMEOUT: Final = 30.0
_FOREVER: Final = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request"}
)


class TokenError(Exception):
    """There is no token.

    Attributes:
        is_final: The issuer will not give one until a person does something.
    """

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


@define(eq=False)
class Tokens:
    """The tokens of one issuer, for all who need them.

    Attributes:
        name: Its name in the configuration.
        settings: Where tokens come from.
        store: Keeps a grant that the issuer has replaced by another, as Microsoft's does.
        clock: Seconds, from anywhere.
    """

    name: str
    settings: OAuth
    store: Store
    clock: Callable[[], float] = monotonic
    _token: str = ""
    _until: float = 0.0
    _lock: anyio.Lock = field(factory=anyio.Lock)

    async def token(self, refused: str | None = None) -> str:
        """A token that is good now.

        Args:
            refused: One that a server did not take: then it is not given again.

        Raises:
            TokenError: There is none.
        """
        async with self._lock:
            if not self._token or self._token == refused or self.clock() >= self._until:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        grant = await self._grant()
        fields = {"client_id": self.settings.client_id, "scope": self.settings.scope}
        if self.settings.client_secret is not None:
            fields["client_secret"] = self.settings.client_secret.value
        if grant is None:
            fields["grant_type"] = "client_credentials"
        else:
            fields |= {"grant_type": "refresh_token", "refresh_token": grant}
        form = {name: value for name, value in fields.items() if value is not None}
        answer = await anyio.to_thread.run_sync(_ask, self.settings.token_url, form)
        self._token = _member(answer, "access_token")
        lifetime = answer.get("expires_in")
        self._until = self.clock() + max(_seconds(lifetime) - EARLY, 1.0)
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed and renewed != grant:
            await self.store.set_position(self._key, json.dumps([self._configured, renewed]))

    async def _grant(self) -> str | None:
        """What was granted last; a grant that a person has put into the configuration since is newer."""
        if self._configured is None:
            return None
        noted = await self.store.position(self._key)
        if noted is not None:
            before, renewed = json.loads(noted)
            if before == self._configured:
                return str(renewed)
        return self._configured

    @property
    def _configured(self) -> str | None:
        granted = self.settings.refresh_token
        return None if granted is None else granted.value

    @property
    def _key(self) -> str:
        return f"oauth:{self.name}"


def xoauth2(user: str, token: str) -> str:
    """What is said to a server in place of a password (SASL XOAUTH2)."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _ask(url: str, form: dict[str, str]) -> dict[str, Any]:
    import httpx2

    try:
        response = httpx2.post(
            url, data=form, timeout=TIMEOUT, headers={"Accept": "application/json"}
        )
    except httpx2.HTTPError as error:
        raise TokenError(
            f"the issuer of tokens does not answer: {str(error) or type(error).__name__}"
        ) from error
    try:
        answer = response.json()
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    if response.status_code != 200:
        code = str(answer.get("error", response.status_code))
        more = str(answer.get("error_description", "")).partition("\n")[0][:200]
        text = f"the issuer of tokens refuses: {code} {more}".strip()
        raise TokenError(text, is_final=code in _FOREVER)
    return answer


def _member(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise TokenError(f"the issuer of tokens gives no {name}")
    return value


def _seconds(lifetime: object) -> float:
    try:
        return float(str(lifetime))
    except ValueError:
        return 3600.0
