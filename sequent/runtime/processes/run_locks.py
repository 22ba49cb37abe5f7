"""The locks of a run's driver and of its agent, which die with their holders."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import struct
from _thread import allocate_lock

from msgspec import Struct

from sequent.errors import StoreError

_FLOCK = struct.Struct("hhqqi0q")
"""``struct flock`` of Linux: type, whence, start, length, pid."""

_held: dict[tuple[int, int], int] = {}
"""The locks of this process, by device and inode of their files.

A process that closes any descriptor of a locked file drops its lock, so a file is opened only once it is
known that this process does not hold it.
"""
_guard = allocate_lock()


def _forget() -> None:
    """Forget the parent's locks, which a forked child does not hold."""
    global _guard  # noqa: PLW0603 - the parent's may have been held by another thread as it forked
    _held.clear()
    _guard = allocate_lock()


os.register_at_fork(after_in_child=_forget)


class RunLock:
    """The lock of a run, held until it is released or this process ends."""

    def __init__(self, key: tuple[int, int], handle: int) -> None:
        self._key = key
        self._handle = handle
        self._pid = os.getpid()

    def tell(self, owner: str) -> None:
        """Write its holder, for other processes; if the disk is full, the lock holds without it."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, owner.encode(), 0)

    def release(self) -> None:
        """Release the run; does nothing in a forked child, or a second time."""
        with _guard:
            if self._pid == os.getpid() and _held.get(self._key) == self._handle:
                del _held[self._key]
                os.close(self._handle)


def try_lock(path: str, owner: str) -> RunLock | None:
    """Take the lock of that file, made if need be; None if another process holds it.

    ``owner`` is written into the file, to be read by other processes.

    Raises:
        StoreError: the file can neither be made nor opened.
    """
    with _guard:
        if _key_of(path) in _held:
            return None
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"the lock '{path}' cannot be used: {error.strerror}", code="store-directory") from error
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(handle)
            return None
        info = os.fstat(handle)
        key = (info.st_dev, info.st_ino)
        _held[key] = handle
        lock = RunLock(key, handle)
        lock.tell(owner)
        return lock


class Holder(Struct, frozen=True):
    """The holder of a lock."""

    pid: int
    owner: str
    """The content of the file, which an earlier holder may have written."""


def lock_holder(path: str) -> Holder | None:
    """Return the holder of a file's lock; None if it is free. Neither takes nor drops the lock."""
    holder = _last_holder(path)
    return holder if holder is not None and holder.pid else None


def last_owner(path: str) -> str:
    """Return the text that the last holder of a free lock wrote; '' if the lock is held, or never was."""
    holder = _last_holder(path)
    return holder.owner if holder is not None and not holder.pid else ""


def _last_holder(path: str) -> Holder | None:
    """Return the holder of a file's lock, with the pid 0 if the lock is free; None if there is no file."""
    with _guard:
        key = _key_of(path)
        if key is None:
            return None
        if key in _held:
            return Holder(os.getpid(), _content(_held[key]))
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            request = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, request))
            return Holder(0 if kind == fcntl.F_UNLCK else pid, _content(handle))
        finally:
            os.close(handle)


def _content(handle: int) -> str:
    return os.pread(handle, 4096, 0).decode(errors="replace")


def _key_of(path: str) -> tuple[int, int] | None:
    try:
        info = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return info.st_dev, info.st_ino


def prepare_directory(path: str) -> None:
    """Make a run's own directory, or check that only this user can use it.

    Raises:
        StoreError: it is a link, a file, or another user's.
    """
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        info = os.stat(path, follow_symlinks=False)
    except OSError as error:
        raise StoreError(f"the run's directory '{path}' cannot be used: {error.strerror}") from error
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        raise StoreError(f"the run's directory '{path}' is not a directory of this user", code="foreign-store")
    if stat.S_IMODE(info.st_mode) & 0o077:
        os.chmod(path, 0o700)


def driver_lock(directory: str) -> str:
    """Return the file of the lock that a run's driver holds."""
    return os.path.join(directory, "driver.lock")


def agent_lock(directory: str) -> str:
    """Return the file of the lock that a run's agent holds as long as any process of its tree is left."""
    return os.path.join(directory, "agent.lock")
