"""Executes one step of a run in this process; its output is shown at once."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType

from attrs import frozen
from msgspec.structs import replace

import sequent
from sequent.by_fields import ByFields
from sequent.model.outcome import Problem
from sequent.model.story import StoryPart
from sequent.runtime.executors.start_directory import in_directory
from sequent.runtime.logs.shown_log import ShownLog
from sequent.runtime.orders import AttemptOrder, StoryTold
from sequent.runtime.trials.preparation import PreparedTrial
from sequent.runtime.worker.attempt import Attempts
from sequent.runtime.worker.environment import StepEnvironment
from sequent.runtime.worker.logs import set_up_logs
from sequent.runtime.worker.termination import Termination

_OURS = os.path.dirname(os.path.abspath(sequent.__file__)) + os.sep

StopAt = Callable[[TracebackType], object]
"""Looks at the place where a step has failed."""


@frozen(kw_only=True, eq=False, repr=False)
class TrialOutcome(ByFields):
    """The outcome of a trial."""

    seconds: float
    result: str | None
    """Wire text; None if it has failed."""
    problem: Problem | None
    story: tuple[StoryPart, ...]
    """The notes and artifacts that it has left; the files of these are gone."""


def execute_trial(trial: PreparedTrial, stop_at: StopAt | None = None) -> TrialOutcome:
    """Execute the step in the directory of the run, and return its outcome.

    Args:
        trial: the trial.
        stop_at: called where the step's code has failed, before the trial ends.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    failure, parts = _Failure(stop_at), list[StoryPart]()
    with (
        tempfile.TemporaryDirectory(prefix="sequent-try-") as directory,
        _restored(),
        in_directory(trial.setup.target.cwd),
    ):
        setup = replace(trial.setup, directory=directory)
        set_up_logs(setup).set_up()
        attempts = Attempts(
            trial.definition,
            setup,
            ShownLog(),
            Termination(),
            environment=StepEnvironment(setup.envvar_prefix) if trial.has_own_process else None,
            tell=lambda told: parts.extend(told.parts if isinstance(told, StoryTold) else ()),
        )
        ended = attempts.run(trial.order, failure)
    if isinstance(failure.error, KeyboardInterrupt):
        raise failure.error
    return TrialOutcome(seconds=ended.seconds, result=ended.result, problem=ended.problem, story=tuple(parts))


class _Failure:
    """Stops where the step fails; there is nothing to clean up, since the process ends with the trial."""

    def __init__(self, stop_at: StopAt | None) -> None:
        self._stop_at = stop_at
        self.error: BaseException | None = None

    def prepare(self, order: AttemptOrder) -> None:
        """Do nothing: a trial has no time limit, and takes no nicer place."""

    def settle(self, error: BaseException) -> None:
        """Stop at the place of the error in the author's code."""
        self.error = error
        place = _author_s(error.__traceback__)
        if self._stop_at is not None and place is not None and not isinstance(error, KeyboardInterrupt):
            self._stop_at(place)

    def tidy(self, function: int, seconds: float) -> None:
        """Do nothing: the process ends with the trial."""


def _author_s(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins in the author's code; None if nothing of it is there."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    return trace


@contextmanager
def _restored() -> Generator[None]:
    """Restore the environment and the outputs of logging afterwards."""
    root, variables = logging.getLogger(), dict(os.environ)
    level, outputs = root.level, [*root.handlers]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        root.setLevel(level)
        root.handlers[:] = outputs
