"""What the browser of an agent loads: one page, its script and its style, which were built."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.web.pages import KINDS, Asset

STATIC: Final = Path(__file__).with_name("static")
_COMMON: Final[Mapping[str, str]] = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final[Mapping[str, str]] = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SHELL: Final = b"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Desk</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="desk.css">
<script type="module" src="desk.js"></script>
</head>
<body><div id="desk"></div><noscript>The desk needs JavaScript.</noscript></body>
</html>
"""


def routes(folder: Path = STATIC) -> list[BaseRoute]:
    """The routes to all there is; what was not built is not there."""
    kinds = {**KINDS, ".css": "text/css"}
    found = {
        f"/{path.name}": Asset.of(path.read_bytes(), kinds[path.suffix], _COMMON)
        for path in sorted(folder.glob("*"))
        if path.suffix in kinds
    }
    found["/"] = Asset.of(_SHELL, "text/html", _PAGE)
    return [Route(path, partial(_answer, asset=asset)) for path, asset in found.items()]


async def _answer(request: Request, asset: Asset) -> Response:
    response = asset.answer(request)
    if request.url.scheme == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
