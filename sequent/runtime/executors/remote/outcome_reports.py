"""Checks the outcomes of a host, and turns them into reports, with the pace of its steps."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from sequent.model.outcome import LogSpan
from sequent.runtime.executors.handing_ahead import LONG, StepPace
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempt
from sequent.runtime.executors.worker_messages import is_data
from sequent.runtime.hosts.protocol.messages import EndedThere, LostThere, OutcomeThere, WithdrawnThere
from sequent.runtime.messages.packets import LARGEST_RESULT, BadMessageError
from sequent.runtime.orders import AttemptEnded, AttemptLost, AttemptTakenBack, PaceChanged, Report

_LONGEST_PROBLEM = 1024**2
"""The characters of the longest problem that is accepted; a worker shortens it to far less."""


def check_outcome(ended: AttemptEnded) -> None:
    """Refuse an outcome that no worker sends.

    Raises:
        BadMessageError: its result is not data, or it is too large.
    """
    result, problem = ended.result, ended.problem
    if not is_data(result):
        raise BadMessageError("it reports a result that is none")
    told = () if problem is None else (problem.type, problem.message, problem.traceback, problem.file, *problem.types)
    if len(result or "") > LARGEST_RESULT or sum(map(len, told)) > _LONGEST_PROBLEM:
        raise BadMessageError("it reports more than a worker does")


class OutcomeReports:
    """The reports about the attempts of one host, under their numbers here.

    Args:
        host: its name in the flow.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._pace = StepPace()

    def of(self, attempt: RemoteAttempt, outcome: OutcomeThere, log: LogSpan | None) -> Iterator[Report]:
        """Yield the report of an attempt's end, and of a change of its step's pace."""
        frame, node, number = attempt.key
        match outcome:
            case EndedThere(_, ended):
                yield replace(ended, frame=frame, node=node, attempt=number, log=log)
                yield from self._took(node, ended.seconds)
            case LostThere(_, reason):
                yield AttemptLost(frame, node, number, f"on host {self._host!r}: {reason}")
            case WithdrawnThere():
                yield AttemptTakenBack(frame, node, number)
                if not attempt.is_unwanted:
                    # Its worker is busy for long.
                    yield from self._took(node, LONG)

    def _took(self, node: int, seconds: float) -> Iterator[PaceChanged]:
        """Note how long a task of a step took."""
        changed = self._pace.took(node, seconds)
        if changed is not None:
            yield replace(changed, host=self._host)
