"""A number that marks every process of a run, whatever it does to its session, environment or files.

It is a resource limit that is otherwise unused: for how many microseconds a process may keep a processor under
real-time scheduling. A limit of tens of thousands of years limits nothing; but each child inherits it, it survives
``exec`` and a change of the user, and every user may read it. It is derived from the run's directory, so it need not be
stored.
"""

from __future__ import annotations

import ctypes
import os
from typing import NamedTuple

from sequent.digests import blake2b

_RLIMIT_RTTIME = 15
_ROW = b"Max realtime timeout"
_LOWEST = 1 << 61
"""A limit of at least this size is a stamp, unless it is no limit at all."""
_LOW_BITS = 30
_NONE = (1 << _LOW_BITS) - 1
"""The low bits of the stamp of a run that no step of another run has started."""


class _Limit(ctypes.Structure):
    _fields_ = (("soft", ctypes.c_uint64), ("hard", ctypes.c_uint64))


class Stamp(NamedTuple):
    """The mark of a run's processes: in the high bits or, if a step of another run has started it, in the low ones."""

    high: int
    low: int

    @classmethod
    def of(cls, directory: str) -> Stamp:
        """Return the stamp of the run with that directory."""
        digest = blake2b(os.fsencode(os.path.realpath(directory)), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        return cls(number >> 33, number % _NONE)

    def is_borne_by(self, pid: int) -> bool:
        """Return whether a process was started by the run, or by a run that one of its steps has started."""
        number = _number_of(pid)
        return number is not None and (self.high == number >> _LOW_BITS or self.low == number & _NONE)

    def bear(self) -> None:
        """Mark this process, and all that it will start.

        A limit can only be lowered: if a step of another run has started this one, the other's high bits stay. If a
        third run is within the second, or an administrator has set that limit, there may be no room for a mark: the
        run's processes are then known by other means.
        """
        before = _number_of(os.getpid())
        number = (self.high << _LOW_BITS) + _NONE if before is None else (before & ~_NONE) + self.low
        limit = _Limit(_LOWEST + number, _LOWEST + number)
        ctypes.CDLL(None, use_errno=True).prlimit(0, _RLIMIT_RTTIME, ctypes.byref(limit), None)


def _number_of(pid: int) -> int | None:
    """Return the number of a process's mark; None if it has none, or is gone."""
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:
            limits = file.read()
    except OSError:
        return None
    _, _, rest = limits.partition(_ROW)
    hard = rest.split(None, 2)[1:2]
    if not hard or not hard[0].isdigit():
        return None
    number = int(hard[0]) - _LOWEST
    return number if 0 <= number < _LOWEST else None
