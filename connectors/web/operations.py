"""What the REST interface can do, as values: the routes and the description (OpenAPI) are made of them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from types import NoneType
from typing import Any, Final, Generic, TypeVar, get_args, get_type_hints

from attrs import define, field, frozen
from starlette.requests import Request

from connectors.web.converting import guid_of, int_of, text_of, time_of
from connectors.web.figures import Figures
from connectors.web.models import Encode, encoder
from connectors.web.problems import Problem
from connectors.web.rates import Rates
from connectors.web.tokens import Visitor
from connectors.web.visits import Visits
from protocol.errors import ErrorCode
from protocol.values import Guid

T = TypeVar("T")
BODY_BYTES: Final = 262_144
"""The longest body of JSON."""


class Who(Enum):
    """Whether an operation needs a visitor."""

    NOBODY = auto()
    """It is for everybody."""
    MAYBE = auto()
    """A token is looked at, and none is given."""
    KNOWN = auto()
    """There must be a token."""
    ANYBODY = auto()
    """Who has none is given one."""


@frozen(kw_only=True)
class Parameter:
    """A parameter of the path or of the query.

    Attributes:
        name: Its name.
        kind: `str`, `int`, `bool`, `Guid` or `datetime`.
        says: What it means.
        longest: Most characters of a text.
        in_path: Whether it stands in the path.
        needed: Whether it must be there.
        least: Least number.
        most: Greatest number.
    """

    name: str
    kind: Any = str
    says: str
    longest: int = 256
    in_path: bool = False
    needed: bool = False
    least: int = 0
    most: int = 2_147_483_647

    def read(self, text: str | None) -> Any:
        """Its value.

        Raises:
            Problem: It has none, or none that is good.
        """
        if text is None:
            if self.needed:
                raise Problem(ErrorCode.BAD_PAYLOAD, f"{self.name}: is missing")
            return None
        try:
            return self._read(text)
        except ValueError as error:
            code = getattr(error, "code", ErrorCode.BAD_PAYLOAD)
            raise Problem(code, f"{self.name}: {error}") from None

    def _read(self, text: str) -> Any:
        if self.kind is bool:
            found = {"true": True, "false": False}.get(text.lower())
            if found is None:
                raise ValueError("true or false expected")
            return found
        if self.kind is int:
            if len(text) > 10 or not text.isascii() or not text.isdecimal():
                raise ValueError("a whole number expected")
            number = int_of(int(text))
            if not self.least <= number <= self.most:
                raise ValueError(f"from {self.least} to {self.most}")
            return number
        if self.kind == Guid:
            guid = guid_of(text)
            if guid is None:
                raise ValueError("a Guid expected")
            return guid
        return time_of(text) if self.kind is datetime else text_of(text, self.longest)


@frozen(kw_only=True)
class Answer:
    """What goes back.

    Attributes:
        model: What is said, as JSON; `None` is null.
        data: What is given out instead.
        content_type: Its kind.
        status: The status.
        headers: Further headers.
        visitor: Who the visitor is from now on, if that changed.
        is_over: Whether they are nobody from now on.
    """

    model: Any = None
    data: bytes | None = None
    content_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(factory=dict)
    visitor: Visitor | None = None
    is_over: bool = False


@define(eq=False, kw_only=True)
class Call(Generic[T]):
    """One request, read.

    Attributes:
        request: As it came.
        visits: The site.
        visitor: Who asks.
        parameters: Those of the path and the query, by name.
        body: What came with it.
        address: Where the visitor is.
        rates: How much a visitor may send.
        figures: What is counted.
    """

    request: Request
    visits: Visits
    visitor: Visitor
    parameters: Mapping[str, Any]
    body: T
    address: str
    rates: Rates
    figures: Figures

    def get(self, name: str) -> Any:
        """A parameter."""
        return self.parameters.get(name)

    @property
    def encode(self) -> Encode:
        """How texts go out: `HtmlEncode` of the request, or what the site says."""
        said = self.get("HtmlEncode")
        return encoder(self.visits.site.html_encode if said is None else said)


@frozen(kw_only=True)
class Operation:
    """One operation.

    Attributes:
        method: The method of HTTP.
        path: Its path, below the prefix.
        does: What it does, in one line.
        handle: Does it.
        parameters: What it takes.
        body: The model of its body; None: it has none; `bytes`: as it is.
        longest: The longest body of JSON, in bytes.
        answers: The model of what it gives; None: null.
        optional: Whether that may be null.
        is_tagged: Whether it may be 304, since a browser knows it.
        who: Whether it needs a visitor.
        rate: How it is rated.
        codes: Codes that it may be refused with, besides those of every operation.
        names: What parts of the broker's paths are called here.
    """

    method: str
    path: str
    does: str
    handle: Callable[[Call[Any]], Awaitable[Answer]]
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    longest: int = BODY_BYTES
    answers: Any = None
    optional: bool = False
    is_tagged: bool = False
    who: Who = Who.KNOWN
    rate: str
    codes: tuple[ErrorCode, ...] = ()
    names: Mapping[str, str] = field(factory=dict)


SITE: Final = Parameter(
    name="site", says="The site; else that of the page's origin, or the first one.", longest=64
)
RESULT: Final[Mapping[str, str]] = {
    "ResultModel.": "",
    "ScreenControlId": "ControlId",
    "ScenarioResultId": "ResultId",
}
"""What parts of the broker's paths into a form are called in a `ResultModel`."""
HTML_ENCODE: Final = Parameter(
    name="HtmlEncode", kind=bool, says="Whether texts are to be encoded for HTML."
)
WEB_APP: Final = Parameter(
    name="webapp", says="The web application, for instance WebChat.", in_path=True, needed=True
)


def operation(
    method: str,
    path: str,
    handle: Callable[[Call[Any]], Awaitable[Answer]],
    *parameters: Parameter,
    **more: Any,
) -> Operation:
    """An operation: what its handler and its path say of it is not said again.

    What it does is the first line of the handler's docstring, its body what the handler's `Call` has, and
    every operation is about a site.

    Args:
        method: The method of HTTP.
        path: Its path.
        handle: Does it.
        parameters: What it takes besides the site, and the web application if that is in the path.
        more: The other members of `Operation`.
    """
    (body,) = get_args(get_type_hints(handle)["call"])
    always = (WEB_APP, SITE) if f"{{{WEB_APP.name}}}" in path else (SITE,)
    return Operation(
        method=method,
        path=path,
        does=(handle.__doc__ or "").partition("\n")[0].removesuffix("."),
        handle=handle,
        parameters=(*always, *parameters),
        body=None if body is NoneType else body,
        **more,
    )


def decoded(data: bytes) -> Any:
    """JSON of a browser.

    Raises:
        Problem: It is none.
    """
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(ErrorCode.BAD_FRAME, f"the body is no JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")
