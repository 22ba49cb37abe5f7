"""Computes the states of steps and containers from the rows of a run, by the rules by which the engine decides.

The store has a row for each part that has begun. The state of every other part (waiting, skipped or cancelled) follows
from the requirements, as in a recovery.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sequent.model.outcome import Failure
from sequent.model.references import Path
from sequent.model.requirements import Atom, claims_in
from sequent.model.scope import Sequence
from sequent.model.status import Claim, RunStatus, Status
from sequent.runtime.attempt_outcomes import may_retry
from sequent.runtime.records import RowState, RunRecord
from sequent.view.run_facts import RunFacts
from sequent.view.sequences import around
from sequent.view.stops import Stops, place_of
from sequent.view.truths import ClaimTruth, PartTruth, State, judge, tree_of, truth_of

_OVER = frozenset({RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.STOPPED})
_OPEN = State(status=Status.WAITING)
"""Stands for a state that is being computed: in an altered store, requirements may be a circle."""
_STATE_OF = Callable[[Path, Sequence], State]


class PlaceStates:
    """The states of the places of a run; each is computed once."""

    def __init__(self, facts: RunFacts) -> None:
        self.facts = facts
        self.stops = Stops(facts, self.early, self.has_failed)
        self._early: dict[tuple[Path, Sequence], State] = {}
        self._known: dict[tuple[Path, Sequence], State] = {}

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, and nothing in it will change before a recovery."""
        return self.facts.record.status in _OVER

    def state(self, path: Path, sequence: Sequence) -> State:
        """Return the state of a whole step or container."""
        key = (path, sequence)
        if key not in self._known:
            self._known[key] = _OPEN
            self._known[key] = self._state(path, sequence)
        return self._known[key]

    def early(self, path: Path, sequence: Sequence) -> State:
        """Return the same as if nothing had been cancelled: so it was when a failure stopped a container."""
        key = (path, sequence)
        if key not in self._early:
            self._early[key] = _OPEN
            self._early[key] = self._worked_out(path, sequence, self.early)
        return self._early[key]

    def has_begun(self, path: Path, sequence: Sequence) -> bool:
        """Return whether an iteration of a container has begun."""
        return self.facts.places.standing(path, sequence) is not None

    def has_failed(self, path: Path, sequence: Sequence) -> bool:
        """Return whether a task, also one iteration of a repeated step, has failed and is not tried again."""
        standing = self.facts.places.standing(path, sequence)
        return standing is not None and self._from_rows(path, sequence, standing) is Status.FAILURE

    def is_lost(self, path: Path, sequence: Sequence) -> bool:
        """Return whether a task was being executed when its driver ended, and no other driver has the run yet."""
        standing = self.facts.places.standing(path, sequence)
        return standing is not None and _is_lost(standing, self.facts.record)

    # -- requirements

    def truth(self, path: Path, sequence: Sequence) -> bool | None:
        """Return the truth of a requirement; a step or container without one waits for nothing."""
        return self._truth(path, sequence, self.state)

    def requirement(self, path: Path, sequence: Sequence) -> PartTruth | None:
        """Return a requirement with the truth of each part."""
        requires = self.facts.part(path).requires
        return None if requires is None else tree_of(requires, partial(self._claim, sequence))

    def _claim(self, sequence: Sequence, claim: Atom) -> ClaimTruth:
        place = around(claim.path, sequence)
        state = self.state(claim.path, place)
        return ClaimTruth(
            path=".".join(claim.path),
            sequence=place,
            claim=Claim(claim.claim).value,
            truth=self._judged(sequence, self.state, claim),
            status=state.status,
            asks=self.facts.part(claim.path).question != "",
            is_lost=self.is_lost(claim.path, place),
            values=claim.values,
        )

    def _truth(self, path: Path, sequence: Sequence, state_of: _STATE_OF) -> bool | None:
        requires = self.facts.part(path).requires
        return True if requires is None else truth_of(requires, partial(self._judged, sequence, state_of))

    def _judged(self, sequence: Sequence, state_of: _STATE_OF, claim: Atom) -> bool | None:
        place = around(claim.path, sequence)
        return judge(claim, state_of(claim.path, place), partial(self._result, claim.path, place))

    def _result(self, path: Path, sequence: Sequence) -> str | None:
        """Return the result of a step, or of the step whose result is that of a container."""
        while self.facts.part(path).is_container:
            path, sequence = (*path, self.facts.part(path).result), (*sequence, 1)
        return self.facts.places.returned(path, sequence)

    # -- states

    def _state(self, path: Path, sequence: Sequence) -> State:
        early = self.early(path, sequence)
        is_open = early.is_doubtful or early.status in (Status.WAITING, Status.READY, Status.SKIPPED)
        if not is_open or not self.has_begun(path[:-1], sequence):
            return early
        cause = self.stops.cause(path[:-1], sequence[:-1])
        if cause is not None and not self.facts.watches(path):
            if early.is_doubtful:
                # It does not run again.
                return State(status=Status.SUCCESS, has_been_ready=True, has_been_active=True)
            if early.status is Status.SKIPPED and self._was_skipped(path, sequence, cause):
                return early
            is_failed = self._waits_for_retry(path, sequence)
            status = Status.FAILURE if is_failed else Status.CANCELLED
            return State(status=status, has_been_ready=early.has_been_ready, has_been_active=early.has_been_active)
        return self._worked_out(path, sequence, self.state)

    def _was_skipped(self, path: Path, sequence: Sequence, cause: Failure) -> bool:
        """Return whether a requirement became impossible before a failure stopped the container around it."""
        counts = self.facts.record.unrun.get(".".join(path), {})
        was_skipped, was_cancelled = (bool(counts.get(status)) for status in (Status.SKIPPED, Status.CANCELLED))
        if was_skipped != was_cancelled:
            # So its driver counted the tasks of this step.
            return was_skipped
        return self._truth(path, sequence, self._before(cause)) is False

    def _before(self, cause: Failure) -> _STATE_OF:
        """Return a function that returns the state of a step or container when a failure stopped those around it.

        They stop before they settle. Of other containers it is not known when they settled.
        """
        known: dict[tuple[Path, Sequence], State] = {}
        failed = place_of(cause)
        standing = self.facts.places.standing(*failed)
        moment = None if standing is None else standing.ended

        def state(path: Path, sequence: Sequence) -> State:
            key = path, sequence
            if key not in known:
                known[key] = _OPEN
                found = self.facts.places.standing(path, sequence)
                ended = None if found is None else found.ended
                is_around = key != failed and failed[0][: len(path)] == path and failed[1][: len(sequence)] == sequence
                if is_around or (ended is not None and moment is not None and ended > moment):
                    known[key] = State(status=Status.WAITING)
                else:
                    known[key] = self._worked_out(path, sequence, state)
            return known[key]

        return state

    def _worked_out(self, path: Path, sequence: Sequence, state_of: _STATE_OF) -> State:
        if not self.has_begun(path[:-1], sequence):
            return State(status=Status.WAITING)
        standing = self.facts.places.standing(path, sequence)
        status = None if standing is None else self._from_rows(path, sequence, standing)
        is_of_now = standing is not None and standing.recovery == self.facts.record.recovery
        is_block = self.facts.is_block(path)
        has_begun = standing is not None and is_of_now and (standing.has_begun or is_block)
        if status is Status.SUCCESS and standing is not None:
            return self._kept(path, sequence, standing, state_of)
        if status is not None and not (status is Status.ACTIVE and is_block):
            return State(status=status, has_been_ready=True, has_been_active=has_begun)
        truth = self._truth(path, sequence, state_of)
        has_run = standing is not None and standing.ran_in == self._recovery
        if status is Status.ACTIVE and (truth or has_run):
            return State(status=Status.ACTIVE, has_been_ready=True, has_been_active=True)
        if standing is not None and is_of_now and standing.failures:
            truth = True
        waiting = Status.READY if truth else Status.WAITING if truth is None else Status.SKIPPED
        return State(
            status=waiting,
            has_been_ready=bool(truth),
            has_been_active=has_begun,
            is_over=waiting is not Status.SKIPPED and self._is_final(path, sequence),
        )

    def _from_rows(self, path: Path, sequence: Sequence, standing: RowState) -> Status | None:
        """Return the status that the rows say; None if it follows from the requirement."""
        match standing.status:
            case Status.SUCCESS:
                return Status.SUCCESS
            case Status.ACTIVE:
                return None if _is_lost(standing, self.facts.record) else Status.ACTIVE
            case Status.FAILURE | Status.CANCELLED:
                is_of_now = standing.recovery in (self.facts.record.recovery, -1)
                if self._is_final(path, sequence):
                    return standing.status
                return standing.status if is_of_now and not self._is_to_retry(path, standing) else None
            case _:
                return None

    def _is_final(self, path: Path, sequence: Sequence) -> bool:
        """Return whether nothing more will happen around a place before a recovery."""
        if self.is_over:
            return True
        iteration = self.facts.places.standing(path[:-1], around(path, sequence))
        return iteration is not None and iteration.status.is_settled and iteration.recovery in (self._recovery, -1)

    @property
    def _recovery(self) -> int:
        return self.facts.record.recovery

    def _is_to_retry(self, path: Path, standing: RowState) -> bool:
        """Return whether a failed task is tried again, unless its container stops."""
        options = self.facts.part(path).options
        if not (standing.attempt and 0 < standing.failures <= options.get("retries", 0)):
            return False
        return standing.problem is not None and may_retry(options.get("retry_on", ()), standing.problem)

    def _waits_for_retry(self, path: Path, sequence: Sequence) -> bool:
        standing = self.facts.places.standing(path, sequence)
        return standing is not None and standing.recovery == self._recovery and standing.status is Status.FAILURE

    def _kept(self, path: Path, sequence: Sequence, standing: RowState, state_of: _STATE_OF) -> State:
        """Return the state of a success: one of an earlier recovery may have to run again, if its cause comes again."""
        success = State(status=Status.SUCCESS, has_been_ready=True, has_been_active=True)
        if standing.recovery >= self._recovery or self._is_final(path, sequence):
            return success
        causes = [
            self._cause(claim, sequence, standing, state_of)
            for claim in claims_in(self.facts.part(path).requires)
            if claim.handles or claim.claim is Claim.DONE
        ]
        truth = self._truth(path, sequence, state_of) if causes else False
        if truth is False:
            return success
        if True in causes and truth:
            # A container in which nothing has ever run has done so again at once.
            is_settled = standing.is_passed or standing.recovery < 0
            return success if is_settled else State(status=Status.READY, has_been_ready=True)
        return State(status=Status.SUCCESS, is_doubtful=True) if True in causes or None in causes else success

    def _cause(self, claim: Atom, sequence: Sequence, success: RowState, state_of: _STATE_OF) -> bool | None:
        """Return whether a claim makes a kept success run again; None if this is not known yet."""
        place = around(claim.path, sequence)
        state = state_of(claim.path, place)
        if state.is_doubtful or not state.status.is_settled:
            return None
        if claim.handles and state.status is Status.FAILURE:
            return True
        found = self.facts.places.standing(claim.path, place)
        ran_in = -1 if found is None else found.ran_in
        return claim.claim is Claim.DONE and (ran_in == self._recovery or ran_in > success.recovery)


def _is_lost(standing: RowState, record: RunRecord) -> bool:
    return standing.status is Status.ACTIVE and bool(standing.attempt) and record.owner is None
