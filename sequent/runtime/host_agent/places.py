"""Finds the directories in which agents keep their data: one for each run, closed to other users."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat

SOCKET = "socket"
LOCK_OF_AGENT = "serving"
"""The file that the agent of a directory has locked as long as it lives."""


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
    os.makedirs(path, mode=0o700, exist_ok=True)
    place = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(place)
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(place)
        raise PermissionError(errno.EPERM, "it must be this user's alone (chmod 700)", path)
    return place


def listen(place: int) -> socket.socket:
    """Return a socket in a directory by which the agent is reached; it replaces an earlier one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(SOCKET, dir_fd=place)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # A path may be too long for the address of a socket; this one never is.
    listener.bind(f"/proc/self/fd/{place}/{SOCKET}")
    listener.listen(8)
    listener.setblocking(False)
    return listener


def reach(place: int) -> socket.socket | None:
    """Return a connection to the agent that serves there; None if there is none."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.connect(f"/proc/self/fd/{place}/{SOCKET}")
    except (FileNotFoundError, ConnectionRefusedError):
        end.close()
        return None
    return end
