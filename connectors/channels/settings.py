"""What the file of a channel says: the sections of the frame, and the channel's own.

[broker]
address = "127.0.0.1:7070"
gateways = ["mail"]
token_env = "MAIL_TOKEN"

[store]
path = "mail.sqlite"

[health]
listen = "127.0.0.1:9101"

[limits]
receiving = 8

[email]                                       # the channel's own, read into its own class
"""

import re
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Generic, Protocol, TypeVar, runtime_checkable

from attrs import frozen

from connectors.channels.converter import (
    Fault,
    FaultsError,
    Secret,
    between,
    document,
    not_empty,
    structured,
)

T = TypeVar("T")
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^:\[\]\s/]+):([0-9]{1,5})")


def host_and_port(value: str) -> str:
    """A check of `host:port`."""
    found = _ADDRESS.fullmatch(value)
    if found is None or not int(found[2]) < 65_536:
        raise ValueError("must be host:port")
    return value


def certificates(value: Path) -> Path:
    """A check of a file with certificates that are to be trusted."""
    try:
        ssl.create_default_context(cafile=str(value))
    except ssl.SSLError as error:
        raise ValueError(f"{value} has no certificates: {error.reason or error}") from None
    except OSError as error:
        raise ValueError(f"{value} cannot be read: {error.strerror}") from None
    return value


Ca = Annotated[Path, certificates]
"""A file with the certificates that are trusted."""


def trusting(ca: Path | None) -> ssl.SSLContext:
    """TLS to whom these certificates vouch for; None: those of the system."""
    return ssl.create_default_context(cafile=str(ca) if ca is not None else None)


@runtime_checkable
class NamesGateways(Protocol):
    """A section that names gateways, which are to be among those of `[broker]`."""

    def gateways(self) -> Iterable[tuple[str, str]]:
        """Where in the section one is named, as `accounts[0].gateway`, and which."""


@frozen(kw_only=True)
class Broker:
    """`[broker]`: where the broker is, and who this program is to it.

    Attributes:
        address: `host:port`.
        gateways: Addresses (`peer`) of the message gateways that are served; all have one token.
        token: Their secret: `token`, `token_env` or `token_file`.
        tls: Whether TLS is spoken.
        ca: File with the certificates that are trusted; None: those of the system.
    """

    address: Annotated[str, host_and_port] = "127.0.0.1:7070"
    gateways: Annotated[tuple[Annotated[str, not_empty], ...], not_empty]
    token: Secret
    tls: bool = False
    ca: Ca | None = None

    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken; None: not at all."""
        return trusting(self.ca) if self.tls else None


@frozen(kw_only=True)
class Storage:
    """`[store]`.

    Attributes:
        path: The file; beside the configuration if it is relative.
    """

    path: Path


@frozen(kw_only=True)
class Health:
    """`[health]`.

    Attributes:
        listen: Where `/healthz`, `/readyz` and `/metrics` are served; None: nowhere.
    """

    listen: Annotated[str, host_and_port] | None = None


@frozen(kw_only=True)
class Limits:
    """`[limits]`; times in seconds.

    Attributes:
        receiving: Inbound messages that may be under way to the broker.
        sending: Outbound messages that may be under way to the far side.
        send: How long the channel may take for one attempt.
        stop: How long what is under way may take when the program ends.
        refresh: How often the broker is asked for its gateways again.
    """

    receiving: Annotated[int, between(1, 1_000)] = 8
    sending: Annotated[int, between(1, 1_000)] = 16
    send: Annotated[float, between(1, 3_600)] = 300.0
    stop: Annotated[float, between(0, 3_600)] = 30.0
    refresh: Annotated[float, between(1, 86_400)] = 300.0


@frozen(kw_only=True)
class Settings(Generic[T]):
    """What a file says.

    Attributes:
        broker: `[broker]`.
        store: `[store]`.
        health: `[health]`.
        limits: `[limits]`.
        own: The channel's own section.
    """

    broker: Broker
    store: Storage
    health: Health
    limits: Limits
    own: T


_FRAME: Final[dict[str, Any]] = {
    "broker": Broker,
    "store": Storage,
    "health": Health,
    "limits": Limits,
}


def load(path: Path, name: str, section: type[T], environ: Mapping[str, str]) -> Settings[T]:
    """Read the file of a channel.

    Args:
        path: The file.
        name: The key of the channel's own section, as `email`.
        section: The attrs class of the channel's own section.
        environ: Where secrets are found that the file does not have.

    Raises:
        FaultsError: It cannot be read, or something is wrong with it.
    """
    return read(document(path), name, section, environ, beside=path.parent)


def read(
    content: Mapping[str, Any],
    name: str,
    section: type[T],
    environ: Mapping[str, str],
    *,
    beside: Path = Path(),
) -> Settings[T]:
    """The same of a document that is read already; relative paths of the frame are `beside` something."""
    sections = {**_FRAME, name: section}
    faults = [
        Fault(key, f"unknown section; there are {', '.join(sections)}")
        for key in content
        if key not in sections
    ]
    found: dict[str, Any] = {}
    for key, kind in sections.items():
        try:
            found[key] = structured(content.get(key, {}), kind, path=key, environ=environ)
        except FaultsError as error:
            faults += error.faults
    if isinstance(own := found.get(name), NamesGateways) and "broker" in found:
        faults += _unknown_gateways(own, name, found["broker"].gateways)
    if faults:
        raise FaultsError(tuple(faults))
    own = found.pop(name)
    found["store"] = Storage(path=beside / found["store"].path)
    return Settings(own=own, **found)


def _unknown_gateways(
    section: NamesGateways, name: str, served: tuple[str, ...]
) -> Iterable[Fault]:
    return (
        Fault(f"{name}.{where}", f"{gateway} is none of [broker] gateways: {', '.join(served)}")
        for where, gateway in section.gateways()
        if gateway not in served
    )
