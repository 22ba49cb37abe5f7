"""What is told to people before a run has its observer: that something is waited for."""

from __future__ import annotations

import contextlib
import sys


def notify(text: str) -> None:
    """Tell people something that is no result, on standard error."""
    # It may be closed, or nobody may read it any more.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
