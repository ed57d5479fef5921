"""What HTTP services share: models as JSON, and their schemas (OpenAPI 3.1).

A model is an attrs class. Its members are called in JSON as on the wire (W-5), and have the types that are
read here: texts, numbers, booleans, times, Guids, enumerations, other models, tuples and tables of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from attrs import NOTHING, Attribute, fields, frozen, has, resolve_types

from protocol.limits import INT32
from protocol.structure import wire_name
from protocol.values import Guid, format_time

GUID: Final = {"type": "string", "format": "uuid"}
TIME: Final = {"type": "string", "format": "date-time"}
INT: Final = {"type": "integer", "minimum": INT32[0], "maximum": INT32[1]}
_PLAIN: Final[Mapping[Any, Mapping[str, Any]]] = {
    bool: {"type": "boolean"},
    int: INT,
    float: {"type": "number"},
    datetime: TIME,
    Guid: GUID,
}


def plain(model: Any) -> Any:
    """What goes out as JSON; members that are null are there as null, as the models say."""
    if has(type(model)):
        return {wire_name(one): plain(getattr(model, one.name)) for one in fields(type(model))}
    match model:
        case StrEnum():
            return model.value
        case datetime():
            return format_time(model)
        case list() | tuple():
            return [plain(item) for item in model]
        case dict():
            return {key: plain(value) for key, value in model.items()}
        case _:
            return model


@frozen
class Bounds:
    """How much a service takes.

    Attributes:
        elements: Most elements of an array.
        longest: Most characters of a text that is a member.
    """

    elements: int | None = None
    longest: Callable[[Attribute[Any]], int | None] = lambda _member: None


def schema_of(kind: Any, models: dict[str, Any], bounds: Bounds = Bounds()) -> dict[str, Any]:
    """The schema of a type.

    Args:
        kind: The type.
        models: Where the schemas of models are put, by name.
        bounds: How much is taken.
    """
    return _schema(kind, models, bounds, None)


def _schema(
    kind: Any, models: dict[str, Any], bounds: Bounds, longest: int | None
) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        (base,) = (one for one in get_args(kind) if one is not type(None))
        return {"anyOf": [_schema(base, models, bounds, longest), {"type": "null"}]}
    if origin is tuple:
        most = {} if bounds.elements is None else {"maxItems": bounds.elements}
        items = _schema(get_args(kind)[0], models, bounds, longest)
        return {"type": "array", "items": items, **most}
    if origin is dict:
        values = _schema(get_args(kind)[1], models, bounds, None)
        return {"type": "object", "additionalProperties": values}
    if has(kind):
        return _model(kind, models, bounds)
    if kind is str:
        return {"type": "string", **({} if longest is None else {"maxLength": longest})}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind]}
    return dict(_PLAIN[kind])


def _model(kind: Any, models: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    name = kind.__name__
    if name not in models:
        models[name] = {}
        members = fields(resolve_types(kind))
        models[name] = {
            "type": "object",
            "description": (kind.__doc__ or "").partition("\n")[0],
            "properties": {
                wire_name(one): _schema(one.type, models, bounds, bounds.longest(one))
                for one in members
            },
            "required": [wire_name(one) for one in members if one.default is NOTHING],
        }
    return {"$ref": f"#/components/schemas/{name}"}
