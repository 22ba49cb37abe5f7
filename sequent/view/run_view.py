"""Puts together all there is to show of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from sequent.model.outcome import Failure
from sequent.model.status import RunStatus, Status
from sequent.pictures.picture import Picture
from sequent.pictures.states import States
from sequent.view.attempts import Attempts
from sequent.view.critical_path import CriticalPath, critical_path, stopping_failure
from sequent.view.expected_end import ExpectedEnd
from sequent.view.failure_groups import PresentFailures, failure_groups, present_failures
from sequent.view.predecessors import Predecessors
from sequent.view.recovery_layers import RecoveryLayer, recovery_layers
from sequent.view.run_picture import run_picture, states_of
from sequent.view.run_result import RunResult
from sequent.view.run_summary import RunSummary
from sequent.view.step_durations import Band, StepDurations, step_durations
from sequent.view.text import in_order, with_questions
from sequent.view.timeline import Timeline, timeline_of


class RunView(Struct, frozen=True, kw_only=True):
    """A run, as reports and pages show it."""

    summary: RunSummary
    now: float
    """The moment of the view, in seconds since 1970."""
    counts: Mapping[Status, int]
    """The number of its tasks in each status."""
    attempts: Attempts
    picture: Picture
    states: States
    timeline: Timeline
    durations: Sequence[StepDurations]
    usual: Mapping[str, Band]
    """The usual durations of its steps."""
    earlier_runs: int
    """The number of earlier runs with which its durations are compared."""
    expected_end: ExpectedEnd | None
    """When it will probably end; None if that is not known, or if it does not go on."""
    critical_path: CriticalPath
    failures: PresentFailures
    recoveries: Sequence[RecoveryLayer]
    result: RunResult | None = None
    """Its result, or the beginning of it; None if there is none."""

    @property
    def numbers(self) -> Mapping[str, int]:
        """The counts by word; questions that wait for an answer stand apart from other waits."""
        asked = len(self.summary.questions)
        others = max(0, self.counts.get(Status.WAITING, 0) - asked)
        return with_questions({**self.counts, Status.WAITING: others}, asked)


def run_view(
    summary: RunSummary,
    attempts: Attempts,
    *,
    usual: Mapping[str, Band],
    earlier_runs: int,
    problems: Sequence[Failure],
    now: float,
    result: RunResult | None = None,
    expected_end: ExpectedEnd | None = None,
) -> RunView:
    """Return the view of a run.

    Args:
        summary: its summary.
        attempts: its attempts.
        usual: the usual durations of its steps.
        earlier_runs: the number of earlier runs that these are from.
        problems: the failures of containers without a failed attempt.
        now: the present moment.
        result: its result.
        expected_end: when it will probably end.
    """
    record = summary.record
    is_driven = record.owner is not None
    predecessors = Predecessors(record.description, attempts)
    until = now if is_driven else record.ended or record.created
    failed = () if record.status is RunStatus.SUCCESS else problems
    present = present_failures(attempts, summary.waits)
    states = states_of(summary)
    return RunView(
        summary=summary,
        now=now,
        counts=_counts(summary, states),
        attempts=attempts,
        picture=run_picture(summary),
        states=states,
        timeline=timeline_of(attempts, predecessors, usual, (record.created, until), is_driven=is_driven),
        durations=step_durations(attempts, usual, record.outline, now if is_driven else record.created),
        usual=usual,
        earlier_runs=earlier_runs,
        expected_end=expected_end,
        critical_path=critical_path(attempts, predecessors, record.created, until, stopping_failure(record, present)),
        failures=failure_groups([*(attempt.failure for attempt in present), *failed]),
        recoveries=recovery_layers(attempts, record.recovery, is_driven=is_driven),
        result=result,
    )


def _counts(summary: RunSummary, states: States) -> Mapping[Status, int]:
    """Return the counts that the run ended with, or those so far."""
    record = summary.record
    if record.ended is not None:
        return in_order(record.counts)
    containers = {path for path, part in record.description.items() if part.is_container}
    total = dict.fromkeys(Status, 0)
    for path, standing in states.parts.items():
        if path not in containers:
            for status, number in standing.counts.items():
                total[status] += number
    return in_order(total)
