"""The service over HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

import structlog
from attrs import frozen
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from broker.config.figures import FiguresToken
from broker.reporting.figures.bearers import Right
from broker.reporting.figures.metrics import registry_of
from broker.reporting.figures.openapi import described
from broker.reporting.figures.operations import LIVE, OPERATIONS, STREAM, Call, Operation, asked_of
from broker.reporting.figures.parameters import read_all
from broker.reporting.figures.problems import Problem
from broker.reporting.figures.pushing import pushed
from broker.reporting.figures.service import Service
from broker.reporting.source import SourceError
from protocol.errors import ErrorCode
from protocol.rest import plain

HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log: Any = structlog.get_logger()


@frozen
class App:
    """The routes of a service."""

    service: Service

    def application(self) -> Starlette:
        """What a server serves."""
        registry = registry_of(self.service)

        async def metrics(_request: Request) -> Response:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

        routes = [
            *(Route(one.path, partial(self._asked, one), methods=["GET"]) for one in OPERATIONS),
            Route("/openapi.json", _described),
            Route("/healthz", _healthy),
            Route("/readyz", self._ready),
            Route("/metrics", metrics),
        ]
        handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
            404: _not_found,
            405: _not_allowed,
            500: _failed,
        }
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False
        return app

    async def _asked(self, operation: Operation, request: Request) -> Response:
        try:
            response = await self._answered(operation, request)
        except Problem as problem:
            response = refused(problem)
        except SourceError as error:
            _log.error("store_not_read", why=str(error))
            response = refused(Problem(ErrorCode.OVERLOADED, "the store cannot be read"))
        requests = self.service.counts.requests
        key = (operation.path, response.status_code)
        requests[key] = requests.get(key, 0) + 1
        return response

    async def _answered(self, operation: Operation, request: Request) -> Response:
        service = self.service
        bearer = await service.bearers.who(request.headers.get("authorization"), operation.right)
        given = read_all(request, operation.parameters)
        asked = asked_of(service, bearer, given)
        if not service.is_ready:
            raise Problem(ErrorCode.OVERLOADED, service.fault or "the figures are behind")
        call = Call(service=service, bearer=bearer, given=given, asked=asked)
        if operation is STREAM:
            return self._streamed(call, request.headers.get("last-event-id"))
        if operation is LIVE:
            shown = service.shown(asked)
            return _fresh(request, shown.body, shown.etag)
        model = await operation.handle(call)
        if operation.right is Right.CONTACTS:
            shown_by = {name: str(value) for name, value in given.items() if value is not None}
            _log.info("contacts_shown", to=bearer.name, path=operation.path, **shown_by)
        body = json.dumps(plain(model), ensure_ascii=False).encode()
        return _fresh(request, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')

    def _streamed(self, call: Call, known: str | None) -> Response:
        service, bearer = call.service, call.bearer
        if service.counts.streams >= service.figures.streams:
            raise Problem(ErrorCode.OVERLOADED, "too many are pushed to already")

        def may() -> bool:
            return _is_bearer(service, bearer)

        async def counted() -> AsyncIterator[bytes]:
            service.counts.streams += 1
            try:
                async with aclosing(pushed(service, call.asked, known, may)) as events:
                    async for one in events:
                        yield one
            finally:
                service.counts.streams -= 1

        return StreamingResponse(counted(), headers=HEADERS, media_type=STREAM.kind)

    async def _ready(self, _request: Request) -> Response:
        if self.service.is_ready:
            return PlainTextResponse("ready")
        return PlainTextResponse(self.service.fault or "the figures are behind", 503)


def _is_bearer(service: Service, bearer: FiguresToken) -> bool:
    """Whether somebody still is one, as they were let in."""
    return bearer in service.bearers.tokens


def _fresh(request: Request, body: bytes, etag: str) -> Response:
    headers = {**HEADERS, "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def refused(problem: Problem) -> Response:
    """The answer to a request that is not done."""
    return JSONResponse(
        plain(problem.model()),
        problem.status.value,
        {**HEADERS, **problem.headers},
        "application/problem+json",
    )


async def _described(_request: Request) -> Response:
    return JSONResponse(described(OPERATIONS, version("parley")))


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("healthy")


async def _not_found(_request: Request, _error: Exception) -> Response:
    return refused(Problem(ErrorCode.UNKNOWN_TYPE, "nothing is here"))


async def _not_allowed(request: Request, _error: Exception) -> Response:
    text = f"{request.method} is not served here"
    status = HTTPStatus.METHOD_NOT_ALLOWED
    return refused(Problem(ErrorCode.NOT_ALLOWED, text, status=status))


async def _failed(_request: Request, _error: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return refused(Problem(ErrorCode.OVERLOADED, "it failed", status=status))
