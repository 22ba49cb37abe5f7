"""Why something in a run has not started, or how it ended: one sentence, and its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.errors import UsageError
from sequent.model.outcome import Failure
from sequent.model.references import Path
from sequent.model.scope import Sequence, host_in, sequence_text
from sequent.model.status import Status
from sequent.runtime.records import TaskPlace
from sequent.view.run_facts import RunFacts, facts_of
from sequent.view.sentences import (
    cancelled_sentence,
    deciding,
    ended_sentence,
    failure_text,
    held_as_well,
    open_sentence,
    place_text,
    problem_text,
    ready_sentence,
    running_sentence,
    skipped_sentence,
    unbegun_run_sentence,
)
from sequent.view.sequences import around, is_copy
from sequent.view.states import PlaceStates
from sequent.view.text import counted
from sequent.view.truths import ClaimTruth, PartTruth, State
from sequent.view.typed_places import read_place
from sequent.view.waiting import Waiting, parallel_of, under_way, waiting_of

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_MOST_CAUSES = 5
_RANK = {Status.SKIPPED: 1, Status.CANCELLED: 2}
"""Of several impossible claims, one about something that has run says most."""


class Why(Struct, frozen=True, kw_only=True):
    """Why a step, a container, a copy or an iteration is where it is."""

    place: TaskPlace
    sentence: str
    """One sentence without its subject, which is the place."""
    status: Status
    attempt: int = 0
    """The number of its last attempt; 0 if there is none."""
    requirement: PartTruth | None = None
    """None if it waits for nothing."""
    waiting: Waiting | None = None
    """The other reason to wait, such as a pool; None if its requirement is not true, or if it has begun or settled."""
    cause: Failure | None = None
    """The failure that stopped its container."""
    container: TaskPlace | None = None
    """The container that has not begun, or is over, and decides about it; None if it is decided by itself."""

    @property
    def name(self) -> str:
        """The place as people read it."""
        return place_text(self.place)

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.name} {self.sentence}"


class Explanations:
    """Explains places of one run; each fact is read, and each state is computed, once.

    Args:
        facts: the run.
        now: the present moment, in seconds since 1970.
        states: the states of its places, if they are computed already.
    """

    def __init__(self, facts: RunFacts, now: float, states: PlaceStates | None = None) -> None:
        self._facts = facts
        self._states = PlaceStates(facts) if states is None else states
        self._now = now

    def why(self, path: Path, sequence: Sequence) -> Why:
        """Explain a place: see ``ReadPlaces`` for its sequence."""
        for length in range(1, len(path)):
            iteration = around(path[: length + 1], sequence)
            if not self._states.has_begun(path[:length], iteration):
                return self._unbegun(TaskPlace(".".join(path), sequence), path[:length], iteration)
        if around(path, sequence) == sequence:
            return self._whole(path, sequence)
        standing = self._facts.places.standing(path, sequence)
        if standing is None:
            return self._unbegun(TaskPlace(".".join(path), sequence), path, sequence)
        if self._states.is_lost(path, sequence):
            return self._ready(path, sequence)
        if standing.status in (Status.ACTIVE, Status.SUCCESS) or self._states.has_failed(path, sequence):
            return self._begun(path, sequence, State(status=standing.status))
        cause = self._states.stops.cause(path, sequence[:-1])
        return self._cancelled(path, sequence, cause) if cause is not None else self._ready(path, sequence)

    # -- a step or container as a whole

    def _whole(self, path: Path, sequence: Sequence) -> Why:
        place = TaskPlace(".".join(path), sequence)
        if not self._states.has_begun(path[:-1], sequence):
            return self._before_the_run(place)
        state = self._states.state(path, sequence)
        if state.is_doubtful or state.status in (Status.ACTIVE, Status.SUCCESS, Status.FAILURE):
            return self._begun(path, sequence, state)
        if state.status is Status.CANCELLED:
            return self._cancelled(path, sequence, self._states.stops.cause(path[:-1], sequence[:-1]))
        if state.status is Status.READY and (not self._is_over(state) or self._is_asked(path, sequence)):
            return self._ready(path, sequence)
        requirement = self._states.requirement(path, sequence)
        if state.status is Status.SKIPPED:
            sentence = skipped_sentence(self._chain(path, sequence))
        elif self._is_over(state) or requirement is None:
            sentence = f"had not begun when the run ended: {self._facts.record.status.value}"
        else:
            waiting = waiting_of(self._facts, path, sequence)
            sentence = held_as_well(open_sentence(requirement), waiting)
            return Why(place=place, sentence=sentence, status=state.status, requirement=requirement, waiting=waiting)
        return Why(place=place, sentence=sentence, status=state.status, requirement=requirement)

    def _before_the_run(self, place: TaskPlace) -> Why:
        """Explain a place in a run that has not begun: its flow may acquire pools that other runs hold."""
        waiting = waiting_of(self._facts, (), (1,))
        sentence = unbegun_run_sentence(waiting, self._facts.record.status)
        return Why(place=place, sentence=sentence, status=Status.WAITING, waiting=waiting, container=TaskPlace("", ()))

    def _is_over(self, state: State) -> bool:
        return state.is_over or self._states.is_over

    def _is_asked(self, path: Path, sequence: Sequence) -> bool:
        """Return whether a question waits for its answer, which a run that was stopped still takes."""
        return waiting_of(self._facts, path, sequence).question != ""

    def _begun(self, path: Path, sequence: Sequence, state: State) -> Why:
        standing = self._facts.places.standing(path, sequence)
        if state.status is Status.ACTIVE or standing is None:
            sentence = running_sentence(standing, self._facts.record.status)
        else:
            sentence = ended_sentence(standing, state.status)
        if state.is_doubtful:
            sentence += "; it may have to run again in this recovery"
        if state.status is Status.FAILURE and standing is not None and standing.problem is None:
            sentence += self._failures_text(path, sequence)
        return Why(
            place=TaskPlace(".".join(path), sequence),
            sentence=sentence,
            status=state.status,
            attempt=0 if standing is None else standing.attempt,
            requirement=self._requirement(path, sequence),
        )

    def _failures_text(self, path: Path, sequence: Sequence) -> str:
        """Return the first failure in a container that failed, and the number of the others."""
        failures = self._facts.places.failed_within(path, sequence)
        name = ".".join(path)
        place = (name, sequence_text(sequence), host_in(sequence))
        own = [each for each in self._facts.container_problems if (each.path, each.sequence, each.host) == place]
        found = [*own, *failures]
        if not found:
            return ""
        more = f", and {counted(len(found) - 1, 'other')}" if len(found) > 1 else ""
        return f": {failure_text(found[0])} failed ({problem_text(found[0].problem)}){more}"

    def _cancelled(self, path: Path, sequence: Sequence, cause: Failure | None) -> Why:
        if cause is None:
            # A container that was cancelled within.
            cause = self._states.stops.cause(path, sequence)
        return Why(
            place=TaskPlace(".".join(path), sequence),
            sentence=cancelled_sentence(cause),
            status=Status.CANCELLED,
            requirement=self._requirement(path, sequence),
            cause=cause,
        )

    def _ready(self, path: Path, sequence: Sequence) -> Why:
        waiting = waiting_of(self._facts, path, sequence)
        standing = self._facts.places.standing(path, sequence)
        sentence = ready_sentence(waiting, self._facts.record.status, self._now)
        if standing is not None and self._states.is_lost(path, sequence):
            sentence = f"{running_sentence(standing, self._facts.record.status)}; it {sentence}"
        return Why(
            place=TaskPlace(".".join(path), sequence),
            sentence=sentence,
            status=Status.READY,
            attempt=0 if standing is None else standing.attempt,
            requirement=self._requirement(path, sequence),
            waiting=waiting,
        )

    def _requirement(self, path: Path, sequence: Sequence) -> PartTruth | None:
        """Return the requirement of a whole step or container; its copies and iterations have none of their own."""
        return self._states.requirement(path, sequence) if around(path, sequence) == sequence else None

    def _chain(self, path: Path, sequence: Sequence) -> list[ClaimTruth]:
        """Return the claims that became impossible one by the other, to the failure or result that began it."""
        chain: list[ClaimTruth] = []
        while len(chain) < _MOST_CAUSES:
            requirement = self._states.requirement(path, sequence)
            claims = [] if requirement is None else list(deciding(requirement, truth=False))
            if not claims:
                break
            claim = min(claims, key=lambda each: _RANK.get(each.status, 0))
            chain.append(claim)
            path, sequence = tuple(claim.path.split(".")), claim.sequence
            if claim.status is not Status.SKIPPED:
                break
        return chain

    # -- iterations and copies that have not begun

    def _unbegun(self, place: TaskPlace, container: Path, iteration: Sequence) -> Why:
        """Explain a place in an iteration that has not begun, or that iteration itself."""
        whole = around(container, iteration)
        outer = self._whole(container, whole)
        around_it = TaskPlace(".".join(container), whole)
        if outer.status is not Status.ACTIVE:
            is_over = outer.status in (Status.SUCCESS, Status.FAILURE)
            status = Status.CANCELLED if is_over else outer.status
            sentence = f"{'never began' if is_over else 'has not begun'}: {outer.text}"
            return Why(place=place, sentence=sentence, status=status, cause=outer.cause, container=around_it)
        cause = self._states.stops.cause(container, iteration[:-1])
        if cause is not None:
            sentence = cancelled_sentence(cause)
            return Why(place=place, sentence=sentence, status=Status.CANCELLED, cause=cause, container=around_it)
        count, number = self._facts.places.item_count(container, iteration[:-1]), iteration[-1]
        if count is not None and isinstance(number, int) and number > count:
            sentence = f"never begins: {place_text(around_it)} has {count} items"
            return Why(place=place, sentence=sentence, status=Status.CANCELLED, container=around_it)
        if not self._facts.part(container).is_container and self._has_room(container, iteration):
            return self._ready(container, iteration)
        most = parallel_of(self._facts, container)
        limit = f", {most} at a time" if most is not None else ""
        name = place_text(TaskPlace(around_it.path, iteration))
        waiting = waiting_of(self._facts, tuple(place.path.split(".")), place.sequence)
        sentence = f"waits: iteration {name} has not begun; {place_text(around_it)} is under way{limit}"
        sentence = held_as_well(sentence, waiting)
        return Why(place=place, sentence=sentence, status=Status.WAITING, waiting=waiting, container=around_it)

    def _has_room(self, path: Path, iteration: Sequence) -> bool:
        """Return whether an iteration or copy of a step may be under way: it leaves no row before it is executed."""
        most = None if is_copy(iteration) else parallel_of(self._facts, path)
        return most is None or under_way(self._facts, path, iteration[:-1]) < most


def why_of(facts: RunFacts, path: Path, sequence: Sequence, now: float) -> Why:
    """Return why a place of a run is where it is; ``Explanations`` explains several."""
    return Explanations(facts, now).why(path, sequence)


def explained(store: Store, record: RunRecord, text: str, now: float) -> Why:
    """Return why the place that a person means is where it is.

    Raises:
        UsageError: the run has no such place, the text means several, or the run is too old.
    """
    facts = facts_of(store, record)
    if not facts.is_described:
        raise UsageError(
            f"run {record.id!r} was made by a version of Sequent that did not keep requirements",
            code="old-run",
            hint="look at its tasks with show",
        )
    place = read_place(facts, text)
    return why_of(facts, tuple(place.path.split(".")), place.sequence, now)
