"""The visitor's token: who a browser is, signed by this process and kept by the browser.

It holds the visitor's name in the broker (the `TrackingId`, 128 random bits), the site that made it, when
that was, and of somebody who is identified who they are. There is nothing of it on the server, so any web
process that has the same secret knows the visitor.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, frozen
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

KIND: Final = "parley-visitor"
"""`typ` of the token, so that no other token of the same secret passes for one."""
ALGORITHM: Final = "HS256"
LONGEST: Final = 4_096
RENEWED_AFTER: Final = timedelta(days=1).total_seconds()
IDENTIFIED_FOR: Final = timedelta(hours=12).total_seconds()
"""How long a claim of the site's server holds for a browser that does not come."""
KNOWN: Final = 20_000
"""Tokens whose signature is not looked at again."""


@frozen(kw_only=True)
class Identity:
    """Who a visitor is, as the site's own server says.

    Attributes:
        user: Their name there (`sub`).
        name: What they are called.
        variables: What else agents are to know.
    """

    user: str
    name: str | None = None
    variables: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class Visitor:
    """Somebody with a browser.

    Attributes:
        site: The site that made the token.
        tracking_id: Their name in the broker.
        earlier: The name that they had before they were identified: they stay in that chat while it is open.
        identity: Who they are, if they are known.
        made: When the token was made, in seconds since 1970.
    """

    site: str
    tracking_id: str
    earlier: str | None = None
    identity: Identity | None = None
    made: int = 0


class NoVisitor(Exception):
    """A token is none of ours, or none any more."""


class Tokens:
    """What signs and reads tokens."""

    def __init__(self, secret: bytes, *, lifetime: float, now: Callable[[], float]) -> None:
        """Make one.

        Args:
            secret: What signs.
            lifetime: Seconds that a token holds.
            now: Seconds since 1970.
        """
        self._key = OctKey.import_key(secret)
        self._lifetime = lifetime
        self._now = now
        self._known: OrderedDict[str, Visitor] = OrderedDict()

    def stranger(self, site: str) -> Visitor:
        """Somebody whom nobody knows."""
        return Visitor(site=site, tracking_id=secrets.token_urlsafe(16), made=int(self._now()))

    def written(self, visitor: Visitor) -> str:
        """The token of a visitor."""
        claims: dict[str, Any] = {
            "t": visitor.tracking_id,
            "s": visitor.site,
            "iat": visitor.made,
        }
        if visitor.earlier is not None:
            claims["e"] = visitor.earlier
        if visitor.identity is not None:
            claims["u"] = visitor.identity.user
            claims["n"] = visitor.identity.name
            claims["v"] = [list(pair) for pair in visitor.identity.variables]
        return jwt.encode({"alg": ALGORITHM, "typ": KIND}, claims, self._key)

    def read(self, token: str, site: str) -> Visitor:
        """Who has a token.

        Raises:
            NoVisitor: It is none of this site, or it is too old.
        """
        visitor = self._known.get(token)
        if visitor is None:
            visitor = self._verified(token)
            self._known[token] = visitor
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)
        age = self._now() - visitor.made
        lifetime = self._lifetime if visitor.identity is None else IDENTIFIED_FOR
        if visitor.site != site or not -60.0 <= age < lifetime:
            raise NoVisitor
        return visitor

    def renewed(self, visitor: Visitor) -> Visitor | None:
        """The same visitor with a token of today; None: the old one will do."""
        now = int(self._now())
        if not visitor.tracking_id:
            return None
        after = RENEWED_AFTER if visitor.identity is None else IDENTIFIED_FOR / 4
        return evolve(visitor, made=now) if now - visitor.made > after else None

    def fresh(self, visitor: Visitor) -> Visitor:
        """The same visitor with a token of now."""
        return evolve(visitor, made=int(self._now()))

    def _verified(self, token: str) -> Visitor:
        if len(token) > LONGEST:
            raise NoVisitor
        try:
            found = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            if found.header.get("typ") != KIND:
                raise NoVisitor
            return _visitor(found.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NoVisitor from error


def _visitor(claims: Mapping[str, Any]) -> Visitor:
    identity = None
    if "u" in claims:
        variables = tuple((str(name), str(value)) for name, value in claims.get("v", ()))
        identity = Identity(user=claims["u"], name=claims.get("n"), variables=variables)
    return Visitor(
        site=claims["s"],
        tracking_id=claims["t"],
        earlier=claims.get("e"),
        identity=identity,
        made=int(claims["iat"]),
    )
