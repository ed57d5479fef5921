"""The desk put together: login, sessions, workplaces, pages."""

import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Self

import anyio
from anyio.abc import TaskGroup
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from connectors.client import Address
from connectors.desk import pages
from connectors.desk.broker import Broker, BrokerAway
from connectors.desk.oidc import NotLoggedIn, Oidc
from connectors.desk.seat import Seat
from connectors.desk.sessions import Limits, Session, Sessions, TooManySessions
from connectors.desk.settings import Desk
from connectors.desk.tab import Sitting, Tab
from connectors.web.origins import own
from connectors.web.problems import Away, Problem, not_allowed, not_found
from connectors.web.rates import Rate, Rates
from protocol.errors import ErrorCode, WireError
from protocol.session import Hello, LoginResult
from protocol.values import LoginOutcome, Role, is_blank

LOOK_EVERY: Final = 1.0
BODY_BYTES: Final = 8_192
READ_WITHIN: Final = 10.0
COOKIE: Final = "parley-desk"
OIDC_COOKIE: Final = "parley-oidc"
OIDC_SECONDS: Final = 600
LOGIN: Final = "login"
ASK: Final = "ask"
RATES: Final[Mapping[str, Rate]] = {LOGIN: Rate(5, 200), ASK: Rate(50, 500)}
"""Of an address, behind which there may be an office; wrong tries the broker counts."""
HSTS: Final = "max-age=31536000"
SECURITY: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
REFUSED: Final = "login, password or code are not good"

_log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


