"""Makes the imports of a command quicker."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module

_UNNEEDED = "typing_extensions"


@contextmanager
def uncollected() -> Generator[None]:
    """Collect no garbage within the block, and exempt the objects made in it for good.

    The objects of modules live as long as the command. To search them for garbage whenever there are more of them takes
    an eighth of the time of loading.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_msgspec() -> None:
    """Import msgspec as where typing_extensions is not installed: importing both takes a sixth of the time of ``ls``.

    msgspec then takes the same functions from ``typing``, which has had them since Python 3.11. If a version of it
    needs the package after all, nothing is imported now, and its first user imports both.
    """
    if _UNNEEDED in sys.modules:
        return
    sys.modules[_UNNEEDED] = None  # type: ignore[assignment]  # documented: its import fails
    try:
        with suppress(ImportError):
            import_module("msgspec")
    finally:
        del sys.modules[_UNNEEDED]
