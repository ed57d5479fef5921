"""A known customer: what the site's own server signed about a visitor is looked at here (`identify`).

The claim is a JWT (RFC 7519): `sub` names the customer and `exp` ends it, both needed; `name`, `email` and a
table `variables` are for agents. Whose key it is says `kid`, where the site has several.
"""

import base64
import hashlib
import hmac
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OctKey

from connectors.web.keys import public_key
from connectors.web.problems import Problem
from connectors.web.settings import IdentityKey, Site
from connectors.web.tokens import Identity, Visitor
from protocol.errors import ErrorCode
from protocol.limits import TEXT_LENGTHS
from protocol.scalars import NUL
from protocol.values import is_blank

LONGEST: Final = 8_192
SKEW: Final = 60.0
"""How far the site's clock may be from ours, in seconds."""
LONGEST_LIFE: Final = 86_400.0
"""How long a claim may hold at all: it stands in a page."""
VARIABLES: Final = 16
NAME_LENGTH: Final = 48
"""Longest name of a variable: agents see behind it that it is verified."""
_LENGTHS: Final = {"sub": 256, "name": TEXT_LENGTHS["PartyName"], "email": 256}


class Identities:
    """Who may say of a site's visitors who they are."""

    def __init__(self, name: str, site: Site, secret: bytes, now: Callable[[], float]) -> None:
        """Make it.

        Args:
            name: The site.
            site: Its settings.
            secret: What makes names of customers.
            now: Seconds since 1970.

        Raises:
            ValueError: One of the keys cannot be read.
        """
        self._name = name
        self._site = site
        self._secret = secret
        self._now = now
        self._keys = [(key, _imported(key)) for key in site.keys]

    def identified(self, visitor: Visitor, token: str) -> Visitor:
        """Take the word of the site's server for who a visitor is.

        They have the chat of that customer from then on, on whichever browser; the one that they are in as a
        stranger goes on until it ends.

        Raises:
            Problem: It is not the word of the site's server, or not for here and now.
        """
        identity = self.read(token)
        if visitor.identity is not None:
            same = visitor.identity.user == identity.user
            earlier = visitor.earlier if same else None
        else:
            earlier = visitor.tracking_id
        return Visitor(
            site=visitor.site,
            tracking_id=self.tracking_id(identity.user),
            earlier=earlier,
            identity=identity,
            made=int(self._now()),
        )

    def tracking_id(self, user: str) -> str:
        """The name of a customer in the broker: always the same, and nobody can guess it."""
        said = f"customer\0{self._name}\0{user}".encode()
        made = hmac.new(self._secret, said, hashlib.sha256).digest()[:18]
        return base64.urlsafe_b64encode(made).decode()

    def read(self, token: str) -> Identity:
        """What a claim says.

        Raises:
            Problem: It is not signed by one of the keys, or not for here and now.
        """
        if len(token) > LONGEST:
            raise Problem(ErrorCode.TOO_LONG, f"Token: longer than {LONGEST} characters")
        claims = self._verified(token)
        self._check_times(claims)
        self._check_place(claims)
        user = _text(claims, "sub")
        if user is None:
            raise _refused("it names nobody (sub)")
        return Identity(
            user=user, name=_text(claims, "name"), variables=tuple(_variables(user, claims))
        )

    def _verified(self, token: str) -> Mapping[str, Any]:
        for key, imported in self._keys:
            try:
                found = _decoded(token, imported, _JOSE[key.algorithm])
            except (JoseError, ValueError, TypeError):
                continue
            if key.id is None or found.header.get("kid") == key.id:
                return found.claims
        raise _refused("no key of this site signed it")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now, end = self._now(), claims.get("exp")
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise _refused("it has no end (exp)")
        if end < now - SKEW:
            raise _refused("it is over (exp)")
        if end > now + LONGEST_LIFE + SKEW:
            raise _refused("it holds for longer than a day (exp)")
        begin = claims.get("nbf", 0)
        if isinstance(begin, bool) or not isinstance(begin, int | float) or begin > now + SKEW:
            raise _refused("it does not hold yet (nbf)")

    def _check_place(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud", [])
        meant = audience if isinstance(audience, list) else [audience]
        if self._site.audience is not None and self._site.audience not in meant:
            raise _refused("it is for somebody else (aud)")
        if self._site.issuer is not None and claims.get("iss") != self._site.issuer:
            raise _refused("somebody else made it (iss)")


_JOSE: Final = {"HS256": ["HS256"], "RS256": ["RS256"], "EdDSA": ["EdDSA", "Ed25519"]}
"""Names of algorithms in tokens; RFC 9864 gave the last one its second name, and most write the first."""


def _decoded(token: str, key: Any, algorithms: list[str]) -> jwt.Token:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # of that first name
        return jwt.decode(token, key, algorithms=algorithms)


def _imported(key: IdentityKey) -> Any:
    if key.secret is not None:
        return OctKey.import_key(key.secret.value)
    assert key.public_key is not None
    return public_key(key.public_key, key.algorithm)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or is_blank(value) or NUL in value:
        raise _refused(f"{name} is no text")
    if len(value) > _LENGTHS[name]:
        raise _refused(f"{name} is too long")
    return value


def _variables(user: str, claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Customer", user
    if (email := _text(claims, "email")) is not None:
        yield "E-mail", email
    said = claims.get("variables", {})
    if not isinstance(said, dict) or len(said) > VARIABLES:
        raise _refused(f"variables is no table of {VARIABLES} at the most")
    for name, value in said.items():
        text = value if isinstance(value, str) else str(value)
        if is_blank(name) or NUL in name + text or len(name) > NAME_LENGTH or len(text) > 1_024:
            raise _refused("one of variables is blank or too long")
        if name not in ("Customer", "E-mail"):
            yield name, text


def _refused(why: str) -> Problem:
    return Problem(ErrorCode.AUTH_FAILED, f"Token: {why}")
