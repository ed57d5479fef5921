"""The visitor's token: who a browser is, signed by this process and kept by the browser.

It holds the visitor's name in the broker (the `TrackingId`, 128 random bits), the site that made it, when
that was, and of somebody who is identified who they are. There is nothing of it on the server, so any web
process that has the same secret knows the visitor. It is renewed on the way, but not for ever; what makes
an end of all renewals of one token is its key, which they share (`connectors.web.revoked`).
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from attrs import Factory, evolve, field, frozen
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from connectors.web.revoked import Revoked

KIND: Final = "parley-visitor"
"""`typ` of the token, so that no other token of the same secret passes for one."""
ALGORITHM: Final = "HS256"
LONGEST: Final = 4_096
RENEWED_AFTER: Final = timedelta(days=1).total_seconds()
IDENTIFIED_FOR: Final = timedelta(hours=12).total_seconds()
"""How long a claim of the site's server holds for a browser that does not come."""
IDENTIFIED_AT_MOST: Final = timedelta(days=1).total_seconds()
"""How long it holds at all: then the site's server has to say it again."""
AT_MOST: Final = timedelta(days=400).total_seconds()
"""How long a stranger is known at all."""
KEY_LENGTH: Final = 9
"""Random bytes of a key."""
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
        key: What it shares with all its renewals.
        born: When the first of these was made.
    """

    site: str
    tracking_id: str
    earlier: str | None = None
    identity: Identity | None = None
    made: int = 0
    key: str = field(factory=lambda: secrets.token_urlsafe(KEY_LENGTH))
    born: int = Factory(lambda self: self.made, takes_self=True)


class NoVisitor(Exception):
    """A token is none of ours, or none any more."""


class Tokens:
    """What signs and reads tokens."""

    def __init__(
        self,
        secrets: Sequence[bytes],
        *,
        lifetime: float,
        now: Callable[[], float],
        revoked: Revoked | None = None,
    ) -> None:
        """Make one.

        Args:
            secrets: What signs; tokens that the others have signed are taken, too.
            lifetime: Seconds that a token holds.
            now: Seconds since 1970.
            revoked: What has ended before.
        """
        self._keys = [OctKey.import_key(secret) for secret in secrets]
        self.revoked = revoked if revoked is not None else Revoked(now)
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
            "k": visitor.key,
            "b": visitor.born,
        }
        if visitor.earlier is not None:
            claims["e"] = visitor.earlier
        if visitor.identity is not None:
            claims["u"] = visitor.identity.user
            claims["n"] = visitor.identity.name
            claims["v"] = [list(pair) for pair in visitor.identity.variables]
        return jwt.encode({"alg": ALGORITHM, "typ": KIND}, claims, self._keys[0])

    def read(self, token: str, site: str) -> Visitor:
        """Who has a token.

        Raises:
            NoVisitor: It is none of this site, it is too old, or it was ended.
        """
        visitor = self._known.get(token)
        if visitor is None:
            visitor = self._verified(token)
            self._known[token] = visitor
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)
        now = self._now()
        is_young = now - visitor.made >= -60.0 and now < self._end(visitor)
        if visitor.site != site or not is_young or visitor.key in self.revoked:
            raise NoVisitor
        return visitor

    def end(self, visitor: Visitor) -> None:
        """End the rights of a token and of all its renewals."""
        self.revoked.end(visitor.key, self._last(visitor))

    def _end(self, visitor: Visitor) -> float:
        """When a token ends that is not renewed."""
        lifetime = self._lifetime if visitor.identity is None else IDENTIFIED_FOR
        return min(visitor.made + lifetime, self._last(visitor))

    @staticmethod
    def _last(visitor: Visitor) -> float:
        """When the last of its renewals ends."""
        return visitor.born + (AT_MOST if visitor.identity is None else IDENTIFIED_AT_MOST)

    def renewed(self, visitor: Visitor) -> Visitor | None:
        """The same visitor with a token of today; None: the old one will do."""
        now = int(self._now())
        if not visitor.tracking_id:
            return None
        after = RENEWED_AFTER if visitor.identity is None else IDENTIFIED_FOR / 4
        return evolve(visitor, made=now) if now - visitor.made > after else None

    def _verified(self, token: str) -> Visitor:
        if len(token) > LONGEST:
            raise NoVisitor
        for key in self._keys:
            try:
                found = jwt.decode(token, key, algorithms=[ALGORITHM])
                if found.header.get("typ") == KIND:
                    return _visitor(found.claims)
            except (JoseError, ValueError, KeyError, TypeError):
                continue
        raise NoVisitor


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
        key=str(claims["k"]),
        born=int(claims["b"]),
    )
