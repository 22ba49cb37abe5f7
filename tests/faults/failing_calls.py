"""Has one call of the kernel fail in a whole tree of processes, whichever it is, by seccomp's notifications.

A filter that every descendant inherits has the kernel ask this process about calls of some kinds. It counts them, lets
them go on, and has one fail. Nobody is slowed much, and nothing has to be compiled or preloaded.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.patience import PATIENCE

_FILES, _ROOM, _DESCRIPTORS, _PROCESSES = errno.EIO, errno.ENOSPC, errno.EMFILE, errno.EAGAIN
CALLS = {
    "write": (1, _ROOM),
    "mmap": (9, errno.ENOMEM),
    "pwrite64": (18, _ROOM),
    "dup": (32, _DESCRIPTORS),
    "sendto": (44, errno.ENOBUFS),
    "sendmsg": (46, errno.ENOBUFS),
    "socketpair": (53, _DESCRIPTORS),
    "clone": (56, _PROCESSES),
    "vfork": (58, _PROCESSES),
    "flock": (73, errno.ENOLCK),
    "fsync": (74, _FILES),
    "fdatasync": (75, _FILES),
    "ftruncate": (77, _ROOM),
    "rename": (82, _ROOM),
    "mkdir": (83, _ROOM),
    "unlink": (87, _FILES),
    "link": (86, _ROOM),
    "chmod": (90, _FILES),
    "openat": (257, _FILES),
    "fallocate": (285, _ROOM),
    "timerfd_create": (283, _DESCRIPTORS),
    "epoll_create1": (291, _DESCRIPTORS),
    "dup3": (292, _DESCRIPTORS),
    "pipe2": (293, _DESCRIPTORS),
    "inotify_init1": (294, _DESCRIPTORS),
    "pidfd_open": (434, _DESCRIPTORS),
    "clone3": (435, _PROCESSES),
}
"""By name: its number on x86-64, and an error that it may well meet."""
_NAMES = {number: name for name, (number, _) in CALLS.items()}
_ASKED_OF = {"openat": (2, os.O_WRONLY | os.O_RDWR | os.O_CREAT), "mmap": (3, 0x1)}
"""Only where an argument has one of these bits: what is opened for more than reading, or mapped to be shared."""

_SECCOMP, _PIDFD_GETFD = 317, 438
_SET_NO_NEW_PRIVS, _SET_FILTER, _NEW_LISTENER = 38, 1, 8
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_NOTE = struct.Struct("=QII iIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_LOAD, _EQUAL, _HAS, _RETURN = 0x20, 0x15, 0x45, 0x06
_PROGRAM_AT = 16


class Call(NamedTuple):
    """One that was made."""

    pid: int
    name: str
    about: str
    """The file that it is about, as far as that is known."""


class Outcome(NamedTuple):
    """How it went."""

    code: int
    output: str
    calls: list[Call]
    failed: Call | None


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_void_p))


def _program() -> bytes:
    """The filter, in the kernel's language."""
    code: list[tuple[int, int, int, int]] = [(_LOAD, 0, 0, 0)]
    for name, (number, _) in CALLS.items():
        if name in _ASKED_OF:
            index, bits = _ASKED_OF[name]
            code += [
                (_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _PROGRAM_AT + 8 * index),
                (_HAS, 0, 1, bits),
                (_RETURN, 0, 0, _ASK),
                (_RETURN, 0, 0, _ALLOW),
            ]
        else:
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ASK)]
    return b"".join(struct.pack("=HBBI", *line) for line in [*code, (_RETURN, 0, 0, _ALLOW)])


def run(words: Sequence[str], environment: Mapping[str, str], directory: Path, fails: int = 0) -> Outcome:
    """Run a command to its end and that of all that it has started; have that call of all, from 1, fail; 0: none.

    Raises:
        AssertionError: it does not end.
    """
    told = mmap.mmap(-1, 4)
    output = directory / "output"
    child = os.fork()
    if child == 0:
        _become(words, environment, directory, output, told)
    listener = _listener_of(child, told)
    calls: list[Call] = []
    try:
        _serve(listener, calls, fails)
    finally:
        os.close(listener)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    failed = calls[fails - 1] if 0 < fails <= len(calls) else None
    return Outcome(code, output.read_text("utf-8", "replace"), calls, failed)


def _become(
    words: Sequence[str], environment: Mapping[str, str], directory: Path, output: Path, told: mmap.mmap
) -> None:
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for descriptor in (1, 2):
            os.dup2(file, descriptor)
        os.chdir(directory)
        libc = ctypes.CDLL(None, use_errno=True)
        program = _program()
        made = ctypes.create_string_buffer(program, len(program))
        filtering = _Filter(len(program) // 8, ctypes.addressof(made))
        libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        listener = libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, ctypes.byref(filtering))
        # Without a call: the kernel may ask about the next one.
        told[:] = struct.pack("=i", listener)
        while any(told[:]):
            time.sleep(0.001)
        os.execvpe(words[0], [*words], dict(environment))  # noqa: S606 - that is what it is for
    finally:
        os._exit(99)


def _listener_of(child: int, told: mmap.mmap) -> int:
    deadline = time.monotonic() + PATIENCE
    while not (number := struct.unpack("=i", told[:])[0]):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert number > 0, "the kernel has no notifications of seccomp"
    handle = os.pidfd_open(child)
    libc = ctypes.CDLL(None, use_errno=True)
    listener = libc.syscall(_PIDFD_GETFD, handle, number, 0)
    os.close(handle)
    assert listener >= 0, os.strerror(ctypes.get_errno())
    told[:] = bytes(4)
    return listener


def _serve(listener: int, calls: list[Call], fails: int) -> None:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    deadline = time.monotonic() + PATIENCE
    while True:
        ready = poll.poll(1000 * max(0.0, deadline - time.monotonic()))
        assert ready, f"it does not end; the last calls: {calls[-5:]}"
        if not ready[0][1] & select.POLLIN:
            return
        note = bytearray(_NOTE.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, note)
        except OSError:
            # Whoever made it was killed meanwhile.
            continue
        ident, pid, _, number, _, _, *arguments = _NOTE.unpack(note)
        name = _NAMES[number]
        call = Call(pid, name, _about(pid, name, arguments))
        # What is only in memory, such as a counter that wakes somebody, has no disk that could be full.
        may_fail = name != "write" or not call.about.startswith("anon_inode:")
        calls += [call] * may_fail
        error = -CALLS[name][1] if may_fail and len(calls) == fails else 0
        answer = bytearray(_ANSWER.pack(ident, 0, error, 0 if error else _CONTINUE))
        try:
            fcntl.ioctl(listener, _SEND, answer)
        except OSError:
            continue


def _about(pid: int, name: str, arguments: list[int]) -> str:
    """The file whose path or descriptor is an argument."""
    places = {"openat": 1, "rename": 0, "mkdir": 0, "unlink": 0, "chmod": 0, "link": 0}
    try:
        if name in places:
            with open(f"/proc/{pid}/mem", "rb") as memory:
                memory.seek(arguments[places[name]])
                return os.fsdecode(memory.read(200).partition(b"\0")[0])
        if name in ("mmap", "dup3"):
            return os.readlink(f"/proc/{pid}/fd/{arguments[4 if name == 'mmap' else 0] & 0xFFFFFFFF}")
        return os.readlink(f"/proc/{pid}/fd/{arguments[0]}")
    except (OSError, OverflowError, ValueError):
        return ""
