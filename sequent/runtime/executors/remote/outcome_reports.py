"""Turns the outcomes of a host into reports, with the pace of its steps."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from sequent.model.outcome import LogSpan
from sequent.runtime.executors.handing_ahead import LONG, StepPace
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempt
from sequent.runtime.hosts.protocol.messages import EndedThere, LostThere, OutcomeThere, WithdrawnThere
from sequent.runtime.orders import AttemptLost, AttemptTakenBack, PaceChanged, Report


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