@define(eq=False)
class DeskSite:
    """All parts of a running desk.

    Attributes:
        desk: Its settings.
        broker: Where the broker is.
        sessions: Who is logged in.
        oidc: The way to the identity provider.
    """

    desk: Desk
    broker: Broker
    sessions: Sessions
    oidc: Oidc | None
    _rates: Rates = field(factory=lambda: Rates(time.monotonic, RATES))
    _seats: set[Seat] = field(factory=set)
    _gone: anyio.Event = field(factory=anyio.Event)
    _tasks: TaskGroup | None = None

    @classmethod
    def made(cls, desk: Desk) -> Self:
        """Put it together."""
        limits = Limits(
            idle=desk.idle, longest=desk.longest, warning=desk.warning, most=desk.sessions
        )
        back = f"{desk.origins[0] if desk.origins else ''}{desk.path}/api/oidc/callback"
        return cls(
            desk,
            Broker(address=Address.parse(desk.broker, desk.context()), token=desk.token.value),
            Sessions(limits, time.monotonic),
            Oidc(desk.oidc, back) if desk.oidc is not None else None,
        )

    # --- as a program

    @property
    def place(self) -> Desk:
        """Where it listens."""
        return self.desk

    def start(self, tasks: TaskGroup) -> None:
        """Begin to look after sessions."""
        self._tasks = tasks
        tasks.start_soon(self._look)

    def beside(self) -> AbstractContextManager[object]:
        """Nothing is open besides."""
        return nullcontext()

    async def shut(self) -> None:
        """Say good-bye to those who are on the line."""
        for seat in tuple(self._seats):
            seat.shut()
        while self._seats:
            await self._gone.wait()

    async def _look(self) -> None:
        while True:
            await anyio.sleep(LOOK_EVERY)
            self.sessions.look()

    def application(self) -> Starlette:
        """What a server serves."""
        handlers: tuple[tuple[str, str, Handler], ...] = (
            ("/api/session", "GET", self._session),
            ("/api/login", "POST", self._login),
            ("/api/alive", "POST", self._alive),
            ("/api/logout", "POST", self._logout),
            ("/api/oidc/start", "GET", self._oidc_start),
            ("/api/oidc/callback", "GET", self._oidc_callback),
        )
        routes: list[BaseRoute] = [
            Route(path, partial(self._guarded, handler), methods=[method])
            for path, method, handler in handlers
        ]
        routes += [WebSocketRoute("/ws", self._socket), *pages.routes()]
        below = [Mount(self.desk.path, routes=routes)] if self.desk.path else routes
        app = Starlette(
            routes=[Route("/healthz", _healthy), *below],
            exception_handlers={404: self._not_found, 405: self._not_allowed, 500: self._failed},
        )
        app.router.redirect_slashes = False
        return app

    # --- requests

    async def _guarded(self, handler: Handler, request: Request) -> Response:
        """Have a request answered: only one that a page of ours makes, or that opens a page."""
        try:
            if request.method == "POST":
                self._check_origin(request)
            self._check_rate(request, ASK)
            response = await handler(request)
        except Problem as problem:
            response = _refused(problem)
        except ClientDisconnect:
            response = Response(status_code=400)
        return self._finished(request, response)

    def _check_origin(self, request: HTTPConnection) -> None:
        if not self.is_own(request):
            raise Problem(ErrorCode.NOT_ALLOWED, "Origin: not one of this desk")

    def is_own(self, request: HTTPConnection) -> bool:
        """Whether a request comes from a page of ours."""
        said = request.headers.get("origin")
        if said is None:
            return request.headers.get("sec-fetch-site") == "same-origin"
        return said in self.desk.origins if self.desk.origins else said == own(request)

    def _check_rate(self, request: Request, kind: str) -> None:
        if wait := self._rates.wait(_address(request), kind):
            raise Problem(ErrorCode.RATE_LIMITED, "too fast", retry_after=math.ceil(wait))

    def _finished(self, request: Request, response: Response) -> Response:
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        if _is_secure(request):
            response.headers["Strict-Transport-Security"] = HSTS
        return response

    async def _session(self, request: Request) -> Response:
        session = self.session_of(request)
        if session is None:
            label = self.desk.oidc.label if self.desk.oidc is not None else None
            return JSONResponse({"LoggedIn": False, "Oidc": label})
        return JSONResponse(self._told(session))

    def _told(self, session: Session) -> dict[str, Any]:
        agent, limits = session.agent, self.sessions.limits
        return {
            "LoggedIn": True,
            "AgentId": agent.agent_id,
            "AgentName": agent.agent_name,
            "Login": agent.login,
            "AgentRole": agent.agent_role,
            "Workplaces": list(agent.workplaces or ()),
            "PauseReasons": list(agent.pause_reasons or ()),
            "Workplace": session.seat.number if isinstance(session.seat, Seat) else None,
            "IdleSeconds": limits.idle,
            "WarningSeconds": limits.warning,
            "EndsInSeconds": round(self.sessions.ends_in(session)),
        }

    async def _login(self, request: Request) -> Response:
        self._check_rate(request, LOGIN)
        said = await _json(request)
        login, password, code = (_text(said, name) for name in ("Login", "Password", "Code"))
        if login is None or password is None:
            raise Problem(ErrorCode.BAD_PAYLOAD, "Login and Password: are needed")
        result = await self._asked(
            address=_address(request), login=login, password=password, code=code
        )
        match result.outcome:
            case LoginOutcome.GOOD:
                return self._begun(request, result, JSONResponse)
            case LoginOutcome.WAIT:
                wait = result.retry_after_seconds
                text = "too many wrong tries"
                raise Problem(ErrorCode.RATE_LIMITED, text, retry_after=wait)
            case LoginOutcome.CODE_NEEDED:
                answer = Problem(ErrorCode.AUTH_FAILED, "Code: is needed")
            case _:
                answer = Problem(ErrorCode.AUTH_FAILED, REFUSED)
        raise answer

    async def _asked(self, **said: Any) -> LoginResult:
        try:
            return await self.broker.log_in(**said)
        except BrokerAway as error:
            _log.warning("no login: %s", error)
            raise Away from None

    def _begun(
        self, request: Request, result: LoginResult, make: Callable[[Any], Response]
    ) -> Response:
        """Log somebody in, with a new token; what their browser had before is over."""
        before = self.session_of(request)
        if before is not None:
            self.sessions.end(before, "logged in anew")
        try:
            token, session = self.sessions.begin(result, _address(request))
        except TooManySessions:
            raise Problem(ErrorCode.OVERLOADED, "too many logins", retry_after=60) from None
        response = make(self._told(session))
        self._give(request, response, COOKIE, token)
        return response

    def _give(
        self,
        request: Request,
        response: Response,
        name: str,
        value: str,
        *,
        age: int | None = None,
        strict: bool = True,
    ) -> None:
        response.set_cookie(
            _cookie(request, name),
            value,
            max_age=age,
            path="/",
            secure=_is_secure(request),
            httponly=True,
            samesite="strict" if strict else "lax",
        )

    async def _alive(self, request: Request) -> Response:
        session = self._needed(request)
        self.sessions.touch(session)
        return JSONResponse({"EndsInSeconds": round(self.sessions.ends_in(session))})

    async def _logout(self, request: Request) -> Response:
        session = self.session_of(request)
        if session is not None:
            self.sessions.end(session, "logged out")
        response = Response(status_code=204)
        self._give(request, response, COOKIE, "", age=0)
        return response

    def session_of(self, request: HTTPConnection) -> Session | None:
        """The session of a browser."""
        return self.sessions.find(request.cookies.get(_cookie(request, COOKIE)))

    def _needed(self, request: Request) -> Session:
        session = self.session_of(request)
        if session is None:
            raise Problem(ErrorCode.AUTH_FAILED, "nobody is logged in")
        return session

    # --- an identity provider

    async def _oidc_start(self, request: Request) -> Response:
        self._check_rate(request, LOGIN)
        if self.oidc is None:
            raise Problem(ErrorCode.UNKNOWN_TYPE, "there is no identity provider")
        try:
            where, binding = await self.oidc.begin()
        except NotLoggedIn as error:
            return self._back(request, error)
        response = RedirectResponse(where, 302)
        self._give(request, response, OIDC_COOKIE, binding, age=OIDC_SECONDS, strict=False)
        return response

    async def _oidc_callback(self, request: Request) -> Response:
        self._check_rate(request, LOGIN)
        if self.oidc is None:
            raise Problem(ErrorCode.UNKNOWN_TYPE, "there is no identity provider")
        binding = request.cookies.get(_cookie(request, OIDC_COOKIE))
        try:
            subject = await self.oidc.finish(request.query_params, binding)
            result = await self._asked(address=_address(request), subject=subject)
            if result.outcome is not LoginOutcome.GOOD:
                raise NotLoggedIn("no agent has this subject")
        except NotLoggedIn as error:
            return self._back(request, error)
        response = self._begun(request, result, lambda _: self._home(""))
        self._give(request, response, OIDC_COOKIE, "", age=0, strict=False)
        return response

    def _back(self, request: Request, error: NotLoggedIn) -> Response:
        _log.warning("no login by the identity provider: %s", error)
        response = self._home("?refused=oidc")
        self._give(request, response, OIDC_COOKIE, "", age=0, strict=False)
        return response

    def _home(self, query: str) -> Response:
        return RedirectResponse(f"{self.desk.path}/{query}", 303)

    # --- pages that are open

    async def _socket(self, websocket: WebSocket) -> None:
        if not self.is_own(websocket) or websocket.headers.get("origin") is None:
            await websocket.send_denial_response(
                PlainTextResponse("Origin: not one of this desk", 403)
            )
            return
        await Tab(websocket, _Seats(self, self.session_of(websocket))).run()

    def seat(self, session: Session | None, tab: Tab, hello: Hello) -> Sitting:
        """The workplace that a page is for: the one of its login, or another one from now on.

        Raises:
            WireError: There is none for it.
        """
        re = tab.hello.id if tab.hello is not None else None
        number = (hello.peers or ("",))[0]
        if session is None or self.sessions.ends_in(session) <= 0 or is_blank(number):
            raise WireError(ErrorCode.AUTH_FAILED, "nobody is logged in", re=re)
        if hello.role is not Role.WORKPLACE or len(hello.peers or ()) != 1:
            raise WireError(ErrorCode.BAD_HELLO, "one workplace is served", re=re)
        seat = session.seat if isinstance(session.seat, Seat) else None
        if seat is not None and (seat.is_over or seat.number != number):
            seat.replaced("the agent sits at another workplace")
            seat = None
        if seat is None:
            seat = self._opened(session, number, hello)
        elif len(seat.tabs) >= self.desk.tabs:
            raise WireError(ErrorCode.OVERLOADED, "too many pages", re=re)
        seat.enter(tab)
        return seat

    def _opened(self, session: Session, number: str, hello: Hello) -> Seat:
        assert self._tasks is not None
        seat = Seat(
            session=session,
            number=number,
            hello=hello,
            broker=self.broker,
            linger=self.desk.linger,
            used=partial(self.sessions.touch, session),
            expired=partial(self.sessions.end, session),
            left=self._left,
        )
        session.seat = seat
        self._seats.add(seat)
        self.sessions.touch(session)
        self._tasks.start_soon(seat.run)
        return seat

    def _left(self, seat: Seat) -> None:
        """A workplace is given back."""
        self._seats.discard(seat)
        self._gone.set()
        self._gone = anyio.Event()
        if seat.session.seat is seat:
            seat.session.seat = None

    # --- what is not there

    async def _not_found(self, request: Request, _error: Exception) -> Response:
        return self._finished(request, _refused(not_found()))

    async def _not_allowed(self, request: Request, error: Exception) -> Response:
        return self._finished(request, _refused(not_allowed(request.method, error)))

    async def _failed(self, request: Request, _error: Exception) -> Response:
        problem = Problem(
            ErrorCode.OVERLOADED, "it failed", status=HTTPStatus.INTERNAL_SERVER_ERROR
        )
        return self._finished(request, _refused(problem))


