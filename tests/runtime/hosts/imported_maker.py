"""A function that another module imports: nobody may call it by the name of that module."""

from __future__ import annotations

import os
from pathlib import Path

from sequent import Sequent


def imported_maker() -> Sequent:
    """Leave a file in the home directory."""
    Path(os.environ["HOME"], "called").touch()
    return Sequent()
