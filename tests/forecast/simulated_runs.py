"""A store with earlier runs that took place in simulated time."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from sequent.dsl.specification.definitions import definition_of
from sequent.forecast.forecast_request import ForecastRequest
from sequent.forecast.forecasting import forecast
from sequent.forecast.limits import LimitChanges
from sequent.runtime.store.sqlite.temporary import MemoryStore
from sequent.testing.clock import BEGINNING, FakeClock
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import World

NOW = (BEGINNING + timedelta(days=30)).timestamp()


class SimulatedRuns:
    """Runs of flows in one store, an hour apart."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self._count = 0
        self.store = MemoryStore(lambda: self._clock.now())

    def add(self, flow, *, params=None, max_concurrent=4, stop_at=None, **scenario):
        """Simulate a run; return the simulation."""
        start = BEGINNING + timedelta(hours=self._count)
        self._count += 1
        world = World(flow, params or {}, start, max_concurrent, 10_000)
        self._clock, world._store = world._clock, self.store
        world.change(scenario, 0.0)
        return world.begin(EarlyEnd(stop_at))

    def forecast(self, flow, *, slots=4, watch=None, **request):
        """Return the forecast; ``slots`` are the tasks at once on this machine."""
        definition = definition_of(flow)
        config = evolve(definition.spec.config, max_concurrent=slots)
        definition = evolve(definition, spec=evolve(definition.spec, config=config))
        request["changes"] = LimitChanges(**request.pop("changes", {}))
        return forecast(definition, self.store, ForecastRequest(**{"start": NOW, **request}), watch)
