"""The one strict converter of cattrs that reads tables of TOML into the attrs classes of a channel.

A member of a class is a key. Nothing is coerced, a key that is no member is a fault, and all faults of
a file are found at once, each with its path:

    @frozen(kw_only=True)
    class Mailbox:
        host: str
        port: Annotated[int, between(1, 65_535)] = 993
        password: Secret
        folders: tuple[str, ...] = ("INBOX",)
        mode: Literal["idle", "poll"] = "idle"

What a member may be: `str`, `int`, `float` (a whole number will do), `bool`, `Path`, `Literal`, a `StrEnum`,
a class like this one, `tuple[T, ...]`, `dict[str, T]`, `T | None`, and `Secret`. `Annotated` adds checks:
functions that take the value and give it back, or raise `ValueError`.

A `Secret` that is called `password` stands in the file as `password`, as `password_env` (the name of a
variable of the environment) or as `password_file` (a file whose first line it is); one of the three.
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import GenericAlias, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from attrs import NOTHING, field, fields, frozen, has, resolve_types
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from protocol.toml_values import exactly, kind_of

T = TypeVar("T")
Check = Callable[[Any], Any]


@frozen
class Secret:
    """Something that is told to nobody but the far side."""

    value: str = field(repr=False)


@frozen
class Fault:
    """Something that is wrong in a file.

    Attributes:
        path: Where it stands, as `smtp.port`.
        text: What is wrong.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class FaultsError(Exception):
    """What a file says cannot be taken.

    Attributes:
        faults: All that is wrong with it.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def between(least: float, most: float) -> Check:
    """A check of a number."""

    def check(value: float) -> float:
        if not least <= value <= most:
            raise ValueError(f"must be from {_number(least)} to {_number(most)}")
        return value

    return check


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def not_empty(value: T) -> T:
    """A check of a text, a list or a table."""
    if not (value.strip() if isinstance(value, str) else value):
        raise ValueError("must not be empty")
    return value


def document(path: Path) -> dict[str, Any]:
    """Read a file of TOML.

    Raises:
        FaultsError: It cannot be read, or is none.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise FaultsError((Fault("", f"cannot be read: {error.strerror}"),)) from error
    except UnicodeDecodeError as error:
        raise FaultsError((Fault("", "is not UTF-8"),)) from error
    except tomllib.TOMLDecodeError as error:
        raise FaultsError((Fault("", f"is not valid TOML: {error}"),)) from error


def section_of(path: Path, name: str) -> object:
    """Read a file of TOML, and give one section of it.

    Raises:
        FaultsError: It cannot be read, is none, or has no such section.
    """
    content = document(path)
    if name not in content:
        raise FaultsError((Fault(name, f"is missing: there is no [{name}] in it"),))
    return content[name]


def judged(read: Callable[[], object]) -> list[tuple[str, str]]:
    """Look at a table for who reads the rest of the file.

    Args:
        read: Reads it.

    Returns:
        What is wrong, each with its path, as `web.sites.shop.gateway`.
    """
    try:
        read()
    except FaultsError as error:
        return [(fault.path, fault.text) for fault in error.faults]
    return []


def structured(
    content: Mapping[str, object],
    section: type[T],
    *,
    path: str = "",
    environ: Mapping[str, str] = os.environ,
    beside: Path = Path(),
) -> T:
    """Read a table into a class.

    Args:
        content: The table.
        section: The class.
        path: Where the table stands, for the faults.
        environ: Where secrets are found that the file does not have.
        beside: The folder in which relative paths begin.

    Raises:
        FaultsError: Something is wrong with it.
    """
    try:
        return _converter(environ, beside).structure(content, section)
    except BaseValidationError as error:
        raise FaultsError(tuple(_faults(error, path))) from None
    except ValueError as error:
        raise FaultsError((Fault(path, str(error)),)) from None


def _faults(error: BaseException, path: str) -> Iterator[Fault]:
    if not isinstance(error, BaseValidationError):
        if not isinstance(error, ValueError):
            raise error  # no fault of the file
        yield from (Fault(path, str(line)) for line in (error.args[:1] or ("is not taken",)))
        return
    for inner in error.exceptions:
        yield from _faults(inner, inside(path, inner))


def inside(path: str, error: BaseException, shown: Callable[[str], str] = str) -> str:
    """Where in a table or a list something went wrong, from the notes of the converter.

    Args:
        path: Where the table or list is.
        error: What was raised inside it.
        shown: What a member is called in the text that is read.
    """
    for note in getattr(error, "__notes__", ()):
        match note:
            case AttributeValidationNote(name=name):
                return _joined(path, shown(name))
            case IterableValidationNote(index=int() as index):
                return f"{path}[{index}]"
            case IterableValidationNote(index=key):
                return _joined(path, str(key))
            case _:
                pass
    return _joined(path, error.key) if isinstance(error, _KeyFaultError) else path


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else name or path


