"""What `[web]` of the configuration says: one file describes a whole installation, and this is a part of it.

[web]
listen = "127.0.0.1:8080"
broker = "127.0.0.1:7070"

[web.sites.shop]
gateway = "web"
token_env = "WEB_TOKEN"
origins = ["https://shop.example.com"]
"""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, Literal

from attrs import evolve, field, frozen

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
from connectors.channels.settings import Ca, Health, host_and_port, trusting
from connectors.web.content import faults
from connectors.web.hours import Hours
from connectors.web.keys import KEY_BYTES, public_key, secrets_in
from connectors.web.places import network, origin, prefix

SECTION: Final = "web"
DEFAULT_KEY_FILE: Final = Path("web.key")
DEFAULT_REVOKED: Final = Path("web.revoked")
WEB_CHAT: Final = "WebChat"
WEB_FORM: Final = "WebForm"
WEB_MESSAGE: Final = "WebMsg"
WEB_CALL_BACK: Final = "WebCBack"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("there is no such folder")
    return value


Folder = Annotated[Path, _folder]


def _culture(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", value):
        raise ValueError('must be a culture, as "en" or "en-US"')
    return value


def _region(value: str) -> str:
    from protocol.numbers import regions  # what knows all numbers takes a while to load

    if value not in regions():
        raise ValueError("must be a country of two capital letters, as US")
    return value


def _hours(value: str) -> str:
    Hours.parse((value,), "UTC")
    return value


def _zone(value: str) -> str:
    Hours.parse((), value)
    return value


@frozen(kw_only=True)
class IdentityKey:
    """`[[web.sites.NAME.keys]]`: what the site's own server signs with who its customers are.

    Attributes:
        algorithm: How it signs.
        id: The `kid` of its tokens, where there are several keys.
        secret: The shared secret of `HS256`.
        public_key: File with the public key of the others, PEM or JWK.
    """

    algorithm: Literal["HS256", "RS256", "EdDSA"]
    id: str | None = None
    secret: Secret | None = None
    public_key: Path | None = None


@frozen(kw_only=True)
class MessageSettings:
    """`[web.sites.NAME.message]`: where messages go that are left on the site.

    Attributes:
        gateway: The message gateway, by its address.
        token: Its secret.
    """

    gateway: Annotated[str, not_empty]
    token: Secret


@frozen(kw_only=True)
class CallBackSettings:
    """`[web.sites.NAME.call_back]`: what becomes of the wish to be called.

    Attributes:
        becomes: An outbound chat of the site's gateway, or a message (`[web.sites.NAME.message]`).
        region: The country of numbers without one.
        hours: When somebody calls.
        timezone: By which clock.
        days: How many days ahead a call may be wished for.
    """

    becomes: Literal["chat", "message"] = "chat"
    region: Annotated[str, _region] | None = None
    hours: tuple[Annotated[str, _hours], ...] = ()
    timezone: Annotated[str, _zone] = "UTC"
    days: Annotated[int, between(1, 365)] = 14


@frozen(kw_only=True)
class Site:
    """`[web.sites.NAME]`: a web site, which is a gateway of the broker.

    Attributes:
        gateway: The gateway, by its address.
        port: Its sub-address.
        token: Its secret.
        origins: Pages of which origins may use it besides our own.
        apps: Which web applications it has.
        culture: Language where a page does not say any.
        navigation: Whether agents see which page a visitor is on.
        co_browsing: Whether co-browsing data are passed on.
        html_encode: Whether the REST interface encodes texts for HTML where a request does not say.
        keys: Who may say who a visitor is.
        audience: What `aud` of such a claim must name.
        issuer: What `iss` of it must be.
        message: Where messages go.
        call_back: What becomes of the wish to be called.
        content: Folder of templates and settings; None: that of `[web]`.
    """

    gateway: Annotated[str, not_empty]
    port: str | None = None
    token: Secret
    origins: tuple[Annotated[str, origin], ...] = ()
    apps: Annotated[tuple[Annotated[str, not_empty], ...], not_empty] = (WEB_CHAT,)
    culture: Annotated[str, _culture] = "en"
    navigation: bool = True
    co_browsing: bool = False
    html_encode: bool = True
    keys: tuple[IdentityKey, ...] = ()
    audience: str | None = None
    issuer: str | None = None
    message: MessageSettings | None = None
    call_back: CallBackSettings | None = None
    content: Folder | None = None


@frozen(kw_only=True)
class FormerSecret:
    """`[[web.former]]`.

    Attributes:
        secret: What tokens were signed with.
    """

    secret: Secret


@frozen(kw_only=True)
class Web:
    """`[web]`; times in seconds.

    Attributes:
        listen: Where browsers, or a proxy before them, find it.
        path: What stands before all its paths.
        proxies: Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        broker: Where the broker is.
        tls: Whether it speaks TLS.
        ca: File with the certificates that are trusted for that; None: those of the system.
        secret: What visitors' tokens are signed with; the same in all processes behind a proxy.
        former: What they were signed with before, the newest first: such tokens are taken, and signed anew.
        key_file: Where such a secret is made when none is given; each further line is a former one.
        revoked: Where processes that share it tell each other who has logged out.
        content: Folder of templates and settings.
        agent_images: Folder of the agents' pictures.
        patience: How long sockets stay open without a broker.
        visitor_days: How long a visitor is known who does not come.
        sockets: How many WebSockets there may be.
        sockets_per_visitor: How many of one visitor.
        requests: How many requests are served at the same time.
        attachment_bytes: How long an attachment may be.
        health: Where it says how it is doing.
        sites: The sites by name; the first one is meant where a request does not say.
    """

    listen: Annotated[str, host_and_port] = "127.0.0.1:8080"
    path: Annotated[str, prefix] = ""
    proxies: tuple[Annotated[str, network], ...] = ()
    broker: Annotated[str, host_and_port] = "127.0.0.1:7070"
    tls: bool = False
    ca: Ca | None = None
    secret: Secret | None = None
    former: tuple[FormerSecret, ...] = ()
    key_file: Path = DEFAULT_KEY_FILE
    revoked: Path = DEFAULT_REVOKED
    content: Folder | None = None
    agent_images: Folder | None = None
    patience: Annotated[float, between(0, 300)] = 15.0
    visitor_days: Annotated[int, between(1, 400)] = 90
    sockets: Annotated[int, between(1, 1_000_000)] = 20_000
    sockets_per_visitor: Annotated[int, between(1, 1_000)] = 20
    requests: Annotated[int, between(1, 100_000)] = 2_000
    attachment_bytes: Annotated[int, between(1, 1_073_741_824)] = 26_214_400
    health: Health = field(factory=Health)
    sites: Annotated[dict[str, Site], not_empty] = field(factory=dict)

    def secrets(self) -> tuple[bytes, ...]:
        """What signs tokens, and what did before.

        Raises:
            OSError: They can neither be read nor made.
            ValueError: One is too short.
        """
        if self.secret is None:
            return secrets_in(self.key_file)
        return tuple(
            one.value.encode() for one in (self.secret, *(it.secret for it in self.former))
        )

    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken to the broker; None: not at all."""
        return trusting(self.ca) if self.tls else None


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Web:
    """Read `[web]` of a file.

    Raises:
        FaultsError: It cannot be read, or something is wrong with that section.
    """
    return read(section_of(path, SECTION), environ, beside=path.parent)


DEFAULTS: Final = {"key_file": str(DEFAULT_KEY_FILE), "revoked": str(DEFAULT_REVOKED)}
"""What has to be found beside the file, too."""


def read(table: object, environ: Mapping[str, str], *, beside: Path = Path()) -> Web:
    """Read the table; relative paths are `beside` something.

    Raises:
        FaultsError: Something is wrong with it.
    """
    if not isinstance(table, dict):
        raise FaultsError((Fault(SECTION, "must be a table [web]"),))
    whole = {"sites": {}, **DEFAULTS, **table}
    web = structured(whole, Web, path=SECTION, environ=environ, beside=beside)
    web = evolve(web, sites={name: _with_content(web, site) for name, site in web.sites.items()})
    if found := tuple(_faults(web)):
        raise FaultsError(found)
    return web


def judge(table: object, beside: Path, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Look at the table for who reads the rest of the file; see `judged`."""
    return judged(lambda: read(table, environ, beside=beside))


def _with_content(web: Web, site: Site) -> Site:
    """The same site with the folder of `[web]`, if it has none of its own."""
    return evolve(site, content=site.content or web.content)


def _faults(web: Web) -> Iterator[Fault]:
    """What does not fit together."""
    given = [("web.secret", web.secret)] if web.secret is not None else []
    given += [(f"web.former[{n}].secret", one.secret) for n, one in enumerate(web.former)]
    for path, secret in given:
        if len(secret.value) < KEY_BYTES:
            yield Fault(path, f"must have {KEY_BYTES} characters at the least")
    if web.former and web.secret is None:
        yield Fault("web.former", "means nothing without a secret; key_file has a line for each")
    if web.secret is None:
        yield from _key_file_faults(web.key_file)
    yield from _content_faults("web.content", web.content)
    tokens: dict[str, tuple[str, str]] = {}
    for name, site in web.sites.items():
        path = f"web.sites.{name}"
        if not _NAME.fullmatch(name):
            yield Fault(path, "a name has letters, digits, - and _, at most 64")
        known, said = tokens.setdefault(site.gateway, (name, site.token.value))
        if said != site.token.value:
            yield Fault(f"{path}.token", f"is another one than that of {known} for one gateway")
        yield from _site_faults(path, site)
        if site.content != web.content:
            yield from _content_faults(f"{path}.content", site.content)


def _key_file_faults(path: Path) -> Iterator[Fault]:
    """Whether the secret can be read, or made when it is wanted."""
    try:
        if path.exists():
            secrets_in(path)
        elif not os.access(path.parent, os.W_OK):
            yield Fault("web.key_file", f"{path} is not there, and cannot be made")
    except (OSError, ValueError) as error:
        yield Fault("web.key_file", str(error))


def _content_faults(path: str, folder: Path | None) -> Iterator[Fault]:
    """What is wrong with templates and settings."""
    for text in faults(folder) if folder is not None else ():
        yield Fault(path, text)


def _site_faults(path: str, site: Site) -> Iterator[Fault]:
    for place, key in enumerate(site.keys):
        yield from _key_faults(f"{path}.keys[{place}]", key)
    if WEB_MESSAGE in site.apps and site.message is None:
        yield Fault(f"{path}.message", f"is missing, since apps has {WEB_MESSAGE}")
    call_back = site.call_back
    if WEB_CALL_BACK in site.apps and call_back is None:
        yield Fault(f"{path}.call_back", f"is missing, since apps has {WEB_CALL_BACK}")
    if call_back is not None and call_back.becomes == "message" and site.message is None:
        yield Fault(f"{path}.message", "is missing, since call_back becomes a message")


def _key_faults(path: str, key: IdentityKey) -> Iterator[Fault]:
    if key.algorithm == "HS256":
        if key.secret is None:
            yield Fault(f"{path}.secret", "is missing, which HS256 needs")
        elif len(key.secret.value) < KEY_BYTES:
            yield Fault(f"{path}.secret", f"must have {KEY_BYTES} characters at the least")
        if key.public_key is not None:
            yield Fault(f"{path}.public_key", "means nothing with HS256")
        return
    if key.secret is not None:
        yield Fault(f"{path}.secret", f"means nothing with {key.algorithm}")
    if key.public_key is None:
        yield Fault(f"{path}.public_key", f"is missing, which {key.algorithm} needs")
    elif find_spec("joserfc") is not None:  # without it there is no web process
        try:
            public_key(key.public_key, key.algorithm)
        except ValueError as error:
            yield Fault(f"{path}.public_key", str(error))
