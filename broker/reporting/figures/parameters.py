"""Parameters of requests as values: they are read, refused and described from these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen
from starlette.requests import Request

from broker.reporting.figures.problems import bad

LONGEST: Final = 512
"""The longest text of a parameter."""


@frozen(kw_only=True)
class Parameter:
    """A parameter of the query or of the path.

    Attributes:
        name: Its name.
        says: What it means.
        read: Makes its value of the text; refuses by `ValueError`.
        schema: Its schema.
        usual: Its value where it is not given.
        is_needed: Whether it must be there.
        in_path: Whether it stands in the path.
    """

    name: str
    says: str
    read: Callable[[str], Any] = str
    schema: Mapping[str, Any] = {"type": "string", "maxLength": LONGEST}
    usual: Any = None
    is_needed: bool = False
    in_path: bool = False

    def described(self) -> dict[str, Any]:
        """As OpenAPI has it."""
        return {
            "name": self.name,
            "in": "path" if self.in_path else "query",
            "required": self.is_needed,
            "description": self.says,
            "schema": dict(self.schema),
        }

    def value(self, text: str | None) -> Any:
        """Its value.

        Raises:
            Problem: It has none, or none that is good.
        """
        if text is None:
            if self.is_needed:
                raise bad(self.name, "is missing")
            return self.usual
        if len(text) > LONGEST:
            raise bad(self.name, f"is longer than {LONGEST} characters")
        try:
            return self.read(text)
        except ValueError as error:
            raise bad(self.name, str(error)) from None


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number between two bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def choice(*allowed: str) -> Callable[[str], str]:
    """One of some words."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return read


def read_all(request: Request, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The parameters of a request by name.

    Raises:
        Problem: One is not good, is there twice, or is none of these.
    """
    known = {one.name for one in parameters if not one.in_path}
    for name in request.query_params:
        if name not in known:
            raise bad(name[:LONGEST], "there is no such parameter")
        if len(request.query_params.getlist(name)) > 1:
            raise bad(name, "is there twice")
    return {
        one.name: one.value(
            request.path_params.get(one.name) if one.in_path else request.query_params.get(one.name)
        )
        for one in parameters
    }
