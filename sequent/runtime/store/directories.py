"""The directories of runs and stores: made for this user alone, and checked for what other users could do there."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat

from sequent.errors import StoreError
from sequent.runtime.processes import run_locks


def check_directory(path: str, contents: str) -> None:
    """Check that only this user and root can put a file into a directory, or replace the directory.

    After this check, a check of the files in it is reliable: no other user can put one there in between. A sticky
    directory is no exception: SQLite reads files beside a store whichever user has put them there. Only a directory
    further up may be sticky, since in it no user can rename another user's files.

    Args:
        path: a real path, of an existing directory.
        contents: the contents of the directory, for the message.

    Raises:
        StoreError: another user can.
        OSError: a directory above it cannot be examined.
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
                f"other users may replace {contents}: {_place(path, above)} has mode {mode:04o} "
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


def check_inner_directory(path: str, contents: str) -> None:
    """Check that a directory of a store, if there is one, can be written only by this user.

    Args:
        path: the directory.
        contents: the contents of the directory, for the message.

    Raises:
        StoreError: it is a link or a file, or another user's.
    """
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        raise StoreError(
            f"'{path}', where {contents} are, is not a directory of this user",
            code="foreign-store",
            hint="move it away, if it is not yours, or name another store: --store FILE",
        )
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(
            f"other users may write to '{path}', where {contents} are: its mode is {stat.S_IMODE(info.st_mode):04o}",
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


def make_run_directory(directory: str) -> bool:
    """Make the directory of a new run; return False if there is one that may be another run's.

    Raises:
        StoreError: it cannot be made.
    """
    run_locks.prepare_directory(os.path.dirname(directory))
    try:
        if not is_unbegun(directory):
            os.mkdir(directory, 0o700)
        os.makedirs(os.path.join(directory, "logs"), 0o700, exist_ok=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise StoreError(f"'{directory}' cannot be made: {error.strerror}", code="store-directory") from error
    return True


def prepare_run_directory(directory: str) -> None:
    """Check the directory of a run, or make it anew: a store that was restored, or is another machine's, has none.

    Raises:
        StoreError: another user could have put anything into it, or it cannot be made.
    """
    run_locks.prepare_directory(os.path.dirname(directory))
    check_run_directory(directory)
    run_locks.prepare_directory(directory)
    with contextlib.suppress(FileExistsError):
        os.mkdir(os.path.join(directory, "logs"), 0o700)


def is_unbegun(directory: str) -> bool:
    """Return whether a run's directory was made but not the run: nothing is in it, and no process works on it."""
    try:
        names = {*os.listdir(directory)}
        if not names <= {"logs", "driver.lock"} or ("logs" in names and os.listdir(os.path.join(directory, "logs"))):
            return False
    except OSError:
        return False
    return run_locks.lock_holder(run_locks.driver_lock(directory)) is None


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
