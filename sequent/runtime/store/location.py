"""Where a store is, and whether that is a place for one."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable

from attrs import frozen

from sequent.errors import StoreError, UsageError

MEMORY = ":memory:"
_REMOTE = ("nfs", "cifs", "smb", "fuse.sshfs")
"""How the types of network filesystems begin."""


@frozen
class Location:
    """The file of a store: its real path, and whether nobody named it."""

    path: str
    is_default: bool


def locate(name: str | None) -> Location | None:
    """The file that a name means; None for the store in memory.

    Raises:
        UsageError: the name is that of a database that is not supported.
    """
    given = name or os.environ.get("SEQUENT_STORE") or ""
    if not given:
        from platformdirs import user_state_path

        return Location(os.path.realpath(user_state_path("sequent") / "store.db"), is_default=True)
    if given in (MEMORY, "sqlite://", f"sqlite:///{MEMORY}"):
        return None
    scheme, found, rest = given.partition("://")
    if found and scheme == "sqlite":
        if "?" in rest:
            raise UsageError(
                f"the store '{given}' has a query after its '?', which means nothing here",
                hint="leave it out: sqlite:///FILE",
                code="store-url",
            )
        given = rest.removeprefix("/")
    elif found:
        raise UsageError(
            f"not supported yet: a store in {scheme}",
            hint="name a file, 'sqlite:///FILE' or ':memory:'",
            code="store-url",
        )
    path = os.path.abspath(os.path.expanduser(given))
    _check_link(path)
    return Location(os.path.realpath(path), is_default=False)


def _check_link(path: str) -> None:
    """Refuse a link that leads to, or was laid by, somebody else."""
    if not os.path.islink(path):
        return
    for owner in (_owner_of(path, follow=False), _owner_of(path, follow=True)):
        if owner not in (None, os.geteuid()):
            raise StoreError(
                f"the store '{path}' is a link that leads to a file of another user ({_user(owner)})",
                code="foreign-store",
                hint="name the file itself, if you trust it and own it",
            )


def _owner_of(path: str, *, follow: bool) -> int | None:
    try:
        return os.stat(path, follow_symlinks=follow).st_uid
    except FileNotFoundError:
        return None


def runs_directory(path: str) -> str:
    """Where the directories of a store's runs are: beside its file."""
    return f"{path}.runs"


def run_directory(path: str, number: int) -> str:
    """The directory of one run's own."""
    return os.path.join(runs_directory(path), str(int(number)))


def prepare_directory(location: Location) -> None:
    """See to it that the store's directory is there and is a safe place.

    Raises:
        StoreError: a directory that was named is missing, others may write into it, or it is on a network.
    """
    directory = os.path.dirname(location.path)
    try:
        if location.is_default:
            os.makedirs(directory, mode=0o700, exist_ok=True)
        info = os.stat(directory)
    except FileNotFoundError:
        raise StoreError(
            f"the directory '{directory}' of the store '{location.path}' does not exist",
            code="store-directory",
            hint=f"make it (mkdir -p '{directory}'), or name another store",
        ) from None
    except OSError as error:
        raise refused(location.path, error) from error
    if not stat.S_ISDIR(info.st_mode):
        raise StoreError(
            f"'{directory}', in which the store is to be, is not a directory",
            code="store-directory",
            hint="name a file in a directory: --store FILE",
        )
    _check_writers(directory, info)
    _check_mount(location.path)


def _check_writers(directory: str, info: os.stat_result) -> None:
    """Refuse a directory in which other users could replace the store."""
    mode = stat.S_IMODE(info.st_mode)
    others = mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _is_private_group(info.st_gid))
    is_foreign = info.st_uid not in (0, os.geteuid())
    if is_foreign or (others and not mode & stat.S_ISVTX):
        raise StoreError(
            f"other users may replace the store: its directory '{directory}' has mode {mode:04o} "
            f"and belongs to {_user(info.st_uid)}",
            code="store-directory",
            hint=f"take the right from them (chmod go-w '{directory}'), or name another store",
        )


def _is_private_group(group: int) -> bool:
    """Whether a group is the one that has the user's own name and nobody else in it."""
    import grp

    try:
        found = grp.getgrgid(group)
    except KeyError:
        return False
    user = _user(os.geteuid())
    return found.gr_name == user and set(found.gr_mem) <= {user}


def _check_mount(path: str) -> None:
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            found = network_mount(path, file)
    except FileNotFoundError:
        return
    if found is not None:
        mount, kind = found
        raise StoreError(
            f"the store '{path}' is on a network filesystem ('{mount}' is {kind}), where SQLite is not safe",
            code="network-store",
            hint="name a file on a local disk; a store that several machines use will be PostgreSQL's",
        )


def network_mount(path: str, mounts: Iterable[str]) -> tuple[str, str] | None:
    """The mount and its type, if a path is on a network filesystem; ``mounts`` are lines as of /proc/mounts."""
    best, kind = "", ""
    for line in mounts:
        _, escaped, found, *_ = line.split(" ")
        mount = _plain(escaped)
        if (path == mount or path.startswith(mount.rstrip("/") + "/")) and len(mount) >= len(best):
            best, kind = mount, found
    return (best, kind) if kind.startswith(_REMOTE) else None


def _plain(escaped: str) -> str:
    """A path of /proc/mounts, where blanks are written as octal numbers."""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        escaped = escaped.replace(code, sign)
    return escaped


def refused(path: str, error: OSError) -> StoreError:
    """The error of a file or directory that the system does not let us use."""
    mode = ""
    try:
        directory = os.path.dirname(path)
        mode = f", mode {stat.S_IMODE(os.stat(directory).st_mode):04o} of '{directory}'"
    except OSError:
        mode = ""
    return StoreError(
        f"the store '{path}' cannot be used by {_user(os.geteuid())}: {error.strerror or error}{mode}",
        code="store-refused",
        hint="give the user the right to read and write there, or name another store",
    )


def _user(number: int | None) -> str:
    try:
        return pwd.getpwuid(number or 0).pw_name
    except KeyError:
        return f"user {number}"


def check_owner(path: str) -> None:
    """See that a store's file is a plain file of this user.

    Raises:
        StoreError: it is something else, or somebody else's.
    """
    info = os.stat(path)
    if stat.S_ISDIR(info.st_mode):
        raise StoreError(f"the store '{path}' is a directory", code="store-directory", hint="name a file in it")
    if not stat.S_ISREG(info.st_mode):
        raise StoreError(
            f"the store '{path}' is not a plain file", code="foreign-store", hint="name a file for it: --store FILE"
        )
    for name in (path, f"{path}-wal", f"{path}-shm"):
        owner = _owner_of(name, follow=False)
        if owner not in (None, os.geteuid()):
            raise StoreError(
                f"'{name}' belongs to another user ({_user(owner)})",
                code="foreign-store",
                hint="run as that user, or name a store of your own: --store FILE",
            )


def flush_directory(path: str) -> None:
    """Have a directory's new names survive a loss of power."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
