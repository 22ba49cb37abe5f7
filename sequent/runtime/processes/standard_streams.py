"""Standard streams that lead to ``/dev/null``: those that were closed, and those that a process leaves."""

from __future__ import annotations

import os
import sys

_NAMES = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_missing() -> None:
    """Open descriptors 0 to 2 if they are closed, so that no file or socket takes their numbers; and the streams."""
    for descriptor, (name, mode) in enumerate(_NAMES):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free one, which is this one.
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", errors="backslashreplace", closefd=False))  # noqa: SIM115 - as long as the process


def leave_streams() -> None:
    """Leave the standard streams, so that a reader of the parent's output does not wait for this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
