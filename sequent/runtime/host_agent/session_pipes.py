"""Hands the two pipes of a session over to the agent, so that no other process copies their bytes."""

from __future__ import annotations

import contextlib
import os
import socket
import stat

_HANDED = b"\0"
"""The beginning of the packet with the pipes; then come bytes that were read before."""
_ROOM = 65_536


def send_pipes(end: socket.socket, first: bytes) -> None:
    """Give this process's input and output to the agent at the other end of a socket.

    Args:
        end: the socket; the agent closes it once it needs the pipes no more.
        first: the bytes that were read from the input.

    Raises:
        OSError: the agent has ended.
    """
    socket.send_fds(end, [_HANDED + first], [0, 1])


class SessionPipes:
    """The input and the output of a session's command, as one stream.

    The session's process keeps them too, and ends once ``control`` is closed here; if that is closed there, the process
    was killed. That process and its parents may share the descriptions of both, whose calls block or do not for all of
    them. So a pipe is opened again, and a socket is asked not to wait by each call.

    Args:
        control: the socket on which they arrived.
        reading: the descriptor of the input.
        writing: that of the output.
    """

    def __init__(self, control: socket.socket, reading: int, writing: int) -> None:
        self.control = control
        self._reading = _opened_again(reading, os.O_RDONLY)
        self.writing = _opened_again(writing, os.O_WRONLY)
        self._sockets = {end: socket.socket(fileno=end) for end in (self._reading, self.writing) if _is_socket(end)}

    def fileno(self) -> int:
        """Return the descriptor to read."""
        return self._reading

    def setblocking(self, flag: bool) -> None:
        for descriptor in {self._reading, self.writing} - self._sockets.keys():
            os.set_blocking(descriptor, flag)

    def recv(self, size: int) -> bytes:
        end = self._sockets.get(self._reading)
        return os.read(self._reading, size) if end is None else end.recv(size, socket.MSG_DONTWAIT)

    def send(self, data: bytes | bytearray) -> int:
        end = self._sockets.get(self.writing)
        return os.write(self.writing, data) if end is None else end.send(data, socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Leave the session, which ends."""
        # Pipes of another user cannot be opened again.
        with contextlib.suppress(OSError):
            self.setblocking(True)
        for end in {self._reading, self.writing} - self._sockets.keys():
            os.close(end)
        for each in (*self._sockets.values(), self.control):
            each.close()


def _opened_again(pipe: int, flags: int) -> int:
    """Return a descriptor of the agent's own for a pipe; any other one as it is."""
    if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
        return pipe
    try:
        own = os.open(f"/proc/self/fd/{pipe}", flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return pipe
    os.close(pipe)
    return own


def _is_socket(descriptor: int) -> bool:
    return stat.S_ISSOCK(os.fstat(descriptor).st_mode)


def receive_pipes(control: socket.socket) -> tuple[SessionPipes, bytes] | None:
    """Return the pipes that have arrived, and the bytes that were read before; None if others sent something."""
    try:
        packet, descriptors, _, _ = socket.recv_fds(control, _ROOM, 2)
    except OSError:
        return None
    if len(descriptors) == 2 and packet.startswith(_HANDED):
        return SessionPipes(control, *descriptors), packet.removeprefix(_HANDED)
    for descriptor in descriptors:
        os.close(descriptor)
    return None
