"""Frames and structures of every kind, made from the member table."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from attrs import AttrsInstance
from hypothesis import strategies as st

from protocol.catalogue import CATALOGUE
from protocol.frame import Frame
from protocol.frame_spec import FrameSpec
from protocol.schema import Blank, Kind, Member, members
from protocol.values import is_blank

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=30)
named = texts.filter(lambda text: not is_blank(text))
guids = st.uuids().map(str).filter(lambda text: text.strip("0-") != "")
times = st.datetimes(datetime(2, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
decimals = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(1 - 10**20, 10**20 - 1),
    st.integers(0, 10),
)
ids = (
    st.none()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.text(characters, max_size=64).filter(lambda text: not is_blank(text))
)


def _values(member: Member) -> st.SearchStrategy[Any]:
    plain: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.TEXT: texts if member.blank is Blank.TEXT else named,
        Kind.GUID: guids,
        Kind.TIME: times,
        Kind.INT: st.integers(*member.span),
        Kind.BOOL: st.booleans(),
        Kind.DECIMAL: decimals,
        Kind.TEXTS: st.lists(named, max_size=3).map(tuple),
        Kind.BYTES: st.binary(max_size=64),
    }
    if member.enum is not None:
        return st.sampled_from(list(member.enum))
    if member.structure is not None:
        inner = structure(member.structure)
        is_one = member.kind is Kind.STRUCTURE
        return inner if is_one else st.lists(inner, max_size=2).map(tuple)
    return plain[member.kind]


@cache
def structure(kind: type[AttrsInstance], required: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Any structure of a kind; the required members are not null."""
    filled = {}
    for member in members(kind):
        values = _values(member)
        if member.default is None and member.wire not in required:
            values = st.none() | values
        filled[member.name] = values
    return st.builds(kind, **filled)


def payload(spec: FrameSpec) -> st.SearchStrategy[Any]:
    """Any payload of a type of frame."""
    if spec.payload is str:
        return named
    one = structure(spec.payload, spec.required)
    if spec.null_reads:
        names = [name for name, _ in spec.null_reads]
        one = one.filter(lambda found: all(getattr(found, n) is not None for n in names))
    return st.lists(one, max_size=3).map(tuple) if spec.is_array else one


headers = st.none() | st.fixed_dictionaries({}, optional={"Id": ids, "Re": ids})


def frame(spec: FrameSpec) -> st.SearchStrategy[Frame]:
    """Any frame of a type."""
    return st.builds(Frame, st.just(spec.type), payload(spec), headers.map(lambda h: h or None))


frames = st.sampled_from(list(CATALOGUE.values())).flatmap(frame)
