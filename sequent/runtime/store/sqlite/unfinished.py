"""The unfinished files of a store or a run whose maker was killed: the next command removes them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re

from sequent.runtime.store.sqlite.access import BESIDE

_UNFINISHED = rf"(\.[0-9a-f]{{16}}\.new)({'|'.join(BESIDE)})?"
"""The rest of their names; compiled when it is first needed."""


class Unfinished:
    """A new file beside a store, which gets no name of its own before it is whole.

    It is locked as long as a process works on it, so that other processes can tell whether it was left behind.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            self.name = f"{path}.{os.urandom(8).hex()}.new"
            self._handle = os.open(self.name, flags, 0o600)
            os.fchmod(self._handle, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            if os.path.lexists(self.name):
                return
            # Another process has found and removed it before it was locked.
            os.close(self._handle)

    def close(self) -> None:
        """Remove it, under this name, with all files beside it; a second call does nothing."""
        if self._handle >= 0:
            _remove(self.name)
            os.close(self._handle)
            self._handle = -1


def remove_unfinished(path: str) -> None:
    """Remove the new files beside a store on which no process works any more."""
    directory, name = os.path.split(path)
    with contextlib.suppress(OSError):
        others = (other for other in os.listdir(directory) if other.startswith(f"{name}.") and ".new" in other)
        found = [re.fullmatch(_UNFINISHED, other.removeprefix(name)) for other in others]
        for left in sorted({match[1] for match in found if match}):
            _remove_if_left(path + left)


def _remove_if_left(name: str) -> None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        # It is made first and removed last, but a loss of power may leave the files beside it alone.
        _remove(name)
        return
    try:
        if os.fstat(handle).st_uid == os.geteuid():
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(name)
    except BlockingIOError:
        return
    finally:
        os.close(handle)


def _remove(name: str) -> None:
    for end in (*BESIDE, ""):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name + end)
