"""Planted bugs of attachments: what may be named, what is stored, what is given out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from broker.core.blob_state import Blob, Digest
from broker.core.facts import BlobPieceStored
from broker.core.inputs import Scanned
from broker.shell.engine import Engine
from broker.store import blob_rows, rows
from broker.store.blob_recovery import read_pieces
from tests.simulation.plants import Plant


class _Whatever(str):
    """A digest that is always the right one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def _digests_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Digest, "after", lambda _self, _data: _Whatever())


def _incomplete_ones_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blob, "is_complete", property(lambda _self: True))


def _second_pieces_are_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def piece(f: BlobPieceStored) -> Any:
        return blob_rows._piece(f) if f.offset == 0 else iter(())

    monkeypatch.setitem(rows.RECORDS, BlobPieceStored, piece)


def _infected_ones_are_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blob, "is_given_out", property(lambda self: self.scan is not None))


def _pieces_are_read_from_their_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(connection: Any, keys: Iterable[Any]) -> Any:
        found = {}
        for key in keys:
            kind, no, _offset, length = key
            found[key] = read_pieces(connection, [(kind, no, 0, length)])[kind, no, 0, length]
        return found

    monkeypatch.setattr("broker.store.store.read_pieces", read)


def _verdicts_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Engine.submit

    def submit(self: Engine, input: Any) -> None:
        if isinstance(input, Scanned):
            blob = self.state.blobs.by_id.get(input.blob)
            if blob is not None:
                blob.scan = input.verdict
            return
        original(self, input)

    monkeypatch.setattr(Engine, "submit", submit)


PLANTS = (
    Plant("a digest is not looked at", "I-19", _digests_are_not_looked_at, 60),
    Plant("what is incomplete is named", "I-19", _incomplete_ones_are_named, 60),
    Plant("a later piece is not stored", "I-19", _second_pieces_are_not_stored, 60),
    Plant("what is infected is given out", "I-19", _infected_ones_are_given_out, 60),
    Plant("a piece is read from the beginning", "I-19", _pieces_are_read_from_their_beginning, 60),
    Plant("a verdict is in no row", "I-10", _verdicts_are_lost, 60),
)
