"""Tells the remainder of a run that nothing drives: the fate of its tasks in a recovery, as far as its rows say.

``recover --plan`` knows more: it loads the flow as it is now, and decides which tasks run if all others succeed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from sequent.model.description import Part
from sequent.model.references import Path, dotted
from sequent.model.requirements import claims_in
from sequent.model.scope import Sequence as Numbers
from sequent.model.scope import depth_of_host, host_in, is_within, path_on_host, sequence_text
from sequent.model.status import Action, Claim, Status
from sequent.runtime.records import AttemptRecord, TaskPlace
from sequent.runtime.recovery.fates import Fate
from sequent.runtime.recovery.people_notes import people_notes
from sequent.view.run_facts import RunFacts
from sequent.view.sequences import around
from sequent.view.stops import place_of
from sequent.view.text import task_name

MOST_TASKS = 100
"""Tasks that are named."""


class LeftTask(Struct, frozen=True, kw_only=True):
    """A task that has begun and not succeeded."""

    name: str
    fate: Fate
    reason: str


class StepRemainder(Struct, frozen=True, kw_only=True):
    """The fates of a step's tasks."""

    path: str
    counts: Mapping[Fate, int]
    """In the order of the fates; empty if it has not begun."""
    remark: str = ""


class Remainder(Struct, frozen=True, kw_only=True):
    """The parts of a run that remain to be done."""

    steps: Sequence[StepRemainder]
    tasks: Sequence[LeftTask]
    """The first of those that have begun and not succeeded."""
    unread: int
    """The number of failed tasks that were not read: of these, none is known to be kept."""
    notes: Sequence[str]
    """The requests of people."""

    @property
    def counts(self) -> Mapping[Fate, int]:
        """The number of tasks of each fate."""
        return _in_order(sum((Counter(step.counts) for step in self.steps), Counter[Fate]()))


def remainder(
    facts: RunFacts,
    steps: Sequence[str],
    standings: Mapping[str, Mapping[Status, int]],
    failed: Sequence[AttemptRecord],
    unread: int,
) -> Remainder:
    """Return the remainder of a run that no process drives.

    Args:
        facts: the run.
        steps: the paths of its steps.
        standings: the number of tasks that have begun, by path and status.
        failed: the first tasks that failed.
        unread: the number of further ones.
    """
    kept_failures, tasks = Counter[str](), list[LeftTask]()
    known: dict[tuple[Path, Numbers], bool] = {}
    for attempt in failed:
        is_kept = _is_within_success(facts, *place_of(attempt.failure), known)
        kept_failures[attempt.path] += is_kept
        tasks.append(_failed(facts, attempt, is_kept=is_kept))
    lost = [*_lost(facts)]
    joined = Counter(place.path for place, task in lost if task.fate is Fate.JOIN)
    first = [_step(facts, path, standings.get(path, {}), kept_failures[path], joined[path]) for path in steps]
    return Remainder(
        steps=[*_with_causes(facts, first)],
        tasks=[*(task for _, task in lost), *tasks][:MOST_TASKS],
        unread=unread,
        notes=[*people_notes(facts.record.id, facts.interventions)],
    )


def _is_within_success(facts: RunFacts, path: Path, sequence: Numbers, known: dict[tuple[Path, Numbers], bool]) -> bool:
    """Return whether an iteration around a failed task has succeeded: its failure was handled."""
    for length in range(len(path) - 1, 0, -1):
        key = (path[:length], around(path[: length + 1], sequence))
        if key not in known:
            standing = facts.places.standing(*key)
            known[key] = standing is not None and standing.status is Status.SUCCESS
        if known[key]:
            return True
    return False


def _failed(facts: RunFacts, attempt: AttemptRecord, *, is_kept: bool) -> LeftTask:
    name = task_name(attempt.located, attempt.sequence)
    if is_kept:
        reason = "it failed, and its failure was handled: the container around it is kept as a whole"
        return LeftTask(name=name, fate=Fate.KEPT, reason=reason)
    if _needs_failure(facts, attempt.path):
        reason = "it failed; it runs again only if a failure that it requires comes again"
        return LeftTask(name=name, fate=Fate.OPEN, reason=reason)
    return _directed(facts, attempt.path, Status.FAILURE, LeftTask(name=name, fate=Fate.RERUN, reason="it failed"))


