"""Notes how many faults a test of this suite has caused: what docs/evidence.md tells is what was counted here."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

VARIABLE = "FAULT_EVIDENCE"
"""Names the file to which notes are appended; without it nothing is noted."""

MINUTES = float(os.environ.get("FAULT_MINUTES", math.inf))
"""After which each search of a long run ends."""
T = TypeVar("T")


def in_time(points: Iterable[T]) -> Iterator[T]:
    """Give one after another, as long as there is time."""
    until = time.monotonic() + 60 * MINUTES
    for point in points:
        yield point
        if time.monotonic() > until:
            return


def note(row: int, database: str = "SQLite", **counts: int) -> None:
    """Note what was done.

    Args:
        row: of the matrix.
        database: in which the runs were.
        counts: how often what happened, each named by a plural such as ``kills``.
    """
    path = os.environ.get(VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"row": row, "database": database, "counts": counts}) + "\n")
