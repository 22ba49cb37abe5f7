"""Pauses the garbage collection while modules are loaded."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """Collect no garbage within the block, and exempt the objects made in it for good.

    The objects of modules live as long as the command. To search them for garbage whenever there are more of them takes
    an
    eighth of the time of loading.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
