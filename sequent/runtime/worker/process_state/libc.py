"""The C library's state, read from its memory where a call for each attempt would cost too much."""

from __future__ import annotations

import ctypes
import os
from functools import partial

library = ctypes.CDLL(None, use_errno=True)
_ROOM = 256
"""Bytes for the value of a variable, and for the zero byte after it."""
_POINTER = ctypes.sizeof(ctypes.c_void_p)
_END = bytes(_POINTER)
"""The null pointer at the end of the list; the pointers before it may end with two zero bytes."""


class Environment:
    """The list of environment variables that programs inherit, whichever code has changed it.

    Setting a variable makes its entry point to another string. So comparing the entries finds every change, for a
    hundredth of the cost of reading the strings.
    """

    def __init__(self) -> None:
        self._begin = ctypes.c_void_p.in_dll(library, "environ")
        self._address = 0
        self._places: ctypes.Array[ctypes.c_char] | None = None
        self._seen = b""
        self.remember()

    def remember(self) -> None:
        """Take the present entries for the next comparison."""
        if self._address and self._begin.value == self._address and self._places is not None:
            places = self._places.raw
            # The list is as long as before if its end is where it was, and nowhere earlier.
            if places.find(_END) >= len(places) - _POINTER - 2:
                self._seen = places
                return
        self._address = self._begin.value or 0
        size = (len(self._texts()) + 1) * _POINTER if self._address else 0
        self._places = (ctypes.c_char * size).from_address(self._address) if size else None
        self._seen = self._places.raw if self._places is not None else b""

    def is_unchanged(self) -> bool:
        """Return whether no code has changed it since then."""
        if (self._begin.value or 0) != self._address:
            return False
        return self._places is None or self._places.raw == self._seen

    def variables(self) -> dict[str, str]:
        """Return all variables, by name."""
        pairs = (text.partition(b"=") for text in self._texts())
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}

    def _texts(self) -> list[bytes]:
        texts: list[bytes] = []
        at = self._begin.value
        while at and (text := ctypes.c_char_p.from_address(at).value) is not None:
            texts.append(text)
            at += _POINTER
        return texts


_rooms: dict[bytes, ctypes.Array[ctypes.c_char]] = {}
"""The memory of each placed variable, to which the list of variables may lead as long as the process lasts."""


class PlacedVariables:
    """Environment variables whose values change often: each has memory of its own, in which its value is replaced.

    ``setenv`` keeps each value that it has ever set, and searches them all to set the next one.
    """

    def __init__(self) -> None:
        self._values: dict[bytes, memoryview] = {}
        """The part for the value of each variable that is in its own memory at present."""

    def put(self, name: bytes, value: bytes) -> None:
        """Set a variable, and make the list of variables lead to its own memory if there is room for the value."""
        if len(value) >= _ROOM:
            self._values.pop(name, None)
            os.putenv(name, value)
            return
        room = _rooms.setdefault(name, ctypes.create_string_buffer(name + b"=", len(name) + 1 + _ROOM))
        self._values[name] = memoryview(room).cast("B")[len(name) + 1 :]
        self.replace(name, value)
        library.putenv(room)

    def replace(self, name: bytes, value: bytes) -> bool:
        """Replace the value in a variable's own memory, to which the list must lead; return whether there is room."""
        room = self._values.get(name)
        if room is None or len(value) >= _ROOM:
            return False
        room[: len(value) + 1] = value + b"\0"
        return True


_timezone = ctypes.c_long.in_dll(library, "timezone")


def zone() -> int:
    """Return the offset from UTC of the time zone that the C library last took from the environment.

    Its data on daylight-saving time depends on the moment that was last converted, and is of no use here.
    """
    return _timezone.value


class _Action(ctypes.Structure):
    """The action on a signal, as the C library lays it out on Linux."""

    _fields_ = (
        ("function", ctypes.c_void_p),
        ("mask", ctypes.c_uint64 * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


class Dispositions:
    """The C library's actions on signals, flags included.

    Args:
        signals: the signals to look at.
    """

    def __init__(self, signals: tuple[int, ...]) -> None:
        self._signals = signals
        self._seen = _Action()
        self._before = {number: _Action() for number in range(1, 65)}
        for number, action in self._before.items():
            library.sigaction(number, None, ctypes.byref(action))

    def look(self) -> list[tuple[int | None, int, int]]:
        """Return the actions on the named signals."""
        return [self._look_at(number) for number in self._signals]

    def _look_at(self, number: int) -> tuple[int | None, int, int]:
        seen = self._seen
        library.sigaction(number, None, ctypes.byref(seen))
        # The kernel fills in only this part of the mask.
        return seen.function, seen.mask[0], seen.flags

    def restore(self) -> None:
        """Restore the actions on all signals."""
        for number, action in self._before.items():
            library.sigaction(number, ctypes.byref(action), None)


def _file(name: str) -> ctypes.c_void_p:
    return ctypes.c_void_p.in_dll(library, name)


def write_lines_at_once() -> None:
    """Let C code write its output line by line: its buffer would keep it until a later step, or for ever."""
    line_by_line = 1
    library.setvbuf(_file("stdout"), None, line_by_line, ctypes.c_size_t(0))


library.fflush.argtypes = [ctypes.c_void_p]
flush = partial(library.fflush, None)
"""Write out the output of C code that is still buffered."""
