"""Checks the outcomes of a host, and turns them into reports, with the pace of its steps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve
from msgspec.structs import replace

from sequent.model.outcome import LogSpan, Problem
from sequent.model.pickles import has_pickle
from sequent.model.story import StoryPart
from sequent.runtime.executors.handing_ahead import LONG, StepPace
from sequent.runtime.executors.remote.received_artifacts import BadStoryError, accepted_story
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempt
from sequent.runtime.executors.remote.superfluous_messages import shortened
from sequent.runtime.executors.worker_messages import fault_in
from sequent.runtime.hosts.protocol.messages import EndedThere, EndedWithStory, LostThere, OutcomeThere, WithdrawnThere
from sequent.runtime.messages.packets import LARGEST_RESULT
from sequent.runtime.orders import AttemptEnded, AttemptLost, AttemptTakenBack, PaceChanged, Report, StoryTold

_SENT = re.compile(r"/[^\s\"']*/\.cache/sequent/ship/[0-9a-f]{64}(?:-plain)?/")
"""The directory of modules that were sent to a host."""
_LONGEST_PROBLEM = 1024**2
"""The characters of the longest problem that is accepted; a worker shortens it to far less."""


def fault_of(ended: AttemptEnded) -> str:
    """Return why the driver does not accept an outcome that no worker of ours sends; '' if it does."""
    result, problem = ended.result, ended.problem
    told = () if problem is None else (problem.type, problem.message, problem.traceback, problem.file, *problem.types)
    if len(result or "") > LARGEST_RESULT or sum(map(len, told)) > _LONGEST_PROBLEM:
        return "it is larger than a worker makes it"
    if result is not None and has_pickle(result):
        return "it has a pickle, and none is taken from a host"
    return "" if result is None else fault_in(result)


class OutcomeReports:
    """The reports about the attempts of one host, under their numbers here.

    Args:
        host: its name in the flow.
        directory: the run's own here.
        root: the directory here of the modules that were sent there; '': none were.
    """

    def __init__(self, host: str, directory: str, root: str = "") -> None:
        self._host = host
        self._directory = directory
        self._root = root
        self._pace = StepPace()

    def of(self, attempt: RemoteAttempt, outcome: OutcomeThere, log: LogSpan | None) -> Iterator[Report]:
        """Yield the reports of an attempt's notes and artifacts, of its end, and of a change of its step's pace."""
        frame, node, number = attempt.key
        match outcome:
            case EndedThere(ended=ended) | EndedWithStory(ended=ended):
                yield from self._end(attempt, outcome, log)
                yield from self._took(node, ended.seconds)
            case LostThere(_, reason):
                yield AttemptLost(frame, node, number, f"on host {self._host!r}: {shortened(reason)}")
            case WithdrawnThere():
                yield AttemptTakenBack(frame, node, number)
                if not attempt.is_unwanted:
                    # Its worker is busy for long.
                    yield from self._took(node, LONG)

    def _end(self, attempt: RemoteAttempt, outcome: EndedThere, log: LogSpan | None) -> Iterator[Report]:
        frame, node, number = attempt.key
        ended, told = outcome.ended, outcome.parts if isinstance(outcome, EndedWithStory) else ()
        fault = fault_of(ended)
        parts: tuple[StoryPart, ...] = ()
        try:
            parts = tuple(accepted_story(self._directory, told))
        except BadStoryError as error:
            fault = fault or str(error)
        if fault:
            message = f"host {self._host!r} reports an outcome that cannot be accepted: {fault}"
            problem = Problem(type="BadOutcome", message=message)
            yield AttemptEnded(frame, node, number, problem=problem, log=log)
            return
        if parts:
            yield StoryTold(frame, node, number, parts)
        located = self._located_here(ended.problem)
        yield replace(ended, frame=frame, node=node, attempt=number, log=log, problem=located)

    def _located_here(self, problem: Problem | None) -> Problem | None:
        """Return a problem in modules that were sent with the places of their files here."""
        if problem is None or not self._root:
            return problem
        file, traceback = (_SENT.sub(lambda _: f"{self._root}/", text) for text in (problem.file, problem.traceback))
        return evolve(problem, file=file, traceback=traceback)

    def _took(self, node: int, seconds: float) -> Iterator[PaceChanged]:
        """Note how long a task of a step took."""
        changed = self._pace.took(node, seconds)
        if changed is not None:
            yield replace(changed, host=self._host)
