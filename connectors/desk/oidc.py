"""Login by an identity provider: the code flow of OpenID Connect, with PKCE and a nonce.

What is under way is kept here by its `state`, for ten minutes; the browser that began it has a cookie that
fits (`begin`, `finish`). What the provider says is believed when it is signed by a key of its own, is for us,
is of now, and has our nonce.
"""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlencode

import anyio
from attrs import frozen
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.util import to_bytes, urlsafe_b64encode

from connectors.desk.settings import OidcSettings

UNDER_WAY: Final = 2_000
"""Logins that may be under way at a time."""
PATIENCE: Final = 600.0
"""Seconds that one may take."""
SKEW: Final = 60
FETCH_SECONDS: Final = 10.0
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
"""What a provider may sign with: only what it alone can."""
LONGEST: Final = 1_048_576
"""Bytes of an answer of the provider."""


class NotLoggedIn(Exception):
    """The provider does not say who somebody is, or not so that it can be believed."""


@frozen
class _Begun:
    nonce: str
    verifier: str
    binding: str
    at: float


@frozen
class _Provider:
    """What the provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Oidc:
    """The way to one identity provider."""

    def __init__(
        self,
        settings: OidcSettings,
        back: str,
        *,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        random: Callable[[int], str] = token_urlsafe,
    ) -> None:
        """Make it.

        Args:
            settings: The provider.
            back: Where it sends browsers back to.
            now: Seconds that only grow.
            wall: Seconds since 1970.
            random: Makes a text of so many random bytes.
        """
        self._settings = settings
        self._back = back
        self._now = now
        self._wall = wall
        self._random = random
        self._begun: OrderedDict[str, _Begun] = OrderedDict()
        self._provider: _Provider | None = None
        self._keys: Any = None

    async def begin(self) -> tuple[str, str]:
        """Begin a login.

        Returns:
            Where to send the browser, and what it is to bring back in a cookie.

        Raises:
            NotLoggedIn: The provider cannot be reached.
        """
        provider = await self._known()
        state, nonce, verifier, binding = (self._random(32) for _ in range(4))
        self._begun[state] = _Begun(nonce, verifier, binding, self._now())
        while len(self._begun) > UNDER_WAY:
            self._begun.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._back,
            "scope": " ".join(dict.fromkeys(("openid", *self._settings.scopes))),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in provider.authorization_endpoint else "?"
        return f"{provider.authorization_endpoint}{mark}{urlencode(asked)}", binding

    async def finish(self, said: Mapping[str, str], binding: str | None) -> str:
        """End a login: who has come back?

        Args:
            said: What the provider has the browser say.
            binding: What the browser's cookie says.

        Returns:
            The subject.

        Raises:
            NotLoggedIn: Nobody who can be believed.
        """
        begun = self._begun.pop(said.get("state", ""), None)
        if begun is None or self._now() - begun.at > PATIENCE:
            raise NotLoggedIn("this login is not under way, or took too long")
        if not hmac.compare_digest(begun.binding.encode(), (binding or "").encode()):
            raise NotLoggedIn("another browser began this login")
        provider = await self._known()
        if said.get("iss", provider.issuer) != provider.issuer:
            raise NotLoggedIn("another provider answered")
        if "code" not in said:
            raise NotLoggedIn(f"the provider says {said.get('error', 'nothing')[:64]}")
        tokens = await self._fetched(
            provider.token_endpoint,
            {
                "grant_type": "authorization_code",
                "code": said["code"],
                "redirect_uri": self._back,
                "client_id": self._settings.client_id,
                "code_verifier": begun.verifier,
            },
        )
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise NotLoggedIn("the provider gave no id_token")
        return await self._subject(provider, token, begun.nonce)

    async def _subject(self, provider: _Provider, token: str, nonce: str) -> str:
        try:
            claims = await self._claims(provider, token)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotLoggedIn(f"the id_token is not good: {type(error).__name__}") from None
        if fault := fault_of(
            claims, provider.issuer, self._settings.client_id, nonce, self._wall()
        ):
            raise NotLoggedIn(f"the id_token is not good: {fault}")
        return str(claims["sub"])

    async def _claims(self, provider: _Provider, token: str) -> Mapping[str, Any]:
        """What a token says, if the provider signed it; its keys are fetched anew once, as they change."""
        fresh = self._keys is None
        if fresh:
            found: Any = await self._fetched(provider.jwks_uri)
            self._keys = jwk.KeySet.import_key_set(found)
        try:
            return jwt.decode(token, self._keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            if fresh:
                raise
            self._keys = None
            return await self._claims(provider, token)

    async def _known(self) -> _Provider:
        if self._provider is None:
            issuer = self._settings.issuer
            found = await self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            try:
                provider = _Provider(**{name: str(found[name]) for name in _NAMES})
            except KeyError as error:
                raise NotLoggedIn(f"the provider does not say its {error.args[0]}") from None
            if provider.issuer != issuer:
                raise NotLoggedIn("the provider calls itself otherwise")
            self._provider = provider
        return self._provider

    async def _fetched(self, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Get a document, or send a form with our name and secret."""
        import httpx2  # only who has a provider needs it

        try:
            with anyio.fail_after(FETCH_SECONDS):
                async with httpx2.AsyncClient(follow_redirects=False) as client:
                    if form is None:
                        answer = await client.get(url)
                    else:
                        known = self._settings
                        login = httpx2.BasicAuth(known.client_id, known.client_secret.value)
                        answer = await client.post(url, data=dict(form), auth=login)
            if answer.status_code != 200 or len(answer.content) > LONGEST:
                raise NotLoggedIn(f"the provider answers with {answer.status_code}")
            found = answer.json()
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise NotLoggedIn(f"the provider cannot be reached: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise NotLoggedIn("the provider does not answer as one")
        return found


_NAMES: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


def challenge_of(verifier: str) -> str:
    """What is shown of a verifier before it is (RFC 7636, S256)."""
    return urlsafe_b64encode(sha256(to_bytes(verifier)).digest()).decode()


def fault_of(
    claims: Mapping[str, Any], issuer: str, client: str, nonce: str, now: float
) -> str | None:
    """What is wrong with what a provider says, or None (OpenID Connect Core, 3.1.3.7)."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    subject, expires, issued = claims.get("sub"), claims.get("exp"), claims.get("iat")
    checks = (
        ("iss", claims.get("iss") == issuer),
        ("aud", client in audiences),
        ("azp", claims.get("azp", client) == client and (len(audiences) == 1 or "azp" in claims)),
        ("exp", isinstance(expires, int | float) and now < expires + SKEW),
        ("iat", isinstance(issued, int | float) and abs(now - issued) < PATIENCE + SKEW),
        ("nonce", hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())),
        ("sub", isinstance(subject, str) and 0 < len(subject) <= 255),
    )
    return next((name for name, is_good in checks if not is_good), None)
