"""The directory in which a run was started, for what is executed in the driver's own process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator


@contextlib.contextmanager
def in_directory(directory: str) -> Generator[None]:
    """Be in that directory, and afterwards where the process was before."""
    before = os.getcwd()
    if not directory or directory == before:
        yield
        return
    os.chdir(directory)
    try:
        yield
    finally:
        # It may be gone by now; what was executed has been all the same.
        with contextlib.suppress(OSError):
            os.chdir(before)
