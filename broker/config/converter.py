"""The one strict converter of cattrs that reads the tables of a configuration into attrs classes (C-1).

Theory of operation: a section is an attrs class. Each of its members is a key, and says how its value
is read in its annotation, as in `Annotated[int, duration(1)]`, or, for a class of the model, in
`hooks_of`. The converter knows no other way from a value of TOML to a member: nothing is coerced, and
what is no member is a fault. It goes on after a fault, so that one reading finds all of them.

What needs the rest of the document is left to the second pass: a `Reference` is taken as it stands
here, and looked up when the table has been read (`section_reader`). Why so: docs/adr/0031.

A key that is a word of Python is a member with an underscore behind it: `from` is `from_`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Generic, TypeVar, get_origin

from attrs import fields, frozen, has, resolve_types
from cattrs import AttributeValidationNote, ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from broker.config.parse import Parser
from protocol.values import Guid

T = TypeVar("T")


@frozen
class Reference:
    """Marks a member as the name of a thing that is declared elsewhere, or as a list of names.

    Attributes:
        kind: What is referred to.
        many: Whether it is a list.
    """

    kind: str
    many: bool = False

    def __call__(self, value: object) -> object:
        """Take a name as it stands."""
        return value


def nested(value: object) -> object:
    """Take what holds further tables as it stands; each of them is read by itself."""
    return value


Nested = Annotated[object, nested]
"""A member that holds further tables."""
NEEDED: Final = "must be there"
"""Marks a member that must be there; its default is what stands for it until the fault is told."""
NO_ID: Final = Guid("")
"""Stands for the id of a thing that must be named."""


@frozen
class Structured(Generic[T]):
    """What became of a table.

    Attributes:
        value: The section; a member with a fault has its default.
        faults: The faults by key.
        unknown: The keys that are no members.
    """

    value: T
    faults: Mapping[str, ValueError]
    unknown: tuple[str, ...] = ()


def structure(content: Mapping[str, object], section: type[T]) -> Structured[T]:
    """Read a table into a class all of whose members have defaults."""
    try:
        return Structured(_CONVERTER.structure(content, section), {})
    except ClassValidationError as found:
        noted, others = found.group_exceptions()
    faults: dict[str, ValueError] = {}
    for fault, note in noted:
        if not isinstance(fault, ValueError) or not isinstance(note, AttributeValidationNote):
            raise fault  # no fault of the document
        faults[_key(note.name)] = fault
    extra = [fault for fault in others if isinstance(fault, ForbiddenExtraKeysError)]
    unknown = {key for fault in extra for key in fault.extra_fields}
    sound = {key: raw for key, raw in content.items() if key not in unknown and key not in faults}
    value = _CONVERTER.structure(sound, section)
    return Structured(value, faults, tuple(key for key in content if key in unknown))


@frozen(kw_only=True)
class Shape:
    """What a section says of its keys.

    Attributes:
        keys: All of them.
        needed: Those that must be there.
        references: Those whose values are names of things, with what stands for none.
    """

    keys: tuple[str, ...]
    needed: tuple[str, ...]
    references: tuple[tuple[str, Reference, object], ...]


def shape_of(section: type) -> Shape:
    """The keys of a section."""
    known = _SHAPES.get(section)
    if known is None:
        known = _SHAPES[section] = _shape(section)
    return known


def _shape(section: Any) -> Shape:
    members = fields(resolve_types(section))
    needed = (_key(member.name) for member in members if NEEDED in _marks(member.type))
    ways = [(member.name, _way(member.type), member.default) for member in members]
    return Shape(
        keys=tuple(_key(member.name) for member in members),
        needed=tuple(needed),
        references=tuple(
            (name, way, none) for name, way, none in ways if isinstance(way, Reference)
        ),
    )


def carried(model: type[T], section: object, **more: object) -> T:
    """Make a thing of the model from the members of a section that it has too and that are given.

    Args:
        model: Its class; what is not given has its default there.
        section: What was read.
        more: Members that stand otherwise in the file.
    """
    shared = (name for name in shape_of(model).keys if name not in more and hasattr(section, name))
    given = {name: value for name in shared if (value := getattr(section, name)) is not None}
    return model(**given, **more)


def hooks_of(section: type, **ways: Parser[object]) -> None:
    """Say how the members of a class of the model are read, which cannot say it itself."""
    hooks: dict[str, Any] = {n: override(struct_hook=_hook(way)) for n, way in ways.items()}
    _CONVERTER.register_structure_hook(
        section, make_dict_structure_fn(section, _CONVERTER, **hooks)
    )


def _key(member: str) -> str:
    """The key that a member stands for."""
    return member.removesuffix("_")


def _is_respelt(section: Any) -> bool:
    return has(section) and any(_key(member.name) != member.name for member in fields(section))


def _respelt(section: Any) -> Callable[[Any, Any], Any]:
    """Read a section some of whose members are called otherwise than their keys."""
    names = (member.name for member in fields(resolve_types(section)))
    renamed: dict[str, Any] = {
        name: override(rename=_key(name)) for name in names if _key(name) != name
    }
    return make_dict_structure_fn(section, _CONVERTER, **renamed)


def _way(annotation: object) -> object:
    """How a member is read, from its annotation."""
    return next(filter(callable, _marks(annotation)), None)


def _marks(annotation: Any) -> tuple[object, ...]:
    return annotation.__metadata__ if get_origin(annotation) is Annotated else ()


def _hook(way: Callable[[object], object]) -> Callable[[object, object], object]:
    return lambda value, _type: way(value)


def _annotated_hook(annotation: Any) -> Callable[[object, object], object]:
    way = _way(annotation)
    assert callable(way)
    return _hook(way)


def _no_way(value: object, kind: object) -> object:
    raise TypeError(f"a member of a section does not say how its {kind} is read")


_SHAPES: Final[dict[type, Shape]] = {}
_CONVERTER: Final = Converter(forbid_extra_keys=True, detailed_validation=True)
_CONVERTER.register_structure_hook_factory(
    lambda annotation: _way(annotation) is not None, _annotated_hook
)
_CONVERTER.register_structure_hook_factory(_is_respelt, _respelt)
for _plain in (str, int, float, bool):  # cattrs would make one of nearly everything
    _CONVERTER.register_structure_hook(_plain, _no_way)
