"""Takes from a directory what a power cut would have taken: changes that were not flushed.

The shim writes down each change of a file or a name below the directory that it watches, and each flush. A change of a
file's contents is on the disk once that file was flushed, and a name once its directory was. A new name is on the disk
as well once the file was flushed that it names, or one below it: ext4, XFS and Btrfs do that. Of all other changes the
disk may have any: by a draw.
"""

from __future__ import annotations

import contextlib
import enum
import os
import random
import shutil
import struct
from pathlib import Path
from typing import NamedTuple

_CHANGE = struct.Struct("=6iQqq")
_TORN = 512
"""Bytes that a disk writes as a whole."""


class ChangeKind(enum.IntEnum):
    """As the shim numbers them."""

    WRITE = 0
    RESIZE = 1
    CREATE = 2
    REMOVE = 3
    RENAME = 4
    MAKE_DIRECTORY = 5
    REMOVE_DIRECTORY = 6
    FLUSH = 7


class Change(NamedTuple):
    """One that was about to be made."""

    kind: ChangeKind
    path: str
    other: str
    kept: str
    """Where the file is kept that lost its name."""
    before: bytes
    after: bytes
    inode: int
    offset: int
    size: int

    @property
    def directories(self) -> set[str]:
        """Those in which a name changes."""
        return {os.path.dirname(path) for path in (self.path, self.other) if path}


def changes_in(journal: Path) -> list[Change]:
    """All that were written down, the last one only if it is whole."""
    content = journal.read_bytes() if journal.exists() else b""
    found: list[Change] = []
    place = 0
    while place + _CHANGE.size <= len(content):
        kind, *lengths, inode, offset, size = _CHANGE.unpack_from(content, place)
        place += _CHANGE.size
        parts: list[bytes] = []
        for length in lengths:
            parts.append(content[place : place + length])
            place += length
        if place > len(content):
            break
        path, other, kept = map(os.fsdecode, parts[:3])
        found.append(Change(ChangeKind(kind), path, other, kept, parts[3], parts[4], inode, offset, size))
    return found


def cut(journal: Path, watched: Path, chance: random.Random | None = None) -> tuple[int, int]:
    """Undo what was not flushed, all of it or what is drawn; give how many changes were at stake and were lost."""
    at_stake = unflushed(changes_in(journal))
    places = inodes_below(watched)
    undone: list[Change] = []
    for change in reversed(at_stake):
        if change.kind in (ChangeKind.WRITE, ChangeKind.RESIZE):
            undo_content(change, places)
            undone.append(change)
        elif chance is None or chance.random() < 0.5:
            undo_name(change, places)
            undone.append(change)
    kept = 0
    for change in reversed(undone) if chance is not None else ():
        # Of each file's contents the disk has some, and perhaps a part of one.
        if change.kind is ChangeKind.WRITE and chance.random() < 0.5:
            is_whole = chance.random() < 0.7
            written = len(change.after) if is_whole else chance.randrange(len(change.after) // _TORN + 1) * _TORN
            do_content(change, change.after[:written], places)
            kept += 1
    return len(at_stake), len(undone) - kept


def unflushed(changes: list[Change]) -> list[Change]:
    """The changes that need not be on the disk."""
    found: list[Change] = []
    inodes: set[int] = set()
    paths: set[str] = set()
    there: set[str] = set()
    for change in reversed(changes):
        match change.kind:
            case ChangeKind.FLUSH:
                inodes.add(change.inode)
                paths.add(change.path)
                there.update((change.path, *map(str, Path(change.path).parents)))
                is_flushed = True
            case ChangeKind.WRITE | ChangeKind.RESIZE:
                is_flushed = change.inode in inodes
            case ChangeKind.CREATE | ChangeKind.MAKE_DIRECTORY if change.path in there:
                is_flushed = True
            case _:
                is_flushed = change.directories <= paths
        found += [] if is_flushed else [change]
    return found[::-1]


def inodes_below(directory: Path) -> dict[int, str]:
    """Where each file is now."""
    return {
        os.lstat(path).st_ino: path
        for place, _, names in os.walk(directory)
        for path in (os.path.join(place, name) for name in names)
    }


def undo_content(change: Change, places: dict[int, str]) -> None:
    """Give a file back the bytes and the size that it had."""
    path = places.get(change.inode) or change.path
    with contextlib.suppress(FileNotFoundError), open(path, "r+b") as file:
        if os.fstat(file.fileno()).st_ino != change.inode:
            return
        if change.before:
            os.pwrite(file.fileno(), change.before, change.offset)
        file.truncate(change.size)


def do_content(change: Change, written: bytes, places: dict[int, str]) -> None:
    """Have these bytes be on the disk after all."""
    path = places.get(change.inode) or change.path
    with contextlib.suppress(FileNotFoundError), open(path, "r+b") as file:
        if os.fstat(file.fileno()).st_ino == change.inode:
            os.pwrite(file.fileno(), written, change.offset)


def undo_name(change: Change, places: dict[int, str]) -> None:
    """Have a name be what it was; where it has become something else on the disk since, that stays."""
    with contextlib.suppress(FileNotFoundError, FileExistsError, NotADirectoryError):
        match change.kind:
            case ChangeKind.CREATE:
                os.unlink(change.path)
            case ChangeKind.MAKE_DIRECTORY:
                shutil.rmtree(change.path)
            case ChangeKind.REMOVE_DIRECTORY:
                os.mkdir(change.path, 0o700)
            case ChangeKind.REMOVE if change.kept:
                os.rename(change.kept, change.path)
            case ChangeKind.RENAME:
                os.rename(change.other, change.path)
                if change.kept:
                    os.rename(change.kept, change.other)
            case _:
                return
        places.update(
            {os.lstat(path).st_ino: path for path in (change.path, change.other) if path and os.path.lexists(path)}
        )
