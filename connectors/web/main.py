"""`parley web FILE`: the program of the web site."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connectors.web.command import Command

if TYPE_CHECKING:
    from connectors.web.app import WebSite
    from connectors.web.settings import Web

WEB: Final = Command(
    name="web",
    does="Bring visitors of web pages to the broker, by HTTP and WebSocket.",
    needed=("httptools", "joserfc", "PIL", "starlette", "uvicorn", "websockets"),
)


def web_main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        Its exit status; see `Command.run`.
    """

    def load(path: Path) -> "Web":
        from connectors.web import settings

        return settings.load(path, environ)

    def made(web: "Web") -> "WebSite":
        from connectors.web.app import WebSite

        return WebSite.made(web)

    return WEB.run(argv, load, made)
