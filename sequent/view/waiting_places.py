"""Lists the tasks and containers of a run that have not begun and may still begin."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.references import Path
from sequent.model.scope import Sequence
from sequent.model.status import Status
from sequent.view.run_facts import RunFacts
from sequent.view.states import PlaceStates
from sequent.view.why import Explanations, Why


def waiting_places(facts: RunFacts, now: float) -> Iterator[Why]:
    """Yield why each of them waits, in the order of the flow; a container stands for all that is in it.

    Those in iterations that have not begun are left out, and so are the next iterations of repeats.
    """
    states = PlaceStates(facts)
    if states.has_begun((), (1,)):
        explanations = Explanations(facts, now, states)
        for path, sequence in _waiting(states, (), (1,)):
            yield explanations.why(path, sequence)


def _waiting(states: PlaceStates, container: Path, iteration: Sequence) -> Iterator[tuple[Path, Sequence]]:
    """Yield the places within an iteration."""
    facts = states.facts
    for path in facts.children.get(container, ()):
        state = states.state(path, iteration)
        if state.status in (Status.WAITING, Status.READY):
            yield path, iteration
        elif state.status is Status.ACTIVE:
            for whole in _copies(facts, path, iteration):
                if whole != iteration and states.state(path, whole).status in (Status.WAITING, Status.READY):
                    yield path, whole
                elif facts.part(path).is_container:
                    for number in facts.places.begun_iterations(path, whole):
                        yield from _waiting(states, path, (*whole, number))


def _copies(facts: RunFacts, path: Path, whole: Sequence) -> list[Sequence]:
    """Return the copies of a container, or itself if it has none."""
    if "hosts" not in facts.part(path).options:
        return [whole]
    return [(*whole, host) for host in facts.places.copies(path, whole)]
