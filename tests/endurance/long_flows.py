"""Flows with very many tasks; each task appends its number to a file."""

from __future__ import annotations

import os
import struct
import time

from sequent import container, item, step

COUNT = int(os.environ.get("ENDURANCE_COUNT", "1000"))
MARKS = "ENDURANCE_MARKS"
"""Names the file."""
MARK = struct.Struct("!I")
HELD = "ENDURANCE_HELD"
"""Says with how many marks in the file no task ends any more: until the driver is killed."""


def mark(number: int = item()) -> int:
    """Leave the number in the file, and return it."""
    descriptor = os.open(os.environ[MARKS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, MARK.pack(number))
        while os.fstat(descriptor).st_size >= MARK.size * float(os.environ.get(HELD, "inf")):
            time.sleep(0.01)
    finally:
        os.close(descriptor)
    return number


@container(max_concurrent=2)
class tasks:
    """So many tasks in any order, and one that takes the results of all."""

    leaf = step(repeats=range(COUNT), parallel=0)(mark)

    @step
    def last(self, numbers: list[int] = leaf.result) -> None:
        """Fail unless all results are there."""
        if numbers != list(range(COUNT)):
            raise ValueError(f"{len(numbers)} results, with the sum {sum(numbers)}")


def nothing() -> None:
    """Take no time."""


@container(max_concurrent=2)
class iterations:
    """So many iterations that do nothing."""

    leaf = step(repeats=range(COUNT), parallel=0)(nothing)