class _KeyFaultError(ValueError):
    """A fault of a key that is no member, or of one that is not there."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


class _KeysError(BaseValidationError):
    """Several of these."""


# --- the converter


def _secret(value: object, _: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(exactly(value, str))


def _text(value: object, kind: Any) -> Any:
    """A text, or one of the words of a `StrEnum`, for which the converter asks here too."""
    return exactly(value, str) if kind is str else _one_of(value, list(kind), kind)


_PLAIN: Final[dict[Any, Callable[[Any, Any], Any]]] = {
    str: _text,
    int: lambda value, _: exactly(value, int),
    bool: lambda value, _: exactly(value, bool),
    float: lambda value, _: float(exactly(value, float, int)),
    Secret: _secret,
}


def _converter(environ: Mapping[str, str], beside: Path) -> Converter:
    converter = Converter(forbid_extra_keys=False, detailed_validation=True)
    converter.register_structure_hook_func(
        lambda kind: _origin(kind) is Literal,
        lambda value, kind: _one_of(value, list(get_args(kind)), str),
    )
    converter.register_structure_hook_factory(
        lambda kind: _origin(kind) is Annotated, lambda kind: _checked(kind, converter)
    )
    converter.register_structure_hook_factory(_is_optional, lambda kind: _optional(kind, converter))
    converter.register_structure_hook_factory(
        lambda kind: _origin(kind) is tuple, lambda kind: _listed(kind, converter)
    )
    converter.register_structure_hook_factory(
        lambda kind: _origin(kind) is dict, lambda kind: _named(kind, converter)
    )
    converter.register_structure_hook_factory(
        has, lambda kind: _table(kind, converter, environ, beside)
    )
    converter.register_structure_hook(Path, lambda value, _: beside / exactly(value, str))
    for kind, read in _PLAIN.items():
        converter.register_structure_hook(kind, read)
    return converter


def _one_of(value: object, words: list[str], make: Callable[[str], Any]) -> Any:
    if exactly(value, str) not in words:
        raise ValueError(f"must be one of {', '.join(words)}, not {value}")
    return make(str(value))


def _checked(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    base, *checks = get_args(kind)

    def structure(value: Any, _: Any) -> Any:
        found = converter.structure(value, base)
        for check in filter(callable, checks):
            found = check(found)
        return found

    return structure


def _origin(kind: Any) -> Any:
    return get_origin(kind)


def _is_optional(kind: Any) -> bool:
    return _origin(kind) in (Union, UnionType) and type(None) in get_args(kind)


def _optional(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    (base,) = (one for one in get_args(kind) if one is not type(None))
    return lambda value, _: converter.structure(value, base)


def _listed(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner: Any = GenericAlias(list, get_args(kind)[:1])

    def structure(value: Any, _: Any) -> Any:
        return tuple(converter.structure(exactly(value, list), inner))

    return structure


def _named(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    item = get_args(kind)[1]

    def structure(value: Any, _: Any) -> Any:
        found, faults = {}, []
        for key, raw in exactly(value, dict).items():
            try:
                found[key] = converter.structure(raw, item)
            except (BaseValidationError, ValueError) as error:
                error.add_note(IterableValidationNote(f"at {key}", key, item))
                faults.append(error)
        if faults:
            raise _KeysError("faults", faults, dict)
        return found

    return structure


def _table(
    kind: Any, converter: Converter, environ: Mapping[str, str], beside: Path
) -> Callable[[Any, Any], Any]:
    members = fields(resolve_types(kind))
    secrets = [one.name for one in members if _is_secret(one.type)]
    known = [one.name for one in members]
    known += [f"{name}_{where}" for name in secrets for where in ("env", "file")]
    needed = [one.name for one in members if one.default is NOTHING]
    make = make_dict_structure_fn(kind, converter, _cattrs_detailed_validation=True)

    def structure(value: Any, _: Any) -> Any:
        content = dict(exactly(value, dict))
        faults: list[Exception] = [
            _KeyFaultError(key, f"unknown key{_meant(key, known)}")
            for key in content
            if key not in known
        ]
        for key in [key for key in content if key not in known]:
            del content[key]
        for name in secrets:
            try:
                _find_secret(content, name, environ, beside)
            except ValueError as error:
                faults.append(error)
                content[name] = Secret("")  # so that it is not missed, too
        missing = [name for name in needed if name not in content]
        faults += [_KeyFaultError(name, "is missing") for name in missing]
        try:
            if not missing:
                found = make(content, kind)
        except BaseValidationError as error:
            faults += error.exceptions
        if missing:
            faults += _faults_of_others(content, members, converter)
        if faults:
            raise _KeysError("faults", faults, kind)
        return found

    return structure


def _faults_of_others(
    content: Mapping[str, Any], members: Any, converter: Converter
) -> Iterator[Exception]:
    """What else is wrong in a table that cannot be made since a key is missing."""
    for member in members:
        if member.name in content:
            try:
                converter.structure(content[member.name], member.type)
            except (BaseValidationError, ValueError) as error:
                error.add_note(AttributeValidationNote(member.name, member.name, member.type))
                yield error


def _is_secret(kind: Any) -> bool:
    return kind is Secret or Secret in get_args(kind)


def _find_secret(
    content: dict[str, Any], name: str, environ: Mapping[str, str], beside: Path
) -> None:
    """Put a secret where the class wants it, from wherever the file says that it is."""
    keys = [key for key in (name, f"{name}_env", f"{name}_file") if key in content]
    if len(keys) > 1:
        raise _KeyFaultError(keys[1], f"and {keys[0]} are both there; give one of them")
    if not keys or keys[0] == name:
        return
    key = keys[0]
    where = content.pop(key)
    if type(where) is not str:
        raise _KeyFaultError(key, f"must be a text, not {kind_of(where)}")
    try:
        found = environ[where] if key.endswith("_env") else (beside / where).read_text("utf-8")
    except KeyError:
        raise _KeyFaultError(key, f"the environment has no variable {where}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _KeyFaultError(key, f"the file cannot be read: {error}") from None
    content[name] = Secret(found.removeprefix("\ufeff").partition("\n")[0].rstrip("\r"))


def _meant(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
