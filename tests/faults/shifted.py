"""The command line in a process whose wall clock is off by what a file says, and may be set while it runs."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

OFFSET = "OFFSET"
"""Names the file: seconds."""

_real = time.time


def shifted() -> float:
    """What the wall clock of this process says; nothing while nobody has set it."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return _real() + float(Path(os.environ[OFFSET]).read_text())
    return _real()


if __name__ == "__main__":
    # Before anything of Sequent is loaded, which keeps the function.
    time.time = shifted
    from sequent.cli import main

    sys.exit(main())
