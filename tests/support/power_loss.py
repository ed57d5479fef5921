"""A disk that forgets what was not synced, as a file system for SQLite.

Theory of operation: every file has two contents, what the system shows (each write lands there
at once) and what is on the disk (nothing before a sync), and the list of writes between them. A
cut makes a new disk as it would be found after a loss of power at that moment: of the writes
since the last sync none, all, the first ones, or any sectors of any of them have arrived. The
name of a new file, and the end of a deleted one, are as uncertain until they are synced.

The disk counts its operations and tells `watch` before each of them, so that a test can cut at
every point that there is, without stopping the program that is at work.
"""

# ruff: noqa: N802 - these are the names that SQLite calls

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from itertools import pairwise
from random import Random

import apsw
from attrs import Factory, define

SECTOR = 512


class Cut(StrEnum):
    """What has arrived of the writes since the last sync."""

    LOST = "lost"
    KEPT = "kept"
    PREFIX = "prefix"
    SCATTERED = "scattered"


Write = tuple[int, bytes | None]
"""Bytes at an offset; or, without bytes, the size to which the file is cut off."""


def _applied(content: bytearray, write: Write) -> None:
    offset, data = write
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _torn(write: Write, chance: Random) -> list[Write]:
    """Some sectors of a write, in any order."""
    offset, data = write
    if data is None:
        return [write] if chance.random() < 0.5 else []
    edges = [0, *range(SECTOR - offset % SECTOR, len(data), SECTOR), len(data)]
    pieces: list[Write] = [(offset + a, data[a:b]) for a, b in pairwise(edges) if a < b]
    return [piece for piece in pieces if chance.random() < 0.5]


@define
class Node:
    """A file."""

    shown: bytearray = Factory(bytearray)
    synced: bytearray = Factory(bytearray)
    writes: list[Write] = Factory(list)
    named: bool = False
    """Whether its name is on the disk."""

    def write(self, write: Write) -> None:
        """The program writes."""
        _applied(self.shown, write)
        self.writes.append(write)

    def sync(self) -> None:
        """What was written is on the disk, and so is the name."""
        for write in self.writes:
            _applied(self.synced, write)
        self.writes, self.named = [], True

    def forget(self) -> None:
        """A sync failed: the system still shows what was written and never writes it again."""
        self.writes = []

    def copy(self) -> Node:
        """The same file on another disk."""
        shown, synced = bytearray(self.shown), bytearray(self.synced)
        return Node(shown, synced, list(self.writes), self.named)

    def after(self, cut: Cut, chance: Random) -> Node | None:
        """The file as it is found after a cut; None when its name is not there."""
        if not self.named and (cut is Cut.LOST or (cut is not Cut.KEPT and chance.random() < 0.5)):
            return None
        content = bytearray(self.synced)
        for write in self._arrived(cut, chance):
            _applied(content, write)
        return Node(content, bytearray(content), [], named=True)

    def _arrived(self, cut: Cut, chance: Random) -> list[Write]:
        match cut:
            case Cut.LOST:
                return []
            case Cut.KEPT:
                return self.writes
            case Cut.PREFIX:
                count = chance.randrange(len(self.writes) + 1)
                last = self.writes[count : count + 1]
                return self.writes[:count] + [p for write in last for p in _torn(write, chance)]
            case Cut.SCATTERED:
                return [piece for write in self.writes for piece in _torn(write, chance)]


@define(eq=False)
class Disk:
    """The files of one computer.

    Attributes:
        files: By name.
        deleted: Files whose deletion is not on the disk.
        operations: How many operations there were.
        watch: Called before each operation with its name; it may raise an error of the disk.
    """

    files: dict[str, Node] = Factory(dict)
    deleted: dict[str, Node] = Factory(dict)
    operations: int = 0
    watch: Callable[[str], None] = lambda _name: None

    def before(self, operation: str) -> None:
        """An operation is about to happen."""
        self.watch(operation)
        self.operations += 1

    def cut(self, cut: Cut, chance: Random) -> Disk:
        """The disk that is found after a loss of power now."""
        left = Disk()
        undone = {} if cut is Cut.KEPT else self.deleted
        for name, node in (undone | self.files).items():
            if name not in self.files and cut is not Cut.LOST and chance.random() < 0.5:
                continue
            found = node.after(cut, chance)
            if found is not None:
                left.files[name] = found
        return left

    def copy(self) -> Disk:
        """The disk as a process finds it that starts after this one died."""
        return Disk({name: node.copy() for name, node in self.files.items()})


class _File:
    """An open file, as apsw asks for it."""

    def __init__(self, disk: Disk, node: Node) -> None:
        self.disk = disk
        self.node = node

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self.node.shown[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.before("write")
        self.node.write((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        self.disk.before("truncate")
        self.node.write((size, None))

    def xSync(self, _flags: int) -> None:
        try:
            self.disk.before("sync")
        except apsw.IOError:
            self.node.forget()
            raise
        self.node.sync()

    def xFileSize(self) -> int:
        return len(self.node.shown)

    def xLock(self, _level: int) -> None:
        return

    def xUnlock(self, _level: int) -> None:
        return

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:
        return


class FileSystem(apsw.VFS):
    """SQLite's view of a disk."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: object, _flags: list[int]) -> _File:  # type: ignore[override]  # apsw takes any object with such methods
        if name is None:
            return _File(self.disk, Node())
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        if path not in self.disk.files:
            self.disk.before("create")
            self.disk.files[path] = Node()
        return _File(self.disk, self.disk.files[path])

    def xDelete(self, name: str, sync: bool) -> None:
        self.disk.before("delete")
        node = self.disk.files.pop(name)
        if sync:
            self.disk.deleted.pop(name, None)
        elif node.named:
            self.disk.deleted[name] = node

    def xAccess(self, name: str, _flags: int) -> bool:
        return name in self.disk.files

    def xFullPathname(self, name: str) -> str:
        return name
