"""Leaves out the search for garbage while modules are loaded."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """Look for no garbage in what is loaded meanwhile, neither now nor later.

    What modules are made of stays for as long as the command does. Going through it each time that there is more of it
    takes an eighth of the time of loading it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
