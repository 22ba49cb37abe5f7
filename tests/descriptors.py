"""The descriptors of this process: what is open, and a limit that leaves it few."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress


def open_descriptors() -> dict[int, str]:
    """Return what is open in this process, by its number."""
    found: dict[int, str] = {}
    for name in os.listdir("/proc/self/fd"):
        # The directory that is listed is closed by now.
        with suppress(FileNotFoundError):
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return found


@contextmanager
def few_descriptors(count: int) -> Generator[Callable[[], None]]:
    """Let this process open so many descriptors more, wherever they are free; yield a function that ends that."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def give_back() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    free = [os.open("/", os.O_RDONLY) for _ in range(count + 1)]
    for descriptor in free:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[-1], before[1]))
    try:
        yield give_back
    finally:
        give_back()
