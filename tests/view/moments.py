"""Looks at runs while they go on: a simulated run stops for a moment whenever its driver sleeps."""

from __future__ import annotations

from collections.abc import Callable

from sequent.engine import Scheduler
from sequent.runtime.driver import loop
from sequent.testing.clock import BEGINNING
from sequent.testing.simulated_time import SimulatedSelector
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import World
from sequent.view.run_facts import RunFacts, facts_of
from sequent.view.typed_places import read_place
from sequent.view.why import Why, why_of


class Watched:
    """A simulated world whose runs are looked at.

    Args:
        monkeypatch: sets the places where its driver sleeps, and where it makes its engine.
        look: called with this world whenever the driver is about to sleep: all that has happened is written.
    """

    def __init__(self, monkeypatch, look: Callable[[Watched], None]) -> None:
        self.world: World | None = None
        self.engine: Scheduler | None = None
        sleep = SimulatedSelector.select
        watched = self

        class Seen(Scheduler):
            def __init__(self, *arguments, **options) -> None:
                super().__init__(*arguments, **options)
                watched.engine = self

        def select(selector, timeout=None):
            if timeout != 0 and watched.world is not None and not _is_due(selector):
                look(watched)
            return sleep(selector, timeout)

        monkeypatch.setattr(loop, "Scheduler", Seen)
        monkeypatch.setattr(SimulatedSelector, "select", select)

    @property
    def facts(self) -> RunFacts:
        """The facts about its run, as the store has them now."""
        store = self.world._store
        (record,) = store.runs()
        return facts_of(store, store.find(record.id))

    @property
    def now(self) -> float:
        """The seconds that have passed in the simulation."""
        return self.world._clock.elapsed

    def why(self, text: str) -> Why:
        """Explain a place as a person names it."""
        facts = self.facts
        place = read_place(facts, text)
        return why_of(facts, tuple(place.path.split(".")), place.sequence, self.world._clock.now())


def _is_due(selector: SimulatedSelector) -> bool:
    agenda = selector._agenda
    agenda._drop_cancelled()
    return bool(agenda._heap) and agenda._heap[0][0] <= agenda._clock.elapsed


def told(monkeypatch, flow, at: float, *names: str, **scenario) -> dict[str, str]:
    """Return the sentence of each place after that many simulated seconds, or at the end of the run."""
    return {name: why.sentence for name, why in reasons(monkeypatch, flow, at, *names, **scenario).items()}


def reasons(monkeypatch, flow, at: float, *names: str, **scenario) -> dict[str, Why]:
    """Return why each place is where it was when the driver slept last in so many seconds, or at the end of the run."""
    found: dict[str, Why] = {}

    def look(watched: Watched) -> None:
        if watched.now <= at:
            found.update({name: watched.why(name) for name in names})

    with monkeypatch.context() as patched:
        watched = Watched(patched, look)
        watched.world = World(flow, {}, BEGINNING, scenario.pop("max_concurrent", None), 1000)
        watched.world.change(scenario, 0.0)
        watched.world.begin(EarlyEnd(None, -1))
        return found if watched.now > at else {name: watched.why(name) for name in names}
