"""``python -m tests.forecast`` compares forecasts with real runs of random flows, in a store of its own.

Each flow runs some times, to have a history. Then each further run is compared with the forecast that was made just
before it, from the latest runs: it counts if it took from ``low`` to ``high``.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sequent.dsl.specification.definitions import definition_of
from sequent.forecast.forecast_request import ForecastRequest
from sequent.forecast.forecasting import forecast
from sequent.runtime.store import open_store
from sequent.testing import simulate
from tests.forecast import real_flows

LEAST, MOST = 0.7, 0.9
"""The share of runs that may lie in the band of eight in ten: chance moves it a little."""
FEWEST_TASKS, MOST_TASKS = 3, 25
"""The size of the flows: larger ones take too long."""


def main() -> int:
    """Make runs and forecasts; return 1 if too few or too many runs lie in their bands."""
    parser = argparse.ArgumentParser(prog="python -m tests.forecast", description=__doc__.partition("\n")[0])
    parser.add_argument("--flows", type=int, default=20)
    parser.add_argument("--history", type=int, default=9, help="runs of each flow before its forecast")
    parser.add_argument("--checked", type=int, default=10, help="runs of each flow that are compared with one")
    parser.add_argument("--first", type=int, default=0, help="the first seed of a flow")
    words = parser.parse_args()
    hits = tries = 0
    seeds = seeds_from(words.first)
    with tempfile.TemporaryDirectory() as directory:
        for seed in (next(seeds) for _ in range(words.flows)):
            hits += compared(Path(directory) / f"{seed}.db", seed, words.history, words.checked)
            tries += words.checked
            print(f"  {hits} of {tries} so far", flush=True)
    print(f"{hits} of {tries} real runs of {words.flows} random flows in their bands: {hits / tries:.1%}")
    return not LEAST <= hits / tries <= MOST


def flow_of(seed: int) -> object:
    """Return the flow of a seed."""
    os.environ[real_flows.SEED] = str(seed)
    return importlib.reload(real_flows).flow


def seeds_from(first: int) -> Iterator[int]:
    """Yield the seeds of flows that are neither too small nor too large."""
    while True:
        if FEWEST_TASKS <= sum(simulate(flow_of(first)).outcome.counts.values()) <= MOST_TASKS:
            yield first
        first += 1


def compared(path: Path, seed: int, history: int, checked: int) -> int:
    """Return how many runs of a flow took as long as the forecast before each says."""
    definition, hits = definition_of(flow_of(seed)), 0
    for number in range(history):
        run(path, seed, number)
    with closing(open_store(str(path))) as store:
        for number in range(history, history + checked):
            band = forecast(definition, store, ForecastRequest(start=time.time(), most_runs=history)).seconds
            run(path, seed, number)
            (ended,) = store.runs(limit=1)
            length = ended.ended - ended.created
            hits += band.low <= length <= band.high
            mark = "" if band.low <= length <= band.high else "  outside"
            print(f"flow {seed}, run {number}: {length:.2f} s, foretold {band.low:.2f} to {band.high:.2f}{mark}")
    return hits


def run(store: Path, seed: int, number: int) -> None:
    """Run a flow to its end."""
    command = [sys.executable, "-m", "sequent", "run", "tests.forecast.real_flows:flow", "--quiet"]
    environment = {**os.environ, real_flows.SEED: str(seed), real_flows.RUN: str(number), "SEQUENT_STORE": str(store)}
    subprocess.run(command, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
