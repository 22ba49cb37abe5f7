"""The C library's own state, read from its memory where a call for each attempt would cost too much."""

from __future__ import annotations

import ctypes
import os
from functools import partial

library = ctypes.CDLL(None, use_errno=True)
_POINTER = ctypes.sizeof(ctypes.c_void_p)
_END = bytes(_POINTER)
"""The pointer that leads nowhere; those before may end with two bytes of its kind."""


class Environment:
    """The list of environment variables that programs are given, whoever has changed it.

    Whatever sets a variable makes its place in the list lead to another text, so comparing places tells of all
    changes for a hundredth of what reading the texts costs.
    """

    def __init__(self) -> None:
        self._begin = ctypes.c_void_p.in_dll(library, "environ")
        self._address = 0
        self._places: ctypes.Array[ctypes.c_char] | None = None
        self._seen = b""
        self.remember()

    def remember(self) -> None:
        """Compare with what is there now."""
        if self._address and self._begin.value == self._address and self._places is not None:
            places = self._places.raw
            # As long as before where its end is where it was, and nowhere before.
            if places.find(_END) >= len(places) - _POINTER - 2:
                self._seen = places
                return
        self._address = self._begin.value or 0
        size = (len(self._texts()) + 1) * _POINTER if self._address else 0
        self._places = (ctypes.c_char * size).from_address(self._address) if size else None
        self._seen = self._places.raw if self._places is not None else b""

    def is_unchanged(self) -> bool:
        """Whether nobody has changed it since."""
        if (self._begin.value or 0) != self._address:
            return False
        return self._places is None or self._places.raw == self._seen

    def variables(self) -> dict[str, str]:
        """All that there are, by name."""
        pairs = (text.partition(b"=") for text in self._texts())
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}

    def _texts(self) -> list[bytes]:
        texts: list[bytes] = []
        at = self._begin.value
        while at and (text := ctypes.c_char_p.from_address(at).value) is not None:
            texts.append(text)
            at += _POINTER
        return texts


_timezone = ctypes.c_long.in_dll(library, "timezone")


def zone() -> int:
    """How far the time zone is from UTC that the C library has taken from the environment when it last looked.

    What it says of summer times depends on the moment that was last converted, and tells nothing.
    """
    return _timezone.value


class _Action(ctypes.Structure):
    """What is done on a signal, as the C library lays it out on Linux."""

    _fields_ = (
        ("function", ctypes.c_void_p),
        ("mask", ctypes.c_uint64 * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


class Dispositions:
    """What the C library does on each signal, flags included.

    Args:
        signals: those that are looked at.
    """

    def __init__(self, signals: tuple[int, ...]) -> None:
        self._signals = signals
        self._seen = _Action()
        self._before = {number: _Action() for number in range(1, 65)}
        for number, action in self._before.items():
            library.sigaction(number, None, ctypes.byref(action))

    def look(self) -> list[tuple[int | None, int, int]]:
        """Those of the signals that were named."""
        return [self._look_at(number) for number in self._signals]

    def _look_at(self, number: int) -> tuple[int | None, int, int]:
        seen = self._seen
        library.sigaction(number, None, ctypes.byref(seen))
        # The kernel fills in no more of the mask than this.
        return seen.function, seen.mask[0], seen.flags

    def restore(self) -> None:
        """Those of all signals, as they were."""
        for number, action in self._before.items():
            library.sigaction(number, ctypes.byref(action), None)


def _file(name: str) -> ctypes.c_void_p:
    return ctypes.c_void_p.in_dll(library, name)


def write_lines_at_once() -> None:
    """Have what C code prints written line by line: its buffer would keep it until a later step's turn, or for ever."""
    line_by_line = 1
    library.setvbuf(_file("stdout"), None, line_by_line, ctypes.c_size_t(0))


library.fflush.argtypes = [ctypes.c_void_p]
flush = partial(library.fflush, None)
"""Write out what C code has printed."""
