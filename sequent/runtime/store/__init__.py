"""Where runs are kept: SQLite in a file, or memory."""

from __future__ import annotations

from sequent.runtime.ports import Store
from sequent.runtime.store.location import MEMORY, locate


def open_store(name: str | None) -> Store:
    """Open a store, which is made if its file is not there.

    Args:
        name: a path, ``sqlite:///PATH`` or ``:memory:``; None for what ``SEQUENT_STORE`` names, else the
            user's own, ``sequent/store.db`` in the directory for state.

    Raises:
        UsageError: the name is that of a database that is not supported.
        StoreError: the file cannot be used: it is foreign, empty, newer, damaged, or in a place that is not
            safe. It was left as it is.
    """
    location = locate(name)
    if location is None:
        from sequent.runtime.store.memory import MemoryStore

        return MemoryStore()
    from sequent.runtime.store.runs import SqliteStore

    return SqliteStore(location)


__all__ = ["MEMORY", "open_store"]
