"""Say what to do beside what `make run` starts.

python .ci/run_hint.py var/parley.toml
"""

import sys
import tomllib
from pathlib import Path

USUAL = "127.0.0.1:7070"
"""Where the broker listens and the terminal programs connect, unless they are told."""
HINT = """\

Parley starts with var/parley.toml (yours to edit; delete it to get the sample again).
{shop}Hold a conversation from two further terminals:

    .venv/bin/parley agent{where}      an agent, Alice: type /ready and wait
    .venv/bin/parley visitor{where}    a visitor of the web site: write something

And answer a mail: each .eml in var/mail/in is one (var/mail.toml says so), taken once by its Message-ID.

    cp .ci/hello.eml var/mail/in/  it comes to Alice, who types /accept, then /answer,
                                   her lines, and a dot alone; what she sent lies in var/mail/out

Ctrl-C here ends the broker; start it again and both go on where they were.
Is its database var/parley.db gone? make run ARGS=--new begins with an empty one.

"""


SHOP = """\
A shop whose visitors talk to Alice is at http://{listen}/

"""


def shop(config: Path) -> str:
    """What is said of the web site of a configuration; nothing where it has none."""
    try:
        web = tomllib.loads(config.read_text(encoding="utf-8"))["web"]
        return SHOP.format(listen=web.get("listen", "127.0.0.1:8080") + web.get("path", ""))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return ""


def address(config: Path) -> str:
    """Where the programs find the broker of a configuration; what is wrong with it the broker tells."""
    try:
        server = tomllib.loads(config.read_text(encoding="utf-8")).get("server", {})
        first = server.get("listen", USUAL)
        host, _, port = str(first[0] if isinstance(first, list) else first).rpartition(":")
    except (OSError, ValueError, AttributeError, IndexError):
        return USUAL
    if not host:
        return USUAL
    everywhere = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - nothing listens there
    return f"{everywhere.get(host, host)}:{port}"


def hint(config: Path) -> str:
    """The text for a configuration: with the address where that is not the usual one."""
    where = address(config)
    return HINT.format(where="" if where == USUAL else f" {where}", shop=shop(config))


if __name__ == "__main__":
    sys.stdout.write(hint(Path(sys.argv[1])))