@define
class _Seats:
    """The workplaces of one login."""

    _site: DeskSite
    _session: Session | None

    def seat(self, tab: Tab, hello: Hello) -> Sitting:
        return self._site.seat(self._session, tab, hello)


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("healthy")


def _is_secure(request: HTTPConnection) -> bool:
    return request.url.scheme in ("https", "wss")


def _cookie(request: HTTPConnection, name: str) -> str:
    """The name of a cookie; without TLS no browser takes one with `__Host-`."""
    return f"__Host-{name}" if _is_secure(request) else name


def _address(request: HTTPConnection) -> str:
    return request.client.host if request.client is not None else ""


def _refused(problem: Problem) -> Response:
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(
        json.dumps(problem.details()),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


async def _json(request: Request) -> dict[str, Any]:
    """A body that is a JSON object, which no form of a foreign page can send."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(
            ErrorCode.BAD_FRAME,
            "Content-Type: application/json expected",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    body = bytearray()
    try:
        with anyio.fail_after(READ_WITHIN):
            async for piece in request.stream():
                body += piece
                if len(body) > BODY_BYTES:
                    raise Problem(ErrorCode.FRAME_TOO_LARGE, "the body is too long")
        found = json.loads(body)
    except TimeoutError:
        raise Problem(
            ErrorCode.BAD_FRAME, "the body did not come", status=HTTPStatus.REQUEST_TIMEOUT
        ) from None
    except (ValueError, RecursionError):
        raise Problem(ErrorCode.BAD_FRAME, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise Problem(ErrorCode.BAD_FRAME, "an object expected")
    return found


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 1_024 or "\0" in value:
        raise Problem(ErrorCode.BAD_PAYLOAD, f"{name}: a text expected")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Problem(ErrorCode.BAD_PAYLOAD, f"{name}: half a surrogate pair") from None
    return value
