"""The environment of commands whose modules are compiled once, as they are where they are installed."""

from __future__ import annotations

import os
from pathlib import Path


def compiled(directory: Path, **variables: str) -> dict[str, str]:
    """The variables of this process and these; modules are compiled into the directory, whatever this process does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(directory / "compiled"), **variables}
