"""Many seeds, simulated by several processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulation.simulation import Seen, simulate_seed

_AT_ONCE = 20
"""Seeds that a process gets at once."""


def simulated(seeds: Iterable[int], processes: int | None = None) -> Iterator[Seen]:
    """Yield what was seen of each seed, in order; by default one process for each processor."""
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(simulate_seed, seeds, chunksize=_AT_ONCE)
