"""Copies a whole store while its runs go on."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import StoreError
from sequent.runtime.artifact_files import DIRECTORY
from sequent.runtime.durable_files import flush_directory
from sequent.runtime.pickle_keys import key_file
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sqlite.access import check_new_name
from sequent.runtime.store.sqlite.location import Location, prepare_directory, refused, runs_directory
from sequent.runtime.store.sqlite.unfinished import Unfinished, remove_unfinished


@frozen(kw_only=True, eq=False, repr=False)
class Copy(ByFields):
    """A copy of a store."""

    path: str
    runs: int
    size: int
    """The bytes of its file, and of the large values and artifacts beside it."""


def back_up(session: Session, source: str, path: str, runs: int) -> Copy:
    """Write a copy of a store with ``runs`` runs, as of one moment: its file, their large values and artifacts.

    Logs and scratch directories are not copied. The name appears once all of it is on the disk.

    Raises:
        StoreError: the name exists, there is no room, or the store is damaged; nothing is left of the copy.
    """
    prepare_directory(Location(path, is_default=False))
    check_new_name(path)
    directory = runs_directory(path)
    for name in (path, directory):
        if os.path.lexists(name):
            raise StoreError(
                f"'{name}' exists already, and is not overwritten", code="exists", hint="name another file"
            )
    remove_unfinished(path)
    new: Unfinished | None = None
    try:
        new = Unfinished(path)
        session.ask("VACUUM INTO ?", new.name)
        _flush(new.name)
        # Values are on the disk before rows point to them, so all values of the copy exist by now.
        size = os.stat(new.name).st_size + sum(_copy_values(source, directory))
        os.link(new.name, path)
        flush_directory(os.path.dirname(path))
    except BaseException as error:
        shutil.rmtree(directory, ignore_errors=True)
        if isinstance(error, OSError):
            raise refused(path, error) from error
        raise
    finally:
        if new is not None:
            new.close()
    return Copy(path=path, runs=runs, size=size)


def _copy_values(store: str, directory: str) -> Iterator[int]:
    """Copy the large values and the artifacts of all runs, and the key of pickled results; yield the bytes of each."""
    source = runs_directory(store)
    if os.path.lexists(key := key_file(source)):
        os.mkdir(directory, 0o700)
        yield _copy(key, key_file(directory))
    for number in sorted(os.listdir(source)) if os.path.isdir(source) else ():
        for kind in ("values", DIRECTORY):
            values = os.path.join(source, number, kind)
            names = os.listdir(values) if number.isdecimal() and os.path.isdir(values) else []
            whole = [name for name in names if len(name) == 64]
            if not whole:
                continue
            target = os.path.join(directory, number, kind)
            for made in (directory, os.path.join(directory, number), target):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(made, 0o700)
            for name in whole:
                yield _copy(os.path.join(values, name), os.path.join(target, name))
            flush_directory(target)


def _copy(path: str, target: str) -> int:
    """Copy a file to the disk, for this user alone; return its size."""
    shutil.copyfile(path, target, follow_symlinks=False)
    os.chmod(target, 0o600)
    _flush(target)
    return os.stat(target).st_size


def _flush(path: str) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
