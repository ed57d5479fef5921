"""JSON into the models of the REST interface and back: the one converter of cattrs for it.

Nothing is converted silently, as on the wire (W-5): 7.9 is no int, true is no int, 1 is no bool. A member
that is not known is ignored, one that is null is as if it were missing. What is wrong is told with its path.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from types import GenericAlias, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from attrs import NOTHING, fields, fields_dict, has, resolve_types
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, override

from connectors.channels.converter import inside
from connectors.web.problems import Problem
from protocol.errors import ErrorCode
from protocol.limits import INT32, OTHER_TEXT, TEXT_LENGTHS
from protocol.scalars import NUL
from protocol.structure import WIRE, wire_name
from protocol.values import Guid, parse_guid, parse_time

T = TypeVar("T")

LONGEST: Final = "longest"
"""Metadata key: most characters of a text, or most elements of a list."""
EACH: Final = "each"
"""Metadata key: most characters of each text in a list."""
WIRE_NAME: Final = WIRE
ELEMENTS: Final = 1_000
_NAMES: Final = {bool: "a bool", str: "a str", int: "an int", float: "a float", list: "an array"}


def structured(content: object, model: type[T]) -> T:
    """Read what came as JSON.

    Raises:
        Problem: `BadPayload` or `TooLong`, with the member.
    """
    try:
        return _CONVERTER.structure(content, model)
    except (BaseValidationError, _Fault) as error:
        path, fault = next(_faults(error, ""))
        text = f"{path}: {fault}" if path else f"Body: {fault}"
        raise Problem(fault.code, text) from None


def longest_of(member: Any) -> int:
    """Most characters of a text, or of each text in a list."""
    name = wire_name(member)
    said = member.metadata.get(LONGEST) or member.metadata.get(EACH)
    return int(said or TEXT_LENGTHS.get(name, OTHER_TEXT))


class _Fault(ValueError):
    def __init__(self, text: str, code: ErrorCode = ErrorCode.BAD_PAYLOAD, at: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.at = at


def _faults(error: BaseException, path: str) -> Iterator[tuple[str, _Fault]]:
    if isinstance(error, _Fault):
        yield f"{path}{error.at}", error
    elif isinstance(error, BaseValidationError):
        shown = partial(_shown, getattr(error, "cl", None))
        for inner in error.exceptions:
            yield from _faults(inner, inside(path, inner, shown))
    elif isinstance(error, KeyError):
        yield path, _Fault("is missing")
    else:
        raise error


def _shown(model: Any, name: str) -> str:
    """What a member of a model is called in JSON."""
    return wire_name(fields_dict(model)[name]) if has(model) else name


def exactly(value: object, *kinds: type) -> Any:
    """The value, if it is of one of these types."""
    if type(value) not in kinds:
        found = _NAMES.get(type(value), "null" if value is None else "an object")
        raise _Fault(f"{_NAMES[kinds[0]]} expected, not {found}")
    return value


def text_of(value: object, longest: int) -> str:
    """A text that is not too long."""
    found: str = exactly(value, str)
    if NUL in found:
        raise _Fault("U+0000 is in it")
    if any("\ud800" <= letter <= "\udfff" for letter in found):
        raise _Fault("half a surrogate pair")
    if len(found) > longest:
        raise _Fault(f"longer than {longest} characters", ErrorCode.TOO_LONG)
    return found


def guid_of(value: object) -> Guid | None:
    """A Guid; that of zeros is null."""
    try:
        return parse_guid(exactly(value, str))
    except ValueError:
        raise _Fault("a Guid expected") from None


def time_of(value: object) -> datetime | None:
    """A time as RFC 3339 has it."""
    try:
        return parse_time(exactly(value, str))
    except ValueError:
        raise _Fault("a time as 2026-01-31T12:00:00Z expected") from None


def int_of(value: object) -> int:
    """An int of 32 bits."""
    found: int = exactly(value, int)
    if not INT32[0] <= found <= INT32[1]:
        raise _Fault("int32 expected")
    return found


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind)


def _is_list(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is tuple


def _base(kind: Any) -> Any:
    (base,) = (one for one in get_args(kind) if one is not type(None))
    return base


def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    plains: dict[Any, Callable[[Any, Any], Any]] = {
        bool: lambda value, _: exactly(value, bool),
        int: lambda value, _: int_of(value),
        str: lambda value, _: text_of(value, OTHER_TEXT),
        datetime: lambda value, _: time_of(value),
    }
    for kind, read in plains.items():
        converter.register_structure_hook(kind, read)
    converter.register_structure_hook_func(
        lambda kind: bool(kind == Guid), lambda value, _: guid_of(value)
    )
    converter.register_structure_hook_factory(
        _is_optional,
        lambda kind: (
            lambda value, _: None if value is None else converter.structure(value, _base(kind))
        ),
    )
    converter.register_structure_hook_factory(_is_list, lambda kind: _listed(kind, converter))
    converter.register_structure_hook_factory(has, lambda kind: _table(kind, converter))
    return converter


def _listed(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner: Any = GenericAlias(list, get_args(kind)[:1])
    return lambda value, _: tuple(converter.structure(_elements(value), inner))


def _elements(value: object) -> list[Any]:
    found: list[Any] = exactly(value, list)
    if len(found) > ELEMENTS:
        raise _Fault(f"more than {ELEMENTS} elements", ErrorCode.TOO_LONG)
    return found


def _table(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    members = fields(resolve_types(kind))
    overrides: dict[str, Any] = {}
    for member in members:
        wire = wire_name(member)
        hook = _text_hook(member)
        overrides[member.name] = override(rename=wire, struct_hook=hook)
    make = make_dict_structure_fn(kind, converter, _cattrs_detailed_validation=True, **overrides)
    defaults = [wire_name(one) for one in members if one.default is not NOTHING]

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not dict:
            raise _Fault("an object expected")
        told = {k: v for k, v in value.items() if v is not None or k not in defaults}
        return make(told, kind)

    return structure


def _text_hook(member: Any) -> Callable[[Any, Any], Any] | None:
    """A hook of its own for a text, whose length its name says."""
    kind, longest = member.type, longest_of(member)
    if EACH in member.metadata:
        return lambda value, _: tuple(_texts(value, longest))
    if _is_optional(kind):
        kind = _base(kind)
    if kind is not str:
        return None
    return lambda value, _: text_of(value, longest)


def _texts(value: object, longest: int) -> Iterator[str]:
    for place, one in enumerate(_elements(value)):
        try:
            yield text_of(one, longest)
        except _Fault as fault:
            raise _Fault(str(fault), fault.code, f"[{place}]") from None


_CONVERTER: Final = _converter()
