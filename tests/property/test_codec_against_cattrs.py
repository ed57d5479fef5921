"""Our readers and writers against cattrs, which knows nothing of them (W-5..W-8).

cattrs makes structures from the same attrs classes by its own code. What is valid, both must
read and write alike: so a fault in the generated code cannot hide behind its own twin.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import AttrsInstance, fields, has, resolve_types
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.catalogue import CATALOGUE
from protocol.codec import from_wire, to_wire
from protocol.frame_spec import FrameSpec
from protocol.structure import wire_name
from tests.property.strategies import payload

SPECS = [pytest.param(spec, id=spec.type) for spec in CATALOGUE.values() if spec.payload is not str]


def other_codec() -> Converter:
    """A cattrs converter for plain wire maps: PascalCase names, times and decimals as they are."""
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: value)
    converter.register_unstructure_hook(datetime, lambda value: value)
    converter.register_structure_hook(Decimal, lambda value, _: Decimal(value))
    converter.register_unstructure_hook(Decimal, lambda value: format(value, "f"))

    def names(kind: type[AttrsInstance]) -> dict[str, Any]:
        resolve_types(kind)
        return {f.name: override(rename=wire_name(f)) for f in fields(kind)}

    converter.register_structure_hook_factory(
        has, lambda kind: make_dict_structure_fn(kind, converter, **names(kind))
    )
    converter.register_unstructure_hook_factory(
        has, lambda kind: make_dict_unstructure_fn(kind, converter, **names(kind))
    )
    return converter


OTHER = other_codec()


def without_nulls(value: Any) -> Any:
    """Leave null members out, as is done on the wire; tuples as lists."""
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(part) for part in value]
    return value


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=20)
@given(data=st.data())
def test_both_read_and_write_alike(spec: FrameSpec, data: st.DataObject) -> None:
    """W-5..W-8: every structure of every frame."""
    ours = data.draw(payload(spec))
    written = without_nulls(OTHER.unstructure(ours))
    assert to_wire(ours) == written
    structure: Any = spec.payload
    if spec.is_array:
        read: object = tuple(OTHER.structure(item, structure) for item in written)
    else:
        read = OTHER.structure(written, structure)
    assert read == from_wire(spec.type, written) == ours
