"""The command lines of the two programs."""

import argparse
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from attrs import field, frozen

from connectors.client.connect import Address
from connectors.terminal.ability import can_draw

_ABOUT_SECRETS = """\
The token is taken from --token-file, else from --token, else from the environment variable
{variable}, else it is that of the sample configuration, which is
sent for its owner ({owner}) and to this machine only. A token on the command
line can be read by every user of this machine (ps shows it) and stays in the history of your
shell: prefer the file or the variable.
"""


@frozen
class _Sample:
    """Whose token of the sample configuration a program knows."""

    owner: str
    token: str


@frozen(kw_only=True)
class Options:
    """What both programs are told.

    Attributes:
        address: Where the broker is.
        token: The secret.
        name: How the person is called; None: not said.
        plain: Line by line instead of the full screen.
    """

    address: Address
    token: str = field(repr=False)
    name: str | None
    plain: bool


@frozen(kw_only=True)
class VisitorOptions(Options):
    """What a visitor's program is told besides: the gateway, and which conversation to go on with."""

    gateway: str
    tracking_id: str | None
    culture: str | None


@frozen(kw_only=True)
class AgentOptions(Options):
    """What an agent's program is told besides: the workplace, the login, and whether to begin as ready."""

    workplace: str
    login: str
    ready: bool


def visitor_options(argv: Sequence[str]) -> VisitorOptions:
    """Read the command line of `parley visitor`; end the program when it is wrong."""
    parser = _parser(
        "parley visitor",
        "Talk with an agent as a visitor of a chat gateway.",
        "PARLEY_GATEWAY_TOKEN",
        ("gateway", _Sample("web", "web-secret")),
        """\
example:
  parley visitor --name Jana                        the broker of the sample configuration
  parley visitor 10.0.0.5:7070 --gateway shop --token-file ~/.shop-token
  printf 'Hello\\n/end\\n' | parley visitor           line by line, for scripts
""",
    )
    say = partial(parser.add_argument, type=_wire_text)
    say("--gateway", default="web", help="peer address of the gateway")
    say("--name", default="Visitor", help="your name, as the agent sees it")
    say("--culture", metavar="LANG", help="the language you prefer, as in: en")
    say("--tracking-id", metavar="ID", help="go on with this conversation; default: a new one")
    known = parser.parse_args(argv)
    return VisitorOptions(
        **_common(parser, known),
        gateway=known.gateway,
        tracking_id=known.tracking_id,
        culture=known.culture,
    )


def agent_options(argv: Sequence[str]) -> AgentOptions:
    """Read the command line of `parley agent`; end the program when it is wrong."""
    parser = _parser(
        "parley agent",
        "Work as an agent: take chats that are offered, several at once, and talk.",
        "PARLEY_AGENT_TOKEN",
        ("login", _Sample("alice", "alice-secret")),
        """\
example:
  parley agent                                      alice at workplace 101 of the sample configuration
  parley agent --login bob --workplace 102 --token-file ~/.bob-token --ready
""",
    )
    say = partial(parser.add_argument, type=_wire_text)
    say("--workplace", default="101", metavar="NUMBER", help="workplace number")
    say("--login", default="alice", help="the agent's login")
    say("--name", help="your name in the conversation; default: the agent's")
    parser.add_argument("--ready", action="store_true", help="take chats at once")
    known = parser.parse_args(argv)
    return AgentOptions(
        **_common(parser, known),
        workplace=known.workplace,
        login=known.login,
        ready=known.ready,
    )


def _parser(
    program: str, does: str, variable: str, sample: tuple[str, _Sample], example: str
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=does,
        epilog=f"{_ABOUT_SECRETS.format(variable=variable, owner=sample[1].owner)}\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(token_variable=variable, token_of_sample=sample)
    parser.add_argument(
        "address",
        nargs="?",
        type=_wire_text,
        default="127.0.0.1:7070",
        help="the broker (default: %(default)s)",
    )
    parser.add_argument("--token-file", metavar="FILE", help="file that holds the token")
    parser.add_argument("--token", type=_wire_text, help="the token itself; read below why not")
    parser.add_argument("--tls", action="store_true", help="speak TLS")
    parser.add_argument("--ca", metavar="FILE", help="certificates to trust; implies --tls")
    parser.add_argument(
        "--plain",
        action="store_true",
        help="line by line; so it is when stdin is no terminal, or one that cannot place its cursor",
    )
    return parser


def _wire_text(given: str) -> str:
    """An argument that goes on the wire, which takes UTF-8 only.

    The locale may know fewer letters than the person who typed them: their bytes tell.
    """
    try:
        return os.fsencode(given).decode("utf-8") if _is_torn(given) else given
    except UnicodeError:
        raise argparse.ArgumentTypeError("is no UTF-8 text") from None


def _is_torn(text: str) -> bool:
    """Whether it holds bytes that Python could not read as letters."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _common(parser: argparse.ArgumentParser, known: argparse.Namespace) -> dict[str, Any]:
    tls: ssl.SSLContext | None = None
    try:
        if known.tls or known.ca:
            with _naming(known.ca):
                tls = ssl.create_default_context(cafile=known.ca)
        address = Address.parse(known.address, tls)
        token = _token(known, address)
    except UnicodeDecodeError:
        parser.error(f"{known.token_file} is no UTF-8 text; save it as UTF-8")
    except ValueError as error:
        parser.error(str(error))
    return {
        "address": address,
        "token": token,
        "name": known.name,
        "plain": known.plain or not can_draw(),
    }


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Say which file it is that cannot be read."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # the latter: a home that nobody has
        why = error.strerror if isinstance(error, OSError) else None
        raise ValueError(f"cannot read {file}: {why or error}") from None


def _token(known: argparse.Namespace, address: Address) -> str:
    """The token, without what editors and shells put around it."""
    if known.token_file:
        with _naming(known.token_file):
            token = Path(known.token_file).expanduser().read_text("utf-8-sig").strip()
        if not token:
            raise ValueError(f"{known.token_file} has no token in it")
        return token
    try:
        variable = _wire_text(os.environ.get(known.token_variable, "").rstrip("\r\n"))
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"{known.token_variable} {error}") from None
    found: str = known.token or variable
    if found:
        return found
    owner, sample = known.token_of_sample
    if getattr(known, owner) != sample.owner or not _is_here(address):
        raise ValueError(
            f"no token: give --token-file, or set {known.token_variable} "
            f"(that of the sample configuration is sent for {sample.owner} and to this machine only)"
        )
    known_token: str = sample.token
    return known_token


def _is_here(address: Address) -> bool:
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return address.host == "localhost"
