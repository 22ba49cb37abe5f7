"""Checks which other users could write to a store's directory, and to the files beside it."""

from __future__ import annotations

import os
import pwd
import stat

from sequent.errors import StoreError

WAL, SHARED_MEMORY, JOURNAL = "-wal", "-shm", "-journal"
BESIDE = (WAL, SHARED_MEMORY, JOURNAL)
"""The endings of the files that SQLite keeps beside a database, and reads together with it."""


def check_directory(path: str, what: str) -> None:
    """Check that only this user and root can put a file into a directory, or replace the directory.

    After this check, a check of the files in it is reliable: no other user can put one there in between. A sticky
    directory is no exception: SQLite reads files beside a store whichever user has put them there. Only a directory
    further up may be sticky, since in it no user can rename another user's files.

    Args:
        path: a real path, of an existing directory.
        what: the contents of the directory, for the message.

    Raises:
        StoreError: another user can.
        OSError: a directory above it cannot be looked at.
    """
    trusted = (0, os.geteuid(), os.stat("/").st_uid)
    above = path
    while True:
        info = os.stat(above)
        mode = stat.S_IMODE(info.st_mode)
        others = mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _is_private_group(info.st_gid))
        is_sticky = above != path and mode & stat.S_ISVTX
        if info.st_uid not in trusted or (others and not is_sticky):
            raise StoreError(
                f"other users may replace {what}: {_place(path, above)} has mode {mode:04o} "
                f"and belongs to {user_name(info.st_uid)}",
                code="store-directory",
                hint=_way_out(above, info),
            )
        if above == os.path.dirname(above):
            return
        above = os.path.dirname(above)


def _place(path: str, above: str) -> str:
    return f"its directory '{path}'" if above == path else f"'{above}', above its directory '{path}',"


def _way_out(path: str, info: os.stat_result) -> str:
    """Return a hint for a directory; one that is for everybody should stay so."""
    if info.st_uid == os.geteuid() and not info.st_mode & stat.S_ISVTX:
        return f"remove their right (chmod go-w '{path}'), or name a directory of your own"
    return "name a directory of your own; to make one there: mkdir -m 700 '{}'".format(os.path.join(path, "sequent"))


def check_inner_directory(path: str, what: str) -> None:
    """Check that a directory of a store, if there is one, can be written only by this user.

    Args:
        path: the directory.
        what: the contents of the directory, for the message.

    Raises:
        StoreError: it is a link or a file, or another user's.
    """
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        raise StoreError(
            f"'{path}', where {what} are, is not a directory of this user",
            code="foreign-store",
            hint="move it away, if it is not yours, or name another store: --store FILE",
        )
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(
            f"other users may write to '{path}', where {what} are: its mode is {stat.S_IMODE(info.st_mode):04o}",
            code="store-directory",
            hint=f"check that no other user has put anything there, then remove their right: chmod go= '{path}'",
        )


def check_run_directory(path: str) -> None:
    """Check that no other user has put anything into a run's directory; its logs may be elsewhere.

    Raises:
        StoreError: another user could have.
    """
    check_inner_directory(path, "the files of a run")
    check_inner_directory(os.path.realpath(os.path.join(path, "logs")), "the logs of a run")


def _is_private_group(group: int) -> bool:
    """Return whether a group has the user's own name and no other member."""
    import grp

    try:
        group_record = grp.getgrgid(group)
    except KeyError:
        return False
    user = user_name(os.geteuid())
    return group_record.gr_name == user and set(group_record.gr_mem) <= {user}


def user_name(number: int | None) -> str:
    """Return a user's name, or number if it has none; None means root."""
    try:
        return pwd.getpwuid(number or 0).pw_name
    except KeyError:
        return f"user {number}"


def check_file(path: str) -> None:
    """Check that a store's file is a plain file of this user, and that no foreign file lies beside it.

    SQLite trusts the files there. A store in WAL mode never has a journal, so an existing one was put there.

    Raises:
        StoreError: it is another kind of file, or another user's.
        OSError: it cannot be looked at.
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
