"""Standard streams that lead to ``/dev/null``: those that were closed, and those that a process leaves."""

from __future__ import annotations

import os
import sys

_NAMES = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_missing() -> None:
    """See that descriptors 0 to 2 lead somewhere, lest a file or a socket takes the place of one; so do the streams."""
    for descriptor, (name, mode) in enumerate(_NAMES):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", errors="backslashreplace", closefd=False))  # noqa: SIM115 - as long as the process


def leave_streams() -> None:
    """Let those who read what this process's parent writes not wait for this process as well."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