def _needs_failure(facts: RunFacts, path: str) -> bool:
    part = facts.record.description.get(path)
    return isinstance(part, Part) and any(claim.claim is Claim.FAILURE for claim in claims_in(part.requires))


def _directed(facts: RunFacts, path: str, status: Status, task: LeftTask) -> LeftTask:
    """Return the task as the directives of its step have it."""
    if _actions(facts, path).get(status) is not Action.SKIP:
        return task
    return LeftTask(name=task.name, fate=Fate.PASSED, reason=f"{task.reason}, and its directive passes it over")


def _actions(facts: RunFacts, path: str) -> Mapping[Status, Action]:
    part = facts.record.description.get(path)
    return part.options.get("recovery", {}) if isinstance(part, Part) else {}


def _lost(facts: RunFacts) -> Iterator[tuple[TaskPlace, LeftTask]]:
    """Yield the tasks that were being executed when the run was left."""
    for place in facts.places.active():
        host = host_in(place.sequence)
        located = path_on_host(place.path, host, depth_of_host(place.sequence))
        name = task_name(located, sequence_text(place.sequence))
        if host:
            reason = f"its attempt is on {host}, which tells whether it goes on or has ended"
            yield place, LeftTask(name=name, fate=Fate.JOIN, reason=reason)
        else:
            reason = "it was being executed when its driver ended"
            task = LeftTask(name=name, fate=Fate.RERUN, reason=reason)
            yield place, _directed(facts, place.path, Status.ACTIVE, task)


def _step(facts: RunFacts, path: str, begun: Mapping[Status, int], kept_failures: int, joined: int) -> StepRemainder:
    part, actions, unrun = facts.record.description.get(path), _actions(facts, path), facts.record.unrun.get(path, {})
    runs_again = isinstance(part, Part) and part.reruns_successes
    counts = Counter[Fate]()
    counts[Fate.RERUN if runs_again else Fate.KEPT] += begun.get(Status.SUCCESS, 0)
    counts[Fate.KEPT] += kept_failures
    counts[Fate.JOIN] += joined
    for status, number in ((Status.FAILURE, kept_failures), (Status.ACTIVE, joined)):
        fate = Fate.PASSED if actions.get(status) is Action.SKIP else Fate.RERUN
        if status is Status.FAILURE and _needs_failure(facts, path):
            fate = Fate.OPEN
        counts[fate] += begun.get(status, 0) - number
    for numbers in (begun, unrun):
        counts[Fate.RERUN] += numbers.get(Status.CANCELLED, 0) + numbers.get(Status.READY, 0)
    counts[Fate.RERUN] += begun.get(Status.WAITING, 0)
    counts[Fate.OPEN] += unrun.get(Status.SKIPPED, 0) + unrun.get(Status.WAITING, 0)
    remark = "its directive runs successes again" if runs_again else ""
    return StepRemainder(path=path, counts=_in_order(counts), remark=remark)


def _with_causes(facts: RunFacts, steps: Sequence[StepRemainder]) -> Iterator[StepRemainder]:
    """Yield the steps; a success that waited until something was done runs again with it."""
    known = {step.path: step for step in steps}
    for step in steps:
        parts = step.path.split(".")
        around = [facts.record.description.get(".".join(parts[:length])) for length in range(1, len(parts) + 1)]
        claims = [claim for part in around if isinstance(part, Part) for claim in claims_in(part.requires)]
        awaited = [dotted(claim.path) for claim in claims if claim.claim is Claim.DONE]
        if not step.counts.get(Fate.KEPT):
            yield step
        elif (cause := next((path for path in awaited if _changes(path, known)), None)) is not None:
            counts = Counter(step.counts)
            counts[Fate.OPEN] += counts.pop(Fate.KEPT)
            known[step.path] = replace(step, counts=_in_order(counts), remark=f"runs again if {cause!r} does")
            yield known[step.path]
        elif any(claim.handles for claim in claims):
            yield replace(step, remark="runs again only if a failure that it requires comes again")
        else:
            yield step


def _changes(path: str, known: Mapping[str, StepRemainder]) -> bool:
    """Return whether anything in a step or container may run."""
    inside = (step for name, step in known.items() if is_within(name, path))
    return any({*step.counts} != {Fate.KEPT} for step in inside)


def _in_order(counts: Mapping[Fate, int]) -> dict[Fate, int]:
    return {fate: counts[fate] for fate in Fate if counts.get(fate, 0) > 0}
