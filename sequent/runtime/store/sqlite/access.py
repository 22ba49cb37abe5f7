"""Checks the files of a store, which SQLite trusts: whose they are, and that no foreign one lies beside them."""

from __future__ import annotations

import os
import stat

from sequent.errors import StoreError
from sequent.runtime.store.directories import user_name

WAL, SHARED_MEMORY, JOURNAL = "-wal", "-shm", "-journal"
BESIDE = (WAL, SHARED_MEMORY, JOURNAL)
"""The endings of the files that SQLite keeps beside a database, and reads together with it."""


def check_file(path: str) -> None:
    """Check that a store's file is a plain file of this user, and that no foreign file lies beside it.

    SQLite trusts the files there. A store in WAL mode never has a journal, so an existing one was put there.

    Raises:
        StoreError: it is another kind of file, or another user's.
        OSError: it cannot be examined.
    """
    info = os.stat(path)
    if stat.S_ISDIR(info.st_mode):
        raise StoreError(f"the store '{path}' is a directory", code="store-directory", hint="name a file in it")
    if not stat.S_ISREG(info.st_mode):
        raise StoreError(
            f"the store '{path}' is not a plain file", code="foreign-store", hint="name a file for it: --store FILE"
        )
    _check_owner(path, info.st_uid)
    if os.path.lexists(path + JOURNAL):
        owner = user_name(os.lstat(path + JOURNAL).st_uid)
        raise StoreError(
            f"'{path}{JOURNAL}' lies beside the store, which never has a journal: {owner} put it there, "
            "and SQLite would apply it to the store",
            code="foreign-store",
            hint=f"remove it, unless you put it there: rm '{path}{JOURNAL}'",
        )
    for name in (path + WAL, path + SHARED_MEMORY):
        _check_beside(name)


def _check_beside(name: str) -> None:
    try:
        info = os.lstat(name)
    except FileNotFoundError:
        return
    _check_owner(name, info.st_uid)
    if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
        kind = "is not a plain file" if not stat.S_ISREG(info.st_mode) else "has a second name"
        raise StoreError(
            f"'{name}', which is part of the store, {kind}",
            code="foreign-store",
            hint="restore the store from a copy, or name another: --store FILE",
        )


def _check_owner(name: str, owner: int) -> None:
    if owner != os.geteuid():
        raise StoreError(
            f"'{name}' belongs to another user ({user_name(owner)})",
            code="foreign-store",
            hint="run as that user, or name a store of your own: --store FILE",
        )


def check_new_name(path: str) -> None:
    """Check that no file lies beside the name of a new store: SQLite would take it for a part of the store.

    Raises:
        StoreError: there is one, and no store to which it belongs.
    """
    left = [path + end for end in BESIDE if os.path.lexists(path + end)]
    # Another process may have made the store in the meantime: then the file is that store's.
    if left and not os.path.lexists(path):
        names = [f"'{name}'" for name in left]
        raise StoreError(
            f"the store '{path}' cannot be made: {' and '.join(names)} "
            f"{'is' if len(left) == 1 else 'are'} left of an earlier store of that name",
            code="left-of-store",
            hint=f"put that store back if you still need its runs, else remove the rest: rm {' '.join(names)}",
        )


def has_wal(path: str) -> bool:
    """Return whether a part of a store is not in its file yet."""
    try:
        return os.lstat(path + WAL).st_size > 0
    except OSError:
        return False
