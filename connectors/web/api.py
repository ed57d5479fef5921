"""The face of the REST interface: reads a request with bounds, finds site and visitor, and answers."""

import json
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from http import HTTPStatus
from typing import Any, Final

import anyio
from attrs import define, field
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from connectors.web import rates
from connectors.web.converting import structured
from connectors.web.figures import DONE, Figures
from connectors.web.operations import SITE, Answer, Call, Operation, Who, decoded
from connectors.web.origins import Origins
from connectors.web.problems import Problem
from connectors.web.rates import Rates
from connectors.web.tokens import NoVisitor, Tokens, Visitor
from connectors.web.visits import Visits
from protocol.errors import ErrorCode
from protocol.rest import plain

TOKEN_HEADER: Final = "Parley-Visitor"  # noqa: S105 - the name of a header
SITE_HEADER: Final = "Parley-Site"
READ_WITHIN: Final = 30.0
"""How long a body may take to come, in seconds."""
_SECURITY: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
LARGE: Final = 32
LARGE_EACH: Final = 8
"""Attachments on their way up or down at a time: in all, and of one address."""
HSTS: Final = "max-age=31536000"

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


@define(eq=False)
class Api:
    """What all operations share.

    Attributes:
        visits: The sites by name, the first one first.
        tokens: What signs and reads visitors' tokens.
        rates: How much a visitor may send.
        origins: Which pages may ask.
        lifetime: Seconds that a cookie is kept.
        attachment_bytes: How long an attachment may be.
        most: How many requests are served at the same time.
        figures: What is counted.
    """

    visits: Mapping[str, Visits]
    tokens: Tokens
    rates: Rates
    origins: Origins
    lifetime: int
    attachment_bytes: int = 26_214_400
    most: int = 2_000
    figures: Figures = field(factory=Figures)
    _busy: anyio.CapacityLimiter = field(init=False)
    _large: Counter[str] = field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        """Make the bound."""
        self._busy = anyio.CapacityLimiter(self.most)

    def endpoint(self, operation: Operation) -> Endpoint:
        """What serves an operation."""
        name = f"{operation.method} {operation.path}"

        async def serve(request: Request) -> Response:
            outcome = "failed"
            try:
                self._busy.acquire_on_behalf_of_nowait(request)
            except anyio.WouldBlock:
                problem = Problem(ErrorCode.OVERLOADED, "too many requests", retry_after=2)
                self.figures.requests[name, problem.code] += 1
                return self.refused(request, problem)
            try:
                response = await self._serve(request, operation)
                outcome = DONE
            except Problem as problem:
                outcome = problem.code
                return self.refused(request, problem)
            except ClientDisconnect:
                outcome = "gone"
                return Response(status_code=400)
            else:
                return response
            finally:
                self.figures.requests[name, outcome] += 1
                self._busy.release_on_behalf_of(request)

        return serve

    async def _serve(self, request: Request, operation: Operation) -> Response:
        name = self.site_of(request)
        origin = self.origins.checked(request, name)
        parameters = _parameters(request, operation)
        visitor, is_new = self._visitor(request, name, operation.who)
        who = visitor.tracking_id or _address(request)
        self._check_rate(who, operation.rate)
        if operation.rate == rates.MESSAGE:  # whoever wants another token gets one
            self._check_rate(_address(request), rates.LETTERS)
        with self._room(operation, _address(request)):
            return await self._handled(
                request, operation, name, visitor, parameters, origin, is_new
            )

    @contextmanager
    def _room(self, operation: Operation, address: str) -> Iterator[None]:
        """Have so many attachments in memory at a time, and of one address fewer."""
        if operation.rate != rates.ATTACHMENT:
            yield
            return
        if self._large.total() >= LARGE or self._large[address] >= LARGE_EACH:
            raise Problem(ErrorCode.OVERLOADED, "too many attachments at a time", retry_after=2)
        self._large[address] += 1
        try:
            yield
        finally:
            self._large[address] -= 1
            if not self._large[address]:
                del self._large[address]

    async def _handled(
        self,
        request: Request,
        operation: Operation,
        name: str,
        visitor: Visitor,
        parameters: Mapping[str, Any],
        origin: str | None,
        is_new: bool,
    ) -> Response:
        body = await self._body(request, operation)
        call = Call(
            request=request,
            visits=self.visits[name],
            visitor=visitor,
            parameters=parameters,
            body=body,
            address=_address(request),
            rates=self.rates,
            figures=self.figures,
        )
        try:
            answer = await operation.handle(call)
        except Problem as problem:
            raise problem.renamed(operation.names) from None
        response = _response(answer)
        if answer.is_over:
            response.delete_cookie(
                self.cookie_name(request, name), secure=_is_secure(request), samesite="strict"
            )
            return self.finish(request, response, origin)
        renewed = answer.visitor or (visitor if is_new else self.tokens.renewed(visitor))
        if renewed is not None and renewed.tracking_id:
            self._give(request, response, renewed, is_foreign=origin is not None)
        return self.finish(request, response, origin)

    def _check_rate(self, who: str, kind: str) -> None:
        if wait := self.rates.wait(who, kind):
            text = f"too fast: {kind}"
            raise Problem(ErrorCode.RATE_LIMITED, text, retry_after=math.ceil(wait))

    @property
    def under_way(self) -> int:
        """How many requests are served just now."""
        return self._busy.borrowed_tokens

    # --- who

    def site_of(self, request: Request) -> str:
        """The site that a request is about.

        Raises:
            Problem: There is no such site.
        """
        said = request.headers.get(SITE_HEADER) or request.query_params.get(SITE.name)
        if said is None:
            return self.origins.site_of(request.headers.get("origin")) or next(iter(self.visits))
        if said not in self.visits:
            raise Problem(ErrorCode.UNKNOWN_GATEWAY, f"{SITE.name}: no such site")
        return said

    def cookie_name(self, request: HTTPConnection, site: str) -> str:
        """The name of the cookie of a site; without TLS no browser takes one with `__Host-`."""
        return f"__Host-parley.{site}" if _is_secure(request) else f"parley.{site}"

    def _visitor(self, request: Request, site: str, who: Who) -> tuple[Visitor, bool]:
        """Who asks, and whether they are new."""
        nobody = Visitor(site=site, tracking_id="")
        if who is Who.NOBODY:
            return nobody, False
        token = request.headers.get(TOKEN_HEADER)
        if token is None and self.origins.is_own(request):
            token = request.cookies.get(self.cookie_name(request, site))
        if token is not None:
            try:
                return self.tokens.read(token, site), False
            except NoVisitor:
                if who is Who.MAYBE:
                    return nobody, False
                if who is Who.KNOWN:
                    raise Problem(
                        ErrorCode.AUTH_FAILED, f"{TOKEN_HEADER}: the token is not good"
                    ) from None
        if who is Who.MAYBE:
            return nobody, False
        if who is Who.KNOWN:
            raise Problem(ErrorCode.AUTH_FAILED, f"{TOKEN_HEADER}: is missing")
        self._check_rate(_address(request), rates.NEW)
        return self.tokens.stranger(site), True

    def _give(
        self, request: Request, response: Response, visitor: Visitor, *, is_foreign: bool
    ) -> None:
        """Hand the token over: to our own pages as a cookie that no script reads, to others in a header."""
        token = self.tokens.written(visitor)
        if is_foreign or request.headers.get(TOKEN_HEADER) is not None:
            response.headers[TOKEN_HEADER] = token
            return
        response.set_cookie(
            self.cookie_name(request, visitor.site),
            token,
            max_age=self.lifetime,
            path="/",
            secure=_is_secure(request),
            httponly=True,
            samesite="strict",
        )

    # --- bodies

    async def _body(self, request: Request, operation: Operation) -> Any:
        if operation.body is None:
            return None
        if operation.body is bytes:
            return await _read(request, self.attachment_bytes)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem(
                ErrorCode.BAD_FRAME,
                "Content-Type: application/json expected",
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            )
        return structured(decoded(await _read(request, operation.longest)), operation.body)

    # --- answers

    def refused(self, request: Request, problem: Problem) -> Response:
        """The answer to a request that is not done."""
        headers = dict(problem.headers)
        if problem.retry_after is not None:
            headers["Retry-After"] = str(problem.retry_after)
        if problem.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = TOKEN_HEADER
        response = Response(
            json.dumps(problem.details()),
            problem.status,
            headers,
            media_type="application/problem+json",
        )
        return self.finish(request, response, self.origins.known(request))

    def finish(self, request: Request, response: Response, origin: str | None) -> Response:
        """Put on what every answer has."""
        for name, value in _SECURITY.items():
            response.headers.setdefault(name, value)
        if _is_secure(request):
            response.headers["Strict-Transport-Security"] = HSTS
        response.headers.append("Vary", "Origin")
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = f"{TOKEN_HEADER}, ETag, Retry-After"
        return response

    async def preflight(self, request: Request) -> Response:
        """Answer what a browser asks before it sends something from a foreign page."""
        origin = self.origins.known(request)
        if origin is None:
            problem = Problem(ErrorCode.NOT_ALLOWED, "Origin: not one of ours")
            return self.refused(request, problem)
        headers = {
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": f"Content-Type, If-None-Match, {TOKEN_HEADER}, {SITE_HEADER}",
            "Access-Control-Max-Age": "600",
        }
        return self.finish(request, Response(status_code=204, headers=headers), origin)


