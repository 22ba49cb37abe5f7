"""Copies a whole store, while runs go on, and checks one."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import StoreError
from sequent.model.status import RunStatus
from sequent.runtime.store.access import check_new_name
from sequent.runtime.store.location import Location, flush_directory, prepare_directory, refused, runs_directory
from sequent.runtime.store.sqlite.checking import check_pages, check_run
from sequent.runtime.store.sqlite.definitions import read_nodes
from sequent.runtime.store.sqlite.listing import Listing, naming_run
from sequent.runtime.store.sqlite.reader import Reader
from sequent.runtime.store.sqlite.seals import unsealed
from sequent.runtime.store.sqlite.unfinished import Unfinished, remove_unfinished
from sequent.runtime.store.sqlite.values import ValueFiles

_VALUES = (
    "SELECT result FROM attempt WHERE run = ?1 AND result IS NOT NULL UNION ALL "
    "SELECT item FROM attempt WHERE run = ?1 AND item IS NOT NULL UNION ALL "
    "SELECT item FROM frame WHERE run = ?1 AND item IS NOT NULL UNION ALL "
    "SELECT items FROM repeat WHERE run = ?1 AND items IS NOT NULL"
)
_TEXTS = (
    "SELECT problem FROM attempt WHERE run = ?1 AND problem IS NOT NULL UNION ALL "
    "SELECT log FROM attempt WHERE run = ?1 AND log IS NOT NULL UNION ALL "
    "SELECT problem FROM repeat WHERE run = ?1 AND problem IS NOT NULL"
)


@frozen(kw_only=True, eq=False, repr=False)
class Copy(ByFields):
    """A copy of a store that was made."""

    path: str
    runs: int
    size: int
    """Bytes of its file and of the large values beside it."""


def back_up(reader: Reader, listing: Listing, path: str) -> Copy:
    """Write a copy of a store, as it is at one moment: its file, and beside it the large values of its runs.

    Logs and scratch directories are not copied. The name appears once all of it is on the disk.

    Raises:
        StoreError: there is something of that name, no room, or the store is damaged; nothing is left of the copy.
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
        reader.rows("VACUUM INTO ?", new.name)
        _flush(new.name)
        # Values are on the disk before rows lead to them: those of the copy are all there by now.
        size = os.stat(new.name).st_size + sum(_copy_values(listing.path, directory))
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
    return Copy(path=path, runs=len(listing.records(None, None)), size=size)


def _copy_values(store: str, directory: str) -> Iterator[int]:
    """Copy the large values of all runs; the bytes of each."""
    source = runs_directory(store)
    for number in sorted(os.listdir(source)) if os.path.isdir(source) else ():
        values = os.path.join(source, number, "values")
        names = os.listdir(values) if number.isdecimal() and os.path.isdir(values) else []
        whole = [name for name in names if len(name) == 64]
        if not whole:
            continue
        target = os.path.join(directory, number, "values")
        for made in (directory, os.path.join(directory, number), target):
            with contextlib.suppress(FileExistsError):
                os.mkdir(made, 0o700)
        for name in whole:
            copied = shutil.copyfile(os.path.join(values, name), os.path.join(target, name), follow_symlinks=False)
            os.chmod(copied, 0o600)
            _flush(copied)
            yield os.stat(copied).st_size
        flush_directory(target)


def _flush(path: str) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


_STRAY = """SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1"""


def problems_of(reader: Reader, listing: Listing) -> Iterator[str]:
    """What is wrong with a store: each of its pages, rows, texts and large values is looked at."""
    try:
        check_pages(reader, listing.path)
        for table, count in reader.rows(_STRAY):
            yield f"of '{table}' there are rows ({count:,}) that belong to nothing that is there: a run was taken away"
    except StoreError as error:
        yield error.message
    for record in listing.records(None, None):
        if record.status is RunStatus.DAMAGED:
            yield record.reason
            continue
        try:
            with naming_run(record.id):
                _check(reader, listing, record.number)
        except StoreError as error:
            yield error.message


def _check(reader: Reader, listing: Listing, number: int) -> None:
    row = listing.with_number(number)
    has_seals = row.seal is not None
    nodes = read_nodes(reader, row.definition, is_digested=has_seals)
    check_run(reader, listing, row, nodes, whole=0)
    values = ValueFiles(listing.directory(number))
    for (text,) in reader.stream(_VALUES, number):
        values.read(unsealed(text, "a value", has_seal=has_seals))
    for (text,) in reader.stream(_TEXTS, number):
        unsealed(text, "a text", has_seal=has_seals)
