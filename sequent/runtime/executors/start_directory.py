"""The directory in which a run was started, for code that runs in the driver's own process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator


@contextlib.contextmanager
def in_directory(directory: str) -> Generator[None]:
    """Change to that directory, and afterwards back to the one before."""
    before = os.getcwd()
    if not directory or directory == before:
        yield
        return
    os.chdir(directory)
    try:
        yield
    finally:
        # That directory may be gone by now; the attempt has been executed all the same.
        with contextlib.suppress(OSError):
            os.chdir(before)
