"""Finds the directories in which agents keep their data: one for each run, closed to other users."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import stat
from collections.abc import Generator
from struct import Struct

SOCKET = "socket"
PATIENCE = 20
"""The seconds that an agent has to accept a session, where many wait for that."""
_SECONDS = Struct("ll")
"""The kernel's form of seconds and microseconds."""
LOCK_OF_AGENT = "serving"
"""The file that the agent of a directory has locked as long as it lives."""
_STARTING = "starting"
"""The file that is locked while an agent starts in a directory or takes a driver on, or the directory is removed."""
_DRIVEN = "driven"
"""The file that is there while the agent of a directory has a driver."""


def agents_root() -> str:
    """Return the directory of all agents of this user on this machine: several machines may share a home."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "sequent", "agents", os.uname().nodename or "localhost")


def shipped_path(name: str) -> str:
    """Return the directory of modules that were sent."""
    root = os.path.join(os.path.expanduser("~"), ".cache", "sequent", "ship")
    found = os.path.join(root, name)
    return found if os.path.isdir(found) else f"{found}-plain"


def place_of(key: str, mark: str = "") -> str:
    """Return the directory of the agent for a run; the limits of an agent add a mark."""
    return os.path.join(agents_root(), key + mark)


def open_place(path: str) -> int:
    """Open the directory, created if necessary, as a descriptor.

    Raises:
        OSError: it cannot be made, or other users may enter it.
    """
    _make(path)
    place = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(place)
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(place)
        raise PermissionError(errno.EPERM, "it must be this user's alone (chmod 700)", path)
    return place


def _make(path: str) -> None:
    """Make a directory and those above it for this user alone; the umask is for the steps."""
    if not os.path.isdir(path or "."):
        _make(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)


@contextlib.contextmanager
def starting(place: int, *, waits: bool) -> Generator[None]:
    """Let nobody else start an agent in a directory, take a driver on there, or remove it.

    Args:
        place: a descriptor of the directory.
        waits: whether to wait for another process that does one of these.

    Raises:
        BlockingIOError: another process does, and ``waits`` is false.
        FileNotFoundError: the directory has been removed.
    """
    lock = os.open(_STARTING, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=place)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def is_at(place: int, path: str) -> bool:
    """Return whether a directory still has its path: it may have been removed, and another one made."""
    try:
        return os.path.samestat(os.fstat(place), os.lstat(path))
    except FileNotFoundError:
        return False


def note_driver(place: int) -> None:
    """Note that the agent of a directory has a driver; the directory is not removed as long as this agent lives."""
    # A removal that has begun kills the agent before the driver hears from it.
    with starting(place, waits=True):
        os.close(os.open(_DRIVEN, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=place))


def forget_driver(place: int) -> None:
    """Note that the agent has none."""
    with contextlib.suppress(OSError):
        os.unlink(_DRIVEN, dir_fd=place)


def notes_driver(place: int) -> bool:
    """Return whether an agent has noted a driver; it may have been killed since."""
    return os.access(_DRIVEN, os.F_OK, dir_fd=place, follow_symlinks=False)


def listen(place: int) -> socket.socket:
    """Return a socket of packets in a directory by which the agent is reached; it replaces an earlier one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(SOCKET, dir_fd=place)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # A path may be too long for the address of a socket; this one never is.
    listener.bind(f"/proc/self/fd/{place}/{SOCKET}")
    listener.listen(8)
    listener.setblocking(False)
    return listener


def reach(place: int) -> socket.socket | None:
    """Return a connection to the agent that serves there; None if there is none.

    Raises:
        OSError: it accepts none.
    """
    end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SECONDS.pack(PATIENCE, 0))
    try:
        end.connect(f"/proc/self/fd/{place}/{SOCKET}")
    except (FileNotFoundError, ConnectionRefusedError):
        end.close()
        return None
    except BlockingIOError:
        end.close()
        raise TimeoutError(errno.ETIMEDOUT, "the agent accepts no further session: it may be stopped") from None
    return end
