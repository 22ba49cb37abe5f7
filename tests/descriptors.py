"""Leaves this process few descriptors."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Generator
from contextlib import contextmanager


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
