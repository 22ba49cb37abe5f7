"""The promises about people: what they ask of a run, and of its recoveries, is done once, and for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sequent.model.directives import NO_DIRECTIVES, Directives, Selection
from sequent.model.interventions import Decision, Intervention, InterventionKind
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.selections import read_selection, read_task
from sequent.model.status import Status
from sequent.runtime.records import RunRecord
from sequent.runtime.rows import Batch, Intent, TaskKey
from tests.simulation.committed_rows import CommittedRows
from tests.simulation.store import SimulatedStore


class Steering:
    """Watches the batches of a run for the effects of interventions and directives.

    Args:
        plan: the plan of the run.
        committed: its rows.
        violated: called for a broken promise, by its number.
    """

    def __init__(self, plan: Plan, committed: CommittedRows, violated: Callable[[str, str], None]) -> None:
        self._plan = plan
        self._committed = committed
        self._violated = violated
        self.requests: dict[int, Intervention] = {}
        """The interventions, by their numbers."""
        self._decided: dict[int, tuple[Decision, int]] = {}
        """By number, the decisions, with the epochs in which they were made."""
        self._held: dict[Selection, None] = {}
        self._answered: set[tuple[str, int]] = set()
        """The questions that were answered: their places and attempts."""
        self._stopped: set[int] = set()
        """The epochs in which the run was stopped by a person."""
        self._directives: dict[int, Directives] = {}
        """By epoch, the directives of recoveries that have not begun to execute anything."""
        self._passing: dict[int, Directives] = {}
        """By epoch, the directives of recoveries."""
        self.has_decided_outcomes = False
        """Whether a task has an outcome neither of its execution nor of an answer to its question."""

    def expect(self, store: SimulatedStore, record: RunRecord, request: Intervention) -> None:
        """Note what a person is about to ask: a driver that is woken looks at once."""
        numbers = [asked.number for asked in store.interventions(record)]
        self.requests[max(numbers, default=0) + 1] = request

    def taken(self, epoch: int, directives: Directives) -> None:
        """Note the directives of a recovery."""
        if directives:
            self._directives[epoch] = self._passing[epoch] = directives

    def committed(self, epoch: int, batch: Batch, new: Sequence[Intent]) -> None:
        """Take the decisions of a batch, and check its new orders by what was decided before and still holds."""
        held, is_stopped = [*self._held], epoch in self._stopped
        self.has_decided_outcomes |= bool(batch.passed)
        if batch.renewed:
            # Their questions are asked from the first attempt on.
            self._answered.clear()
        for number, decision in batch.decisions:
            self._decide(epoch, number, decision, batch)
            # During an outage a place may be released, its steps ordered, and the place held again, all in one batch.
            held = [place for place in held if place in self._held]
        for intent in new:
            if is_stopped:
                self._violated("I15", f"{self._name(intent.key)} is ordered, and the run is stopped")
            self._check_order(epoch, intent, held)
        if new and epoch in self._directives:
            self._check_directives(epoch, self._directives.pop(epoch))

    def _name(self, key: TaskKey) -> str:
        return f"{dotted(self._committed.path(key))} in frame {key.frame}"

    def _is_in(self, place: Selection, key: TaskKey) -> bool:
        path, host = self._committed.path(key), self._committed.host(key)
        return path[: len(place.path)] == place.path and place.host in ("", host) and not place.sequence

    def _is_in_any(self, places: Sequence[Selection], key: TaskKey) -> bool:
        return any(self._is_in(place, key) for place in places)

    def _check_order(self, epoch: int, intent: Intent, held: Sequence[Selection]) -> None:
        key = intent.key
        # What goes on on a host is ordered again under its token.
        is_joined = sum(row.token == intent.token.hex() for row in self._committed.of(key)) > 1
        if not is_joined:
            for place in held:
                if self._is_in(place, key):
                    self._violated("I15", f"{self._name(key)} is ordered, and {place.text} is held")
        directives = self._passing.get(epoch, NO_DIRECTIVES)
        is_passed_over = self._is_in_any(directives.skip, key) and not self._is_in_any(directives.rerun, key)
        # A step that has succeeded is kept, and may run again once its cause has come about again.
        if is_passed_over and not any(row.status is Status.SUCCESS for row in self._committed.of(key)):
            self._violated("I16", f"{self._name(key)} is ordered, and was to be passed over")

    def _check_directives(self, epoch: int, directives: Directives) -> None:
        """I16: nothing is executed before all that is to run again is written."""
        # An earlier success of a task that ran again meanwhile is not its state any more.
        for key in dict.fromkeys(key for key, _ in self._committed.rows):
            _, row = max(self._committed.numbered(key), key=lambda numbered: numbered[0])
            if row.is_success and row.epoch < epoch and self._is_in_any(directives.rerun, key):
                self._violated("I16", f"{self._name(key)} is to run again, and still counts as the recovery begins")

    def _decide(self, epoch: int, number: int, decision: Decision, batch: Batch) -> None:
        """I15: an intervention is decided once, and with what follows from it."""
        before = self._decided.get(number)
        if before is not None:
            if before[0].refusal != decision.refusal or before[1] != epoch:
                self._violated("I15", f"intervention {number} is decided twice")
            return
        self._decided[number] = decision, epoch
        request = self.requests[number]
        if decision.refusal:
            self._check_refusal(request)
            return
        match request.kind:
            case InterventionKind.HOLD:
                self._held[read_selection(request.place, self._plan, "hold")] = None
            case InterventionKind.RELEASE:
                self._held.pop(read_selection(request.place, self._plan, "release"), None)
            case InterventionKind.MARK:
                self.has_decided_outcomes = True
                if not batch.marked:
                    self._violated("I15", f"{request.place} is marked, and its outcome is not written")
            case InterventionKind.APPROVE:
                self._check_answer(request, batch)
            case InterventionKind.STOP | InterventionKind.KILL:
                if request.epoch != epoch:
                    self._violated("I15", f"a stop that was meant for epoch {request.epoch} stops epoch {epoch}")
                self._stopped.add(epoch)

    def _check_answer(self, request: Intervention, batch: Batch) -> None:
        """I15: an answer is an attempt with its outcome, and the only one to its question."""
        question = (request.place, request.attempt)
        if question in self._answered:
            self._violated("I15", f"{request.place} has two answers as attempt {request.attempt}")
        self._answered.add(question)
        step, _ = read_task(request.place, self._plan, "approve")
        given = (step.index, request.attempt, request.outcome)
        if given not in [(intent.key.node, intent.attempt, ending.status) for intent, ending in batch.marked]:
            self._violated("I15", f"{request.place} is answered, and its outcome is not written")

    def _check_refusal(self, request: Intervention) -> None:
        is_of_place = request.kind in (InterventionKind.HOLD, InterventionKind.RELEASE)
        if is_of_place and (
            request.kind is InterventionKind.HOLD or read_selection(request.place, self._plan, "release") in self._held
        ):
            self._violated("I15", f"{request.kind} of {request.place} is refused")
