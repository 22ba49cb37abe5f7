"""A flow drawn from a seed, whose steps take their time: some steps are long, and some runs are slow as a whole."""

from __future__ import annotations

import os
import time
from random import Random

from sequent import context
from tests.endurance.random_flows import Drawing

SEED = "FORECAST_SEED"
RUN = "FORECAST_RUN"
"""The number of the run, from which its durations are drawn."""
_SEED, _RUN = os.environ.get(SEED, "0"), os.environ.get(RUN, "0")


def pause() -> None:
    """Take as long as the step, the run and chance say."""
    here = context()
    usual = Random(f"{_SEED} {here.path}").uniform(0.05, 0.4)
    chance = Random(f"{_SEED} {_RUN} {here.path} {here.sequence} {here.attempt}")
    time.sleep(usual * Random(f"{_SEED} {_RUN}").lognormvariate(0, 0.15) * chance.lognormvariate(0, 0.3))


def fickle() -> None:
    """Take some time, and fail now and then."""
    pause()
    here = context()
    if Random(f"{_SEED} {_RUN} {here.path} {here.sequence} {here.attempt} fails").random() < 0.2:
        raise ValueError("not this time")


flow = Drawing(Random(_SEED), (pause, pause, fickle)).flow
