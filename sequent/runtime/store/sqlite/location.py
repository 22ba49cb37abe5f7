"""The place of a store, and whether a store is safe there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable

from msgspec import Struct

from sequent.errors import StoreError, UsageError
from sequent.model.variables import STORE
from sequent.runtime.store.directories import check_directory, user_name

MEMORY = ":memory:"
_REMOTE = ("nfs", "cifs", "smb", "fuse.sshfs")
"""The prefixes of the types of network filesystems."""


class Location(Struct, frozen=True):
    """The file of a store: its real path, and whether it is the default."""

    path: str
    is_default: bool
    name: str = ""
    """The name by which a user knows it, if that is not its path."""
    is_temporary: bool = False
    """Whether it is removed with its process, so that no write waits for a disk."""

    @property
    def told(self) -> str:
        """The name that users see in messages."""
        return self.name or self.path


def locate(name: str | None) -> Location | None:
    """Return the file that a name means; None for the store in memory.

    Raises:
        UsageError: the name is that of a database that is not supported.
    """
    given = name or os.environ.get(STORE) or ""
    if not given:
        from platformdirs import user_state_path

        return Location(os.path.realpath(user_state_path("sequent") / "store.db"), is_default=True)
    if given in (MEMORY, "sqlite://", f"sqlite:///{MEMORY}"):
        return None
    scheme, found, rest = given.partition("://")
    if found and scheme == "sqlite":
        if "?" in rest:
            raise UsageError(
                f"the store '{given}' has a query after its '?', which is not supported",
                hint="leave it out: sqlite:///FILE",
                code="store-url",
            )
        given = rest.removeprefix("/")
    elif found:
        raise UsageError(
            f"not supported: a store in {scheme}",
            hint="name a file, sqlite:///FILE, :memory: or postgresql://USER@HOST/DATABASE",
            code="store-url",
        )
    path = os.path.abspath(os.path.expanduser(given))
    _check_link(path)
    return Location(os.path.realpath(path), is_default=False)


def _check_link(path: str) -> None:
    """Refuse a link that belongs to another user, or leads to a file of one."""
    if not os.path.islink(path):
        return
    for owner in (_owner_of(path, follow=False), _owner_of(path, follow=True)):
        if owner not in (None, os.geteuid()):
            raise StoreError(
                f"the store '{path}' is a link that leads to a file of another user ({user_name(owner)})",
                code="foreign-store",
                hint="name the file itself, if you trust it and own it",
            )


def _owner_of(path: str, *, follow: bool) -> int | None:
    try:
        return os.stat(path, follow_symlinks=follow).st_uid
    except FileNotFoundError:
        return None


def runs_directory(path: str) -> str:
    """Return the directory for the directories of a store's runs, beside its file."""
    return f"{path}.runs"


def run_directory(path: str, number: int) -> str:
    """Return the directory of one run."""
    return os.path.join(runs_directory(path), str(int(number)))


def prepare_directory(location: Location) -> None:
    """Make sure that the store's directory exists and is a safe place.

    Raises:
        StoreError: the directory is missing, others may write into it, or it is on a network.
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
            f"'{directory}', the directory of the store, is not a directory",
            code="store-directory",
            hint="name a file in a directory: --store FILE",
        )
    check_directory(directory, "the store")
    _check_mount(location.path)


def _check_mount(path: str) -> None:
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            mounted = network_mount(path, file)
    except FileNotFoundError:
        return
    if mounted is not None:
        mount, kind = mounted
        raise StoreError(
            f"the store '{path}' is on a network filesystem ('{mount}' is {kind}), where SQLite is not safe",
            code="network-store",
            hint="name a file on a local disk; several machines can share a store in PostgreSQL",
        )


def network_mount(path: str, mounts: Iterable[str]) -> tuple[str, str] | None:
    """Return the mount and its type, if a path is on a network filesystem; ``mounts`` are lines of /proc/mounts."""
    best, kind = "", ""
    for line in mounts:
        _, escaped, found, *_ = line.split(" ")
        mount = _plain(escaped)
        if (path == mount or path.startswith(mount.rstrip("/") + "/")) and len(mount) >= len(best):
            best, kind = mount, found
    return (best, kind) if kind.startswith(_REMOTE) else None


def _plain(escaped: str) -> str:
    """Return a path of /proc/mounts, where blanks are written as octal numbers, as it is."""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        escaped = escaped.replace(code, sign)
    return escaped


def refused(path: str, error: OSError) -> StoreError:
    """Return the error of a file or directory that the system does not let us use."""
    if error.errno == errno.EROFS:
        return StoreError(
            f"the store '{path}' cannot be made: its directory is on a read-only file system",
            code="read-only-store",
            hint="name a store elsewhere: --store FILE",
        )
    mode = ""
    try:
        directory = os.path.dirname(path)
        mode = f", mode {stat.S_IMODE(os.stat(directory).st_mode):04o} of '{directory}'"
    except OSError:
        mode = ""
    return StoreError(
        f"the store '{path}' cannot be used by {user_name(os.geteuid())}: {error.strerror or error}{mode}",
        code="store-refused",
        hint="give the user the right to read and write there, or name another store",
    )
