"""Whether the workers of a run can load its flow."""

from __future__ import annotations

from sequent.model.outcome import Problem
from sequent.runtime.executors.worker_deaths import problem_of_loading

_MOST_DEATHS = 3


class FlowLoading:
    """The result of the last loading of the flow by a worker; several deaths in a row are a failure."""

    def __init__(self) -> None:
        self.state: Problem | bool = False
        """Whether a worker has loaded the flow; or why none can."""
        self._deaths = 0

    def begin(self) -> None:
        """Load it anew."""
        self.state = False

    def succeed(self) -> None:
        """Note that a worker has loaded it."""
        self.state = True
        self._deaths = 0

    def fail(self, problem: Problem) -> None:
        """Note that no worker can."""
        self.state = problem
        self._deaths = 0

    def die(self, problem: Problem) -> Problem | None:
        """Note that a worker has ended before it had loaded the flow; return why no worker can, after the last try."""
        self._deaths += 1
        return problem_of_loading(problem) if self._deaths >= _MOST_DEATHS else None
