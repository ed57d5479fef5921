"""What browsers load from us: scripts and texts that were built, and a shop that shows them."""

import gzip
import html
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

STATIC: Final = Path(__file__).with_name("static")
KINDS: Final[Mapping[str, str]] = {".js": "text/javascript", ".json": "application/json"}
"""What of the built files is given out, by the end of its name."""
_COMMON: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
_SCRIPT: Final[Mapping[str, str]] = {
    **_COMMON,
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-cache",  # asked for again, and answered by 304: never an old one
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}
_PAGE: Final[Mapping[str, str]] = {
    **_COMMON,
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
SHOP: Final = Path(__file__).with_name("shop")
"""The page that shows the chat, and its style: nothing of it comes from another host."""


@frozen
class Asset:
    """A file as it is sent.

    Attributes:
        data: What is in it.
        packed: The same by gzip.
        tag: Its `ETag`.
        media_type: Its kind.
        headers: What else is said of it.
    """

    data: bytes
    packed: bytes
    tag: str
    media_type: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, data: bytes, media_type: str, headers: Mapping[str, str]) -> "Asset":
        """Make one."""
        tag = f'"{sha256(data).hexdigest()[:32]}"'
        return cls(data, gzip.compress(data, mtime=0), tag, media_type, headers)

    def answer(self, request: Request) -> Response:
        """Answer a request for it."""
        headers = {**self.headers, "ETag": self.tag}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.data, headers=headers, media_type=self.media_type)
        headers["Content-Encoding"] = "gzip"
        return Response(self.packed, headers=headers, media_type=self.media_type)


def assets(site: str, folder: Path = STATIC) -> dict[str, Asset]:
    """All there are, by path; what was not built is not there.

    Args:
        site: The site whose chat the shop has.
        folder: Where the built files are.
    """
    found = {
        f"/{path.name}": Asset.of(path.read_bytes(), KINDS[path.suffix], _SCRIPT)
        for path in sorted(folder.glob("*"))
        if path.suffix in KINDS
    }
    page = (SHOP / "index.html").read_text(encoding="utf-8")
    page = page.replace("{site}", html.escape(site, quote=True))
    found["/"] = Asset.of(page.encode(), "text/html", _PAGE)
    for name, kind in (("shop.css", "text/css"), ("lamp.svg", "image/svg+xml")):
        found[f"/{name}"] = Asset.of((SHOP / name).read_bytes(), kind, _PAGE)
    return found


def routes(site: str, folder: Path = STATIC) -> list[BaseRoute]:
    """The routes to them."""
    return [
        Route(path, partial(_answer, asset=asset)) for path, asset in assets(site, folder).items()
    ]


async def _answer(request: Request, asset: Asset) -> Response:
    return asset.answer(request)
