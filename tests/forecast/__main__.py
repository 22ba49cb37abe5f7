"""``python -m tests.forecast`` compares forecasts with real runs of random flows, in a store of its own.

For each flow, it runs a history, makes one forecast, and then counts the further runs that take as long as the forecast
says: between its low and its high value.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sequent.dsl.definitions import definition_of
from sequent.forecast.forecasting import ForecastRequest, forecast
from sequent.runtime.store import open_store
from tests.forecast import real_flows

LEAST, MOST = 0.7, 0.9
"""The share of runs that may lie in the band of eight in ten: chance moves it a little."""


def main() -> int:
    """Make runs and forecasts; return 1 if too few or too many runs lie in their bands."""
    parser = argparse.ArgumentParser(prog="python -m tests.forecast", description=__doc__.partition("\n")[0])
    parser.add_argument("--flows", type=int, default=20)
    parser.add_argument("--history", type=int, default=9, help="runs of each flow before its forecast")
    parser.add_argument("--checked", type=int, default=10, help="runs of each flow that are compared with it")
    parser.add_argument("--first", type=int, default=0, help="the first seed of a flow")
    words = parser.parse_args()
    hits = tries = 0
    with tempfile.TemporaryDirectory() as directory:
        for seed in range(words.first, words.first + words.flows):
            store = Path(directory) / f"{seed}.db"
            found = compared(store, seed, words.history, words.checked)
            hits, tries = hits + found, tries + words.checked
            print(f"  {hits} of {tries} so far", flush=True)
    print(f"{hits} of {tries} real runs of {words.flows} random flows in their bands: {hits / tries:.1%}")
    return not LEAST <= hits / tries <= MOST


def compared(store: Path, seed: int, history: int, checked: int) -> int:
    """Return how many runs of a flow lie in the band of its forecast."""
    for number in range(history):
        run(store, seed, number)
    os.environ[real_flows.SEED] = str(seed)
    definition = definition_of(importlib.reload(real_flows).flow)
    opened = open_store(str(store))
    try:
        made = forecast(definition, opened, ForecastRequest(start=time.time(), most_runs=history))
        for number in range(history, history + checked):
            run(store, seed, number)
        lengths = [each.ended - each.created for each in opened.runs(limit=checked)]
    finally:
        opened.close()
    band = made.seconds
    found = sum(band.low <= length <= band.high for length in lengths)
    shown = " ".join(f"{length:.2f}" for length in sorted(lengths))
    print(
        f"flow {seed}: {band.low:.2f} to {band.high:.2f} s, offset {made.offset:.2f} s; {found} of {checked}: {shown}"
    )
    return found


def run(store: Path, seed: int, number: int) -> None:
    """Run a flow to its end."""
    command = [sys.executable, "-m", "sequent", "run", "tests.forecast.real_flows:flow", "--quiet"]
    environment = {**os.environ, real_flows.SEED: str(seed), real_flows.RUN: str(number), "SEQUENT_STORE": str(store)}
    subprocess.run(command, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
