"""Writes the outcome of a trial, and its difference to the outcome in the run."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sequent.cli.output.failure_text import problem_lines
from sequent.cli.output.json_output import Document, moment, problem_document
from sequent.cli.output.story_output import part_document, part_lines
from sequent.cli.output.text import Paint, counted, duration, readable, safe
from sequent.model.pickles import has_pickle
from sequent.model.status import Status
from sequent.model.value_differences import ABSENT, ValueDifference, differences_of
from sequent.runtime.trials.preparation import PreparedTrial, StoredOutcome
from sequent.runtime.trials.trial import TrialOutcome

_SHOWN = 20
"""The maximum number of differences to show."""
_LONGEST = 200
"""The maximum number of characters of a value in a difference."""

_VERBS = {Status.FAILURE: "failed", Status.WAITING: "was lost", Status.ACTIVE: "has not ended"}


def result_text(text: str) -> str:
    """Return a result for people."""
    return "a pickled object" if has_pickle(text) else readable(text)


def trial_lines(trial: PreparedTrial, outcome: TrialOutcome, paint: Paint) -> Iterator[str]:
    """Yield the lines about the end of a trial."""
    status = Status.SUCCESS if outcome.problem is None else Status.FAILURE
    yield f"{paint.status(status)}  {paint.strong(safe(trial.name))}  in {duration(outcome.seconds)}"
    if outcome.problem is not None:
        yield from (f"    {line}" for line in problem_lines(outcome.problem))
    for part in outcome.story:
        yield from (f"    {line}" for line in part_lines(part))
    yield from _compared(trial.run, trial.stored, outcome)


def _compared(run: str, stored: StoredOutcome | None, outcome: TrialOutcome) -> Iterator[str]:
    if stored is None:
        yield f"run {safe(run)} has not tried it yet"
    elif stored.result is None:
        was = stored.problem
        why = "" if was is None else f": {safe(was.type)}: {safe(was.message.partition(chr(10))[0])}"
        yield f"in run {safe(run)}, attempt {stored.attempt} {_VERBS.get(stored.status, 'has no result')}{why}"
    elif outcome.result is not None:
        yield from _difference_lines(run, differences_of(stored.result, outcome.result))


def _difference_lines(run: str, differences: list[ValueDifference] | None) -> Iterator[str]:
    if differences is None:
        yield f"the result is pickled, so it is not compared with that of run {safe(run)}"
    elif not differences:
        yield f"the same result as in run {safe(run)}"
    else:
        yield f"{counted(len(differences), 'difference')} to the result in run {safe(run)}:"
        for at, before, after in differences[:_SHOWN]:
            yield f"  result{safe(at)}: {_part(before)} → {_part(after)}"
        if len(differences) > _SHOWN:
            yield f"  and {len(differences) - _SHOWN:,} more"


def _part(value: object) -> str:
    if value is ABSENT:
        return "nothing"
    text = safe(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def trial_document(trial: PreparedTrial, outcome: TrialOutcome) -> Document:
    """Return the outcome of a trial."""
    stored, order = trial.stored, trial.order
    differences = None
    if stored is not None and stored.result is not None and outcome.result is not None:
        differences = differences_of(stored.result, outcome.result)
    return {
        "run": trial.run,
        "path": order.path,
        "sequence": order.sequence,
        "host": order.host or None,
        "status": (Status.SUCCESS if outcome.problem is None else Status.FAILURE).value,
        "seconds": round(outcome.seconds, 6),
        "result": None if outcome.result is None else json.loads(outcome.result),
        "problem": None if outcome.problem is None else problem_document(outcome.problem),
        "notes": [*trial.notes],
        "story": [part_document(part, moment(part.at)) for part in outcome.story],
        "stored": None if stored is None else _stored_document(stored),
        "differences": None if differences is None else [_difference_document(each) for each in differences],
    }


def _stored_document(stored: StoredOutcome) -> Document:
    return {
        "attempt": stored.attempt,
        "status": "lost" if stored.status is Status.WAITING else stored.status.value,
        "result": None if stored.result is None else json.loads(stored.result),
        "problem": None if stored.problem is None else problem_document(stored.problem),
    }


def _difference_document(difference: ValueDifference) -> Document:
    """Return a difference; a part that is not there has no key."""
    told: Document = {"at": difference.at}
    if difference.before is not ABSENT:
        told["before"] = json.loads(json.dumps(difference.before))
    if difference.after is not ABSENT:
        told["after"] = json.loads(json.dumps(difference.after))
    return told
