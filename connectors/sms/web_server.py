"""The web server that providers call: reads a call with bounds, and answers as it is told.

`/NAME/text` is for texts and `/NAME/receipt` for receipts of the account NAME, by GET or POST. A proxy
before it does TLS.
"""

import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Final

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sms.calls import Call, Malformed
from connectors.sms.proofs import Unproved
from connectors.sms.settings import Web
from connectors.sms.webhooks import Answer

LONGEST_QUERY: Final = 16_384
LONGEST_HEADER: Final = 4_096
LONGEST_HEAD: Final = 32_768
READ_WITHIN: Final = 10.0
"""How long the body of a call may take to come, in seconds."""
KINDS: Final = ("text", "receipt")

Handle = Callable[[str, str, Call], Awaitable[Answer]]
"""What is done with a call: given the name of an account, `text` or `receipt`, and the call."""

_log = logging.getLogger(__name__)


class UnknownAccount(Exception):
    """There is no such account, or it is not called for that."""


class NotNow(Exception):
    """It cannot be taken now: the provider is to come again."""


class NotWanted(Exception):
    """The broker does not take it, and never will."""


def application(web: Web, handle: Handle) -> Starlette:
    """The web application.

    Args:
        web: Its bounds.
        handle: What is done with a call; it may raise `Unproved`, `Malformed`, `UnknownAccount`, `NotNow` and
            `NotWanted`.
    """
    busy = anyio.CapacityLimiter(web.calls)

    async def serve(request: Request) -> Response:
        try:
            busy.acquire_on_behalf_of_nowait(request)
        except anyio.WouldBlock:
            return _refused(503, "too many calls")
        try:
            return await _serve(request, web, handle)
        finally:
            busy.release_on_behalf_of(request)

    routes = [Route(f"/{{name}}/{kind}", serve, methods=["GET", "POST"]) for kind in KINDS]
    return Starlette(routes=routes)


async def _serve(request: Request, web: Web, handle: Handle) -> Response:
    name, kind = request.path_params["name"], request.url.path.rpartition("/")[2]
    try:
        with anyio.fail_after(READ_WITHIN):
            call = await _read(request, web)
    except _TooLarge as error:
        return _refused(error.status, str(error))
    except TimeoutError:
        return _refused(408, "the body did not come")
    except ClientDisconnect:
        return _refused(400, "gone")
    try:
        with anyio.fail_after(web.reply_within):
            answer = await handle(name, kind, call)
    except UnknownAccount:
        return _refused(404, "nothing here")
    except Unproved as error:
        _log.warning("%s/%s: a call was refused: %s", name, kind, error)
        return _refused(403, "not proved")
    except Malformed as error:
        _log.warning("%s/%s: a call cannot be read: %s", name, kind, error)
        return _refused(400, str(error))
    except NotWanted as error:
        _log.error("%s/%s: the broker does not take it: %s", name, kind, error)
        return _refused(422, "not taken")
    except (NotNow, TimeoutError):
        return _refused(503, "come again", retry_after=30)
    return Response(answer.body, answer.status, media_type=answer.content_type)


class _TooLarge(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def _read(request: Request, web: Web) -> Call:
    query: bytes = request.scope["query_string"]
    if len(query) > LONGEST_QUERY:
        raise _TooLarge(414, "the query is too long")
    raw: list[tuple[bytes, bytes]] = request.scope["headers"]
    if any(len(value) > LONGEST_HEADER for _, value in raw):
        raise _TooLarge(431, "a header is too long")
    said = request.headers.get("content-length", "0")
    if len(said) > 12 or (said.isdecimal() and int(said) > web.body):
        raise _TooLarge(413, "the body is too long")
    body = bytearray()
    async with aclosing(request.stream()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > web.body:
                raise _TooLarge(413, "the body is too long")
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return Call(
        method=request.method,
        url=web.public_url + path.decode("latin-1"),
        query=query,
        headers={name.decode("latin-1").lower(): value for name, value in raw},
        body=bytes(body),
    )


def _refused(status: int, text: str, *, retry_after: int | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(text, status, headers, media_type="text/plain")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when it listens."""
        await super().startup(sockets)
        self.listens.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


class WebServer:
    """The server, in the loop of the program."""

    def __init__(self, web: Web, handle: Handle) -> None:
        """Make a server that does not listen yet."""
        host, _, port = web.listen.rpartition(":")
        config = uvicorn.Config(
            application(web, handle),
            host=host.strip("[]"),
            port=int(port),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=LONGEST_HEAD,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=10,
            limit_concurrency=web.calls * 4,
            loop="none",
        )
        self._server = _Server(config)
        self._over = anyio.Event()

    async def port(self) -> int:
        """Wait until it listens, and say where."""
        await self._server.listens.wait()
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    async def run(self) -> None:
        """Serve until `stop` is called.

        Raises:
            OSError: It cannot listen there.
        """
        try:
            await self._server.serve()
        except SystemExit as error:  # how uvicorn says that it cannot listen
            where = f"{self._server.config.host}:{self._server.config.port}"
            raise OSError(f"cannot listen on {where}") from error
        finally:
            self._over.set()

    def stop(self) -> None:
        """Take no more calls, and end when those under way are answered."""
        self._server.should_exit = True

    async def stopped(self) -> None:
        """Wait until it serves no more."""
        await self._over.wait()
