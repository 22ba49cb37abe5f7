"""Stores of runs: a file of SQLite, one that is removed with its process, or a schema in PostgreSQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sequent.errors import StoreError, UsageError
from sequent.model.variables import STORE
from sequent.runtime.store.sqlite.location import MEMORY, locate

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.store.postgresql.address import ServerAddress
    from sequent.runtime.store.postgresql.store import PostgresqlStore

_POSTGRESQL = ("postgresql", "postgres")


def open_store(name: str | None, *, makes: bool = True) -> Store:
    """Open a store.

    Args:
        name: a path, ``sqlite:///PATH``, ``:memory:`` or ``postgresql://...``; None for the store that
            ``SEQUENT_STORE`` names, or else the user's own, ``sequent/store.db`` in the directory for state.
        makes: whether to make the store if it does not exist; if not, the store has no runs.

    Raises:
        UsageError: the name is that of a database that is not supported.
        StoreError: the store cannot be used: it is foreign, newer, damaged, in a place that is not safe, or on a server
            that refuses it. It was left as it is.
    """
    url = _server_of(name)
    if url is not None:
        opened = _open_postgresql(url, makes=makes)
        if opened.is_made:
            return opened
        opened.close()
        return _in_memory(opened.name)
    location = locate(name)
    if location is not None and (makes or _may_be_there(location.path)):
        from sequent.runtime.store.sqlite.store import SqliteStore

        return SqliteStore(location)
    return _in_memory(MEMORY if location is None else location.path)


def _in_memory(name: str) -> Store:
    from sequent.runtime.store.sqlite.temporary import MemoryStore

    return MemoryStore(name=name)


def _server_of(name: str | None) -> str | None:
    """Return the URL of a store on a server; None for any other store."""
    given = name or os.environ.get(STORE) or ""
    return given if "://" in given and given.partition("://")[0].partition("+")[0] in _POSTGRESQL else None


def upgrade_store(name: str | None) -> None:
    """Make a store, or bring the tables of an older version up to this one.

    Raises:
        UsageError, StoreError: as ``open_store``; or a run of it is under way.
    """
    url = _server_of(name)
    if url is None:
        open_store(name).close()
        return
    address = _address_of(url)
    from sequent.runtime.store.postgresql.store import PostgresqlStore

    PostgresqlStore.upgrade(address)


def _open_postgresql(url: str, *, makes: bool) -> PostgresqlStore:
    address = _address_of(url)
    from sequent.runtime.store.postgresql.store import PostgresqlStore

    return PostgresqlStore(address, makes=makes)


def _address_of(url: str) -> ServerAddress:
    from importlib.util import find_spec

    if find_spec("psycopg") is None:
        raise StoreError(
            "a store in PostgreSQL needs the package psycopg, which is not installed",
            code="no-driver",
            hint="pip install 'sequent[postgres]'",
        )
    from sequent.runtime.store.postgresql.address import read_address

    return read_address(url)


def own_store() -> str:
    """Return the file of the user's own store, the default."""
    location = locate(None)
    return MEMORY if location is None else location.path


def check_outlasting(name: str | None) -> None:
    """Check that a store outlives its process, so that another process can read or recover its runs.

    Raises:
        UsageError: it is the store in memory.
    """
    if _server_of(name) is None and locate(name) is None:
        raise UsageError(
            f"a store in {MEMORY!r} ends with its process, but this command needs a file",
            code="memory-store",
            hint="name the file of a store: --store FILE, or store='FILE'",
        )


def is_there(name: str) -> bool:
    """Return whether the store with that name has been made, as far as that is known before it is opened."""
    if _server_of(name) is not None:
        return True
    location = locate(name)
    return location is not None and _may_be_there(location.path)


def _may_be_there(path: str) -> bool:
    """Return whether there is such a file, also if that cannot be known: the attempt to open it tells why."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


__all__ = ["check_outlasting", "is_there", "open_store", "own_store", "upgrade_store"]
