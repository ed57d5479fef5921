"""What `[desk]` of the configuration says.

[desk]
listen = "127.0.0.1:8090"
broker = "127.0.0.1:7070"
token_env = "DESK_TOKEN"
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from attrs import frozen

from connectors.channels.converter import (
    Fault,
    FaultsError,
    Secret,
    between,
    judged,
    not_empty,
    section_of,
    structured,
)
from connectors.channels.settings import Ca, host_and_port, trusting
from connectors.web.places import network, origin, prefix

SECTION: Final = "desk"


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    is_local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ValueError("must begin with https://")
    if parts.query or parts.fragment or not parts.hostname:
        raise ValueError('must be an address as "https://id.example.com/realm"')
    return value


@frozen(kw_only=True)
class OidcSettings:
    """`[desk.oidc]`: an identity provider (OpenID Connect) that says who somebody is.

    Attributes:
        issuer: The provider.
        client_id: What the desk is called there.
        client_secret: Its secret there.
        label: What the button says.
        scopes: What is asked for.
    """

    issuer: Annotated[str, _issuer]
    client_id: Annotated[str, not_empty]
    client_secret: Secret
    label: Annotated[str, not_empty] = "Single sign-on"
    scopes: tuple[str, ...] = ("openid",)


@frozen(kw_only=True)
class Desk:
    """`[desk]`; times in seconds.

    Attributes:
        listen: Where browsers, or a proxy before them, find it.
        path: What stands before all its paths.
        proxies: Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        origins: Under which origins browsers know it; with none, under the host that they ask for.
        broker: Where the broker is.
        tls: Whether it speaks TLS.
        ca: File with the certificates that are trusted for that; None: those of the system.
        token: The secret of the desk, as `[logins]` has it.
        idle: How long somebody who does nothing stays logged in.
        longest: How long anybody does.
        warning: How long before that the page warns.
        linger: How long the session with the broker outlives the last page, which may be loaded anew.
        sessions: How many logins there may be.
        tabs: How many pages one agent may have open.
        oidc: An identity provider.
    """

    listen: Annotated[str, host_and_port] = "127.0.0.1:8090"
    path: Annotated[str, prefix] = ""
    proxies: tuple[Annotated[str, network], ...] = ()
    origins: tuple[Annotated[str, origin], ...] = ()
    broker: Annotated[str, host_and_port] = "127.0.0.1:7070"
    tls: bool = False
    ca: Ca | None = None
    token: Secret
    idle: Annotated[float, between(60, 86_400)] = 3_600.0
    longest: Annotated[float, between(60, 604_800)] = 43_200.0
    warning: Annotated[float, between(10, 3_600)] = 120.0
    linger: Annotated[float, between(0, 60)] = 5.0
    sessions: Annotated[int, between(1, 100_000)] = 5_000
    tabs: Annotated[int, between(1, 100)] = 10
    oidc: OidcSettings | None = None

    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken to the broker; None: not at all."""
        return trusting(self.ca) if self.tls else None


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Desk:
    """Read `[desk]` of a file.

    Raises:
        FaultsError: It cannot be read, or something is wrong with that section.
    """
    return read(section_of(path, SECTION), environ, beside=path.parent)


def read(table: object, environ: Mapping[str, str], *, beside: Path = Path()) -> Desk:
    """Read the table; relative paths are `beside` something.

    Raises:
        FaultsError: Something is wrong with it.
    """
    if not isinstance(table, dict):
        raise FaultsError((Fault(SECTION, "must be a table [desk]"),))
    desk = structured(table, Desk, path=SECTION, environ=environ, beside=beside)
    if desk.warning >= min(desk.idle, desk.longest):
        raise FaultsError((Fault("desk.warning", "must be shorter than idle and longest"),))
    if desk.oidc is not None and not desk.origins:
        raise FaultsError((Fault("desk.origins", "is missing, which oidc needs"),))
    return desk


def judge(table: object, beside: Path, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Look at the table for who reads the rest of the file; see `judged`."""
    return judged(lambda: read(table, environ, beside=beside))