def _is_secure(request: HTTPConnection) -> bool:
    return request.url.scheme in ("https", "wss")


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _parameters(request: Request, operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in operation.parameters:
        source = request.path_params if parameter.in_path else request.query_params
        found[parameter.name] = parameter.read(source.get(parameter.name))
    return found


async def _read(request: Request, most: int) -> bytes:
    """A body that is not too long and comes in time."""
    too_long = Problem(
        ErrorCode.FRAME_TOO_LARGE,
        f"the body is longer than {most} bytes",
        headers={"Connection": "close"},
    )
    said = request.headers.get("content-length", "0")
    if len(said) > 12 or (said.isdecimal() and int(said) > most):
        raise too_long
    body = bytearray()
    try:
        with anyio.fail_after(READ_WITHIN):
            async with aclosing(request.stream()) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > most:
                        raise too_long
    except TimeoutError:
        raise Problem(
            ErrorCode.BAD_FRAME, "the body did not come", status=HTTPStatus.REQUEST_TIMEOUT
        ) from None
    return bytes(body)


def _response(answer: Answer) -> Response:
    if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return Response(status_code=answer.status, headers=dict(answer.headers))
    data = answer.data
    if data is None:
        data = json.dumps(plain(answer.model), ensure_ascii=False, separators=(",", ":")).encode()
    return Response(data, answer.status, dict(answer.headers), media_type=answer.content_type)
