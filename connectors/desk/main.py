"""`parley desk FILE`: the program of the desk."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connectors.web.command import Command

if TYPE_CHECKING:
    from connectors.desk.app import DeskSite
    from connectors.desk.settings import Desk

DESK: Final = Command(
    name="desk",
    does="Let agents work in their browsers.",
    needed=("httptools", "httpx2", "joserfc", "starlette", "uvicorn", "websockets"),
)


def desk_main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        Its exit status; see `Command.run`.
    """

    def load(path: Path) -> "Desk":
        from connectors.desk import settings

        return settings.load(path, environ)

    def made(desk: "Desk") -> "DeskSite":
        from connectors.desk.app import DeskSite

        return DeskSite.made(desk)

    return DESK.run(argv, load, made)
