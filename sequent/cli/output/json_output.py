"""Writes the output of commands with --json: one document with a version and stable keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from sequent.cli.output.terminal import out
from sequent.errors import InvalidFlowError, SequentError
from sequent.model.interventions import InterventionRecord
from sequent.model.outcome import Failure, LogSpan, Outcome, Problem
from sequent.model.status import Status
from sequent.model.value_text import encode
from sequent.runtime.records import AttemptRecord, Owner, Pending, RunOrigin, RunRecord

if TYPE_CHECKING:
    from sequent.view.expected_end import ExpectedEnd

VERSION = 1
"""Goes up when a key changes its meaning or is removed."""

Document = dict[str, object]


def write(document: Mapping[str, object]) -> None:
    """Print one document on stdout."""
    out(text_of(document), end="")


def text_of(document: Mapping[str, object]) -> str:
    """Return one document in its printed form."""
    return json.dumps({"version": VERSION, **document}, ensure_ascii=True, indent=2) + "\n"


def error_document(error: SequentError) -> Document:
    """Return an error; ``problems`` has the single mistakes of a flow, and is empty for other errors."""
    problems = error.problems if isinstance(error, InvalidFlowError) else ()
    return {
        "code": error.code,
        "message": error.message,
        "place": None if error.place is None else {"file": error.place.file, "line": error.place.line},
        "path": error.path or None,
        "hint": error.hint or None,
        "problems": [error_document(problem) for problem in problems],
    }


def expected_document(end: ExpectedEnd | None) -> Document | None:
    """Return the expected end of a run that goes on."""
    if end is None:
        return None
    return {"low": moment(end.low), "median": moment(end.median), "high": moment(end.high), "runs": end.runs}


def run_document(record: RunRecord, due: float | None = None) -> Document:
    """Return a run of the store; ``due`` is the time of its next event, in seconds since 1970."""
    return {
        "id": record.id,
        "flow": record.target.flow,
        "status": record.status.value,
        "recovery": record.recovery,
        "params": {name: json.loads(text) for name, text in record.params.items()},
        "started": moment(record.created),
        "ended": None if record.ended is None else moment(record.ended),
        "counts": counts_document(record.counts),
        "reason": record.reason or None,
        "cause": record.cause or None,
        "due": None if due is None else moment(due),
        "owner": None if record.owner is None else _owner(record.owner),
        "started_by": None if record.origin is None else _origin(record.origin),
    }


def outcome_document(outcome: Outcome) -> Document:
    """Return the end of a run that this command drove."""
    due = outcome.due
    return {
        "id": outcome.run_id,
        "status": outcome.status.value,
        "recovery": outcome.recovery,
        "result": json.loads(encode(outcome.result, "the result")),
        "counts": counts_document(outcome.counts),
        "failed": outcome.failed,
        "failures": [failure_document(failure) for failure in outcome.failures],
        "reason": outcome.reason or None,
        "due": None if due is None else moment(due),
        "store": outcome.store,
    }


def attempt_document(record: AttemptRecord) -> Document:
    """Return one attempt of the store."""
    return {
        "path": record.path,
        "sequence": record.sequence,
        "host": record.host or None,
        "attempt": record.attempt,
        "status": _word(record),
        "outdated": record.is_outdated,
        "passed_over": record.is_passed,
        "started": moment(record.started),
        "ended": None if record.ended is None else moment(record.ended),
        "problem": None if record.problem is None else problem_document(record.problem),
        "log": _log(record.log),
    }


def _word(record: AttemptRecord) -> str:
    """Return the status of an attempt; a waiting one was lost, unless it no longer counts."""
    is_lost = record.status is Status.WAITING and not record.is_outdated
    return "lost" if is_lost else record.status.value


def active_document(record: AttemptRecord) -> Document:
    """Return an attempt that is being executed."""
    return {
        "path": record.path,
        "sequence": record.sequence,
        "host": record.host or None,
        "attempt": record.attempt,
        "since": moment(record.started),
    }


def wait_document(wait: Pending) -> Document:
    """Return a task or container that waits for its time."""
    return {
        "path": wait.path,
        "sequence": wait.sequence,
        "host": wait.host or None,
        "attempt": wait.attempt or 1,
        "due": moment(wait.due),
    }


def question_document(question: Pending, text: str) -> Document:
    """Return a task that waits for an answer; the text is that of the flow, with references in braces."""
    return {
        "path": question.path,
        "sequence": question.sequence,
        "host": question.host or None,
        "attempt": question.attempt,
        "question": text,
        "asked": moment(question.since),
        "due": moment(question.due) if question.has_limit else None,
    }


def problem_document(problem: Problem) -> Document:
    """Return the reason for the failure of an attempt."""
    return {
        "type": problem.type,
        "message": problem.message,
        "traceback": problem.traceback or None,
        "place": {"file": problem.file, "line": problem.line} if problem.file else None,
        "exit_code": problem.exit_code,
        "signal": problem.signal,
    }


def counts_document(numbers: Mapping[Status, int]) -> dict[str, int]:
    """Return the numbers of those statuses that occur."""
    return {status.value: numbers[status] for status in Status if numbers.get(status)}


def moment(seconds: float) -> str:
    """Return a time since 1970 as ISO 8601 in UTC, to the microsecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def intervention_document(asked: InterventionRecord) -> Document:
    """Return an intervention, and its outcome."""
    request, decision = asked.request, asked.decision
    return {
        "number": asked.number,
        "kind": request.kind.value,
        "user": request.user,
        "host": request.host,
        "place": request.place or None,
        "outcome": request.outcome or None,
        "result": json.loads(request.result) if request.result else None,
        "why": request.why or None,
        "asked": moment(asked.at),
        "decided": None if decision is None else moment(decision.at),
        "refusal": None if decision is None else decision.refusal or None,
    }


def _owner(owner: Owner) -> Document:
    return {"pid": owner.pid, "host": owner.host, "user": owner.user, "since": moment(owner.since)}


def _origin(origin: RunOrigin) -> Document:
    return {
        "run": origin.run,
        "path": origin.path or None,
        "sequence": origin.sequence or None,
        "host": origin.host or None,
        "store": origin.store,
    }


def failure_document(failure: Failure) -> Document:
    """Return a failure of a step or a container."""
    return {
        "path": failure.path,
        "sequence": failure.sequence,
        "host": failure.host or None,
        "attempt": failure.attempt,
        "problem": problem_document(failure.problem),
        "log": _log(failure.log),
    }


def _log(span: LogSpan | None) -> Document | None:
    return None if span is None else cast("Document", {"bytes": span.length, "dropped": span.dropped})
