"""Writes the outcomes of tasks that nothing executes: a person settles them, or nobody answers."""

from __future__ import annotations

from sequent.model.outcome import Problem
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.model.status import Status, Verdict
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.turn_record import Told, Turn
from sequent.runtime.driver.values import Values
from sequent.runtime.rows import MARKED, Ending, Intent, TaskKey, Wait, task_key


class MarkedAttempts:
    """Writes each such outcome as one more attempt, which began when its question was asked, if it has one."""

    def __init__(self, plan: Plan, adapters: Adapters, turn: Turn, values: Values) -> None:
        self._plan = plan
        self._turn = turn
        self._values = values
        self._run = adapters.run
        self._clock = adapters.clock
        self._recovery = adapters.run.record.recovery

    def write(
        self,
        scope: Scope,
        node: int,
        attempt: int,
        result: str | None = None,
        verdict: Verdict = Verdict.UNKNOWN,
        problem: Problem | None = None,
    ) -> None:
        """Write an attempt with its outcome: a failure if there is a problem."""
        key, now = task_key(self._plan, scope, node), self._clock.now()
        item = self._values.drawn_item(scope) if key.iteration else None
        status = Status.SUCCESS if problem is None else Status.FAILURE
        began = self._began(key, attempt, now) if self._plan.step(node).asks else now
        self._turn.batch.marked.append(
            (
                Intent(key, attempt, MARKED, began, item, self._recovery),
                Ending(key, attempt, status, now, result, verdict, problem),
            )
        )
        self._turn.told.append(Told(scope, node, attempt, status, problem, was_executed=False))

    def _began(self, key: TaskKey, attempt: int, now: float) -> float:
        asked = self._run.wait(key, attempt)
        return now if asked is None else min(now, asked_at(asked))


def asked_at(wait: Wait) -> float:
    """Return when a question was asked that may be answered until a time."""
    return wait.due - (wait.length or 0.0)
