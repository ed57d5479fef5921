"""The web site put together: sites, links to the broker, REST interface, sockets, pages."""

import logging
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Final, Self

from anyio.abc import TaskGroup
from attrs import frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from connectors.channels.health import served
from connectors.web import pages
from connectors.web.api import Api
from connectors.web.broker_link import Link, Upstream
from connectors.web.content import Content
from connectors.web.figures import Figures, GatewayFigures, Now
from connectors.web.identity import Identities
from connectors.web.images import Images
from connectors.web.letterbox import Letterbox
from connectors.web.openapi import described, shown
from connectors.web.operations import Operation
from connectors.web.origins import Origins
from connectors.web.problems import Problem, not_allowed, not_found
from connectors.web.rates import Rates
from connectors.web.rest import apps, chat, files, forms, images, polling, routing, visitors
from connectors.web.revoked import Revoked
from connectors.web.settings import Web
from connectors.web.socket import Handshake, Socket
from connectors.web.sockets import Sockets
from connectors.web.tokens import Tokens
from connectors.web.visits import Visits
from protocol.errors import ErrorCode

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation
    for module in (routing, chat, polling, forms, files, visitors, apps, images)
    for operation in module.OPERATIONS
)
DAY: Final = 86_400

_log = logging.getLogger(__name__)


