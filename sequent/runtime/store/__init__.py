"""Stores of runs: SQLite, in a file that stays or in one that is removed with its process."""

from __future__ import annotations

import os

from sequent.errors import UsageError
from sequent.runtime.ports import Store
from sequent.runtime.store.sqlite.location import MEMORY, locate


def open_store(name: str | None, *, makes: bool = True) -> Store:
    """Open a store.

    Args:
        name: a path, ``sqlite:///PATH`` or ``:memory:``; None for the store that ``SEQUENT_STORE`` names, or else the
            user's own, ``sequent/store.db`` in the directory for state.
        makes: whether to make the store if its file does not exist; if not, the store has no runs.

    Raises:
        UsageError: the name is that of a database that is not supported.
        StoreError: the file cannot be used: it is foreign, empty, newer, damaged, or in a place that is not safe. It
            was left as it is.
    """
    location = locate(name)
    if location is not None and (makes or os.path.lexists(location.path)):
        from sequent.runtime.store.sqlite.store import SqliteStore

        return SqliteStore(location)
    from sequent.runtime.store.sqlite.temporary import MemoryStore

    return MemoryStore(name=MEMORY if location is None else location.path)


def own_store() -> str:
    """Return the file of the user's own store, the default."""
    location = locate(None)
    return MEMORY if location is None else location.path


def check_outlasting(name: str | None) -> None:
    """Check that a store outlives its process, so that another process can read or recover its runs.

    Raises:
        UsageError: it is the store in memory.
    """
    if locate(name) is None:
        raise UsageError(
            f"a store in {MEMORY!r} ends with its process, but this command needs a file",
            code="memory-store",
            hint="name the file of a store: --store FILE, or store='FILE'",
        )


def is_there(name: str) -> bool:
    """Return whether the store with that name has been made."""
    location = locate(name)
    return location is not None and os.path.lexists(location.path)


__all__ = ["check_outlasting", "is_there", "open_store", "own_store"]
