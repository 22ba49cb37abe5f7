"""Users of this machine that tests make: one process of tests at a time changes them, each its own."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_LOCK = Path("/run/sequent-tests-users")


@contextmanager
def one_at_a_time() -> Generator[None]:
    """Wait until no other process of tests changes users: the system's programs give up where somebody else does."""
    descriptor = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def change_users(*words: str) -> None:
    """Execute a command that makes, changes or removes a user."""
    with one_at_a_time():
        subprocess.run(words, check=True, capture_output=True)