@frozen
class WebSite:
    """All parts of a running web site.

    Attributes:
        web: Its settings.
        links: Its sessions with the broker.
        letterboxes: Its sessions for messages.
        visits: Its sites.
        sockets: Its sockets.
        api: Its REST interface.
        figures: How it is doing.
    """

    web: Web
    links: tuple[Link, ...]
    letterboxes: tuple[Letterbox, ...]
    visits: Mapping[str, Visits]
    sockets: Sockets
    api: Api
    figures: Figures

    @classmethod
    def made(cls, web: Web) -> Self:
        """Put it together.

        Raises:
            OSError: The secret can neither be read nor made.
            ValueError: It is too short, or a key of a site cannot be read.
        """
        secrets, revoked = web.secrets(), Revoked(time.time, web.revoked)
        tokens = Tokens(secrets, lifetime=web.visitor_days * DAY, now=time.time, revoked=revoked)
        links, boxes = _links(web), _letterboxes(web)
        pictures = Images(web.agent_images)
        visits = {
            name: Visits(
                name=name,
                site=site,
                link=links[site.gateway],
                tokens=tokens,
                identities=Identities(name, site, secrets[-1], time.time),
                content=Content(site.content),
                letterbox=boxes.get(site.message.gateway) if site.message is not None else None,
                images=pictures,
            )
            for name, site in web.sites.items()
        }
        figures = Figures()
        rates = Rates(time.monotonic, limited=figures.limited)
        sockets = Sockets(
            visits=visits,
            tokens=tokens,
            rates=rates,
            most=web.sockets,
            most_each=web.sockets_per_visitor,
            patience=web.patience,
            figures=figures,
        )
        revoked.ended = sockets.end
        try:
            revoked.tidy()
        except OSError as error:
            _log.error("%s: who logs out is not known to other processes: %s", web.revoked, error)
        api = Api(
            visits=visits,
            tokens=tokens,
            rates=rates,
            origins=Origins(web.sites),
            lifetime=web.visitor_days * DAY,
            attachment_bytes=web.attachment_bytes,
            most=web.requests,
            figures=figures,
        )
        return cls(web, tuple(links.values()), tuple(boxes.values()), visits, sockets, api, figures)

    def start(self, tasks: TaskGroup) -> None:
        """Begin to reach the broker."""
        for link in self.links:
            tasks.start_soon(link.run)
        for box in self.letterboxes:
            tasks.start_soon(box.run)
        tasks.start_soon(self.figures.beat, self.look)
        tasks.start_soon(self.sockets.tokens.revoked.watch)

    @property
    def place(self) -> Web:
        """Where it listens."""
        return self.web

    def beside(self) -> AbstractContextManager[object]:
        """Say how it is doing, where somebody may ask."""
        return served(self.figures, self.web.health.listen)

    async def shut(self) -> None:
        """Say good-bye to those who are on the line."""
        self.figures.stopping = True
        await self.sockets.shut()

    @property
    def faults(self) -> list[str]:
        """Why it cannot serve, for who watches it."""
        return [f"{link.upstream.peer}: {link.fault}" for link in self.links if not link.ready]

    def look(self) -> Now:
        """What there is now."""
        return Now(
            sockets=len(self.sockets.open),
            visitors=self.sockets.visitors,
            requests=self.api.under_way,
            gateways={
                **{box.upstream.peer: GatewayFigures(up=box.ready) for box in self.letterboxes},
                **{link.upstream.peer: link.figures for link in self.links},
            },
            faults=tuple(self.faults),
        )

    # --- as an application

    def application(self) -> Starlette:
        """What a server serves."""
        routes: list[BaseRoute] = []
        for path in dict.fromkeys(operation.path for operation in OPERATIONS):
            here = [one for one in OPERATIONS if one.path == path]
            routes += [Route(path, self.api.endpoint(one), methods=[one.method]) for one in here]
            routes.append(Route(path, self.api.preflight, methods=["OPTIONS"]))
        routes += [
            WebSocketRoute("/ws", self._socket),
            Route("/api", partial(self._described, as_page=True)),
            Route("/api/openapi.json", partial(self._described, as_page=False)),
            *pages.routes(next(iter(self.web.sites))),
        ]
        health = [Route("/healthz", _healthy), Route("/readyz", self._ready)]
        below = [Mount(self.web.path, routes=routes)] if self.web.path else routes
        app = Starlette(
            routes=[*health, *below],
            exception_handlers={404: self._not_found, 405: self._not_allowed, 500: self._failed},
        )
        app.router.redirect_slashes = False
        return app

    async def _socket(self, websocket: WebSocket) -> None:
        refusal, outcome = None, "opened"
        if not self.api.origins.may_open(websocket):
            refusal, outcome = PlainTextResponse("Origin: not one of ours", 403), "origin"
        elif self.sockets.is_full:
            full = PlainTextResponse("too many sockets", 503, {"Retry-After": "5"})
            refusal, outcome = full, "full"
        self.figures.handshakes[outcome] += 1
        if refusal is not None:
            await websocket.send_denial_response(refusal)
            return
        await Socket(websocket, self.sockets, self._handshake(websocket)).run()

    def _handshake(self, websocket: WebSocket) -> Handshake:
        api = self.api

        def may(site: str) -> bool:
            try:
                api.origins.checked(websocket, site, needed=True)
            except (Problem, KeyError):
                return False
            return True

        def cookie(site: str) -> str | None:
            own = api.origins.is_own(websocket)
            return websocket.cookies.get(api.cookie_name(websocket, site)) if own else None

        return Handshake(
            address=websocket.client.host if websocket.client is not None else "",
            may=may,
            cookie=cookie,
        )

    async def _described(self, _request: Request, *, as_page: bool) -> Response:
        description = described(OPERATIONS, self.web.path, version("parley"))
        if not as_page:
            return JSONResponse(description)
        policy = {"Content-Security-Policy": "default-src 'none'"}
        return Response(shown(description), headers=policy, media_type="text/html")

    async def _ready(self, _request: Request) -> Response:
        faults = self.faults
        return PlainTextResponse("\n".join(faults) or "ready", 503 if faults else 200)

    async def _not_found(self, request: Request, _error: Exception) -> Response:
        return self.api.refused(request, not_found())

    async def _not_allowed(self, request: Request, error: Exception) -> Response:
        return self.api.refused(request, not_allowed(request.method, error))

    async def _failed(self, request: Request, _error: Exception) -> Response:
        problem = Problem(
            ErrorCode.OVERLOADED, "it failed", status=HTTPStatus.INTERNAL_SERVER_ERROR
        )
        return self.api.refused(request, problem)


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("healthy")


def _links(web: Web) -> dict[str, Link]:
    ports: dict[str, dict[str | None, None]] = {}
    tokens: dict[str, str] = {}
    for site in web.sites.values():
        ports.setdefault(site.gateway, {})[site.port] = None
        tokens[site.gateway] = site.token.value
    return {
        peer: Link(Upstream(web.broker, peer, tuple(here), tokens[peer], web.context()))
        for peer, here in ports.items()
    }


def _letterboxes(web: Web) -> dict[str, Letterbox]:
    found = {
        site.message.gateway: site.message
        for site in web.sites.values()
        if site.message is not None
    }
    return {
        peer: Letterbox(Upstream(web.broker, peer, (), message.token.value, web.context()))
        for peer, message in found.items()
    }
