"""The desk for attempts: it writes them, hands them over, and takes their ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sequent.engine import Scheduler
from sequent.errors import NotDataError
from sequent.model.effects import FailTask, SettleTask, StartTask, TakeBack
from sequent.model.facts import StepPaced, TaskBegan, TaskFailed, TaskLeft, TaskLost, TaskSucceeded, TaskTakenBack
from sequent.model.outcome import Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import host_in, located
from sequent.model.status import Status
from sequent.model.story import StoryPart
from sequent.runtime.attempt_outcomes import answers_of, may_retry
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.attempt_orders import AttemptOrders, problem_of
from sequent.runtime.driver.desks.earlier_attempts import EarlierAttempts
from sequent.runtime.driver.executor_choice import ExecutorChoice
from sequent.runtime.driver.option_values import BadOptionError
from sequent.runtime.driver.turn_record import Told, Turn
from sequent.runtime.driver.unrun_counts import UnrunTasks
from sequent.runtime.driver.values import Values
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptKey,
    AttemptLeft,
    AttemptLost,
    AttemptTakenBack,
    PaceChanged,
    StoryTold,
)
from sequent.runtime.rows import Beginning, Ending, Intent, LeftStory, TaskKey, task_key

_TOKEN_SIZE = 16
"""Bytes of a token."""
_STOCK = 64
"""Tokens that are drawn at once: one call of the kernel costs as much for one as for all."""


class Tokens:
    """Random bytes that are never the same, which tell an attempt from all others."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._stock: list[bytes] = []

    def take(self) -> bytes:
        """Return the next token."""
        if not self._stock:
            drawn = self._random_bytes(_TOKEN_SIZE * _STOCK)
            self._stock = [drawn[at : at + _TOKEN_SIZE] for at in range(0, len(drawn), _TOKEN_SIZE)]
        return self._stock.pop()


class AttemptDesk:
    """Turns each ordered attempt into a row and an order, and each report on one into a row and at most one fact.

    An attempt that is known to fail is not handed over: it ends at once.
    """

    def __init__(
        self,
        plan: Plan,
        adapters: Adapters,
        turn: Turn,
        orders: AttemptOrders,
        values: Values,
        unrun: UnrunTasks,
        executors: ExecutorChoice,
        earlier: EarlierAttempts,
    ) -> None:
        self._plan = plan
        self._turn = turn
        self._orders = orders
        self._values = values
        self._unrun = unrun
        self._executors = executors
        self._observer = adapters.observer
        self._clock = adapters.clock
        self._recovery = adapters.run.record.recovery
        self._tokens = Tokens(adapters.random_bytes)
        self._has_left = False
        self._earlier = earlier
        self._active: dict[AttemptKey, tuple[StartTask, TaskKey]] = {}
        """The attempts that were ordered and have not ended, with the keys of their rows."""
        self._joined: set[AttemptKey] = set()
        """Those of which the host may have got an earlier order: it may execute them before it gets another one."""
        self._unfit: dict[tuple[int, int], Problem] = {}
        """By frame and node: why an attempt that has not started will fail."""
        self._stories: dict[AttemptKey, tuple[StoryPart, ...]] = {}
        """The notes and artifacts of attempts whose ends are not reported yet."""
        self._lost: dict[tuple[int, int], str] = {}
        """In this turn: why attempts were lost."""
        self._failed: set[tuple[int, int]] = set()
        """In this turn: tasks with a failed attempt."""
        self._waits: dict[tuple[int, int], float] = {}
        """In this turn: the seconds before tasks with failed attempts are tried again."""

    # -- effects ------------------------------------------------------------------------------

    @property
    def has_open(self) -> bool:
        """Whether attempts that were ordered have not ended, or were left on their hosts."""
        return self._has_left or bool(self._active)

    def start(self, effect: StartTask) -> None:
        """Write that an attempt is to be executed, then hand it over."""
        scope, node, attempt = effect.scope, effect.node, effect.attempt
        key = task_key(self._plan, scope, node)
        item = self._values.drawn_item(scope) if key.iteration else None
        # A host knows an earlier order by its token, and does not begin it again.
        joined = self._earlier.join(key)
        intent = Intent(key, attempt, joined or self._tokens.take(), self._clock.now(), item, self._recovery)
        self._active[scope.id, node, attempt] = effect, key
        if joined is not None:
            self._joined.add((scope.id, node, attempt))
        self._turn.batch.intents.append(intent)
        self._turn.orders.append(partial(self._execute, effect, intent))

    def take_back(self, effect: TakeBack) -> None:
        """Take an attempt back, if it has not begun."""
        self._turn.orders.append(partial(self._call_back, effect))

    def settle(self, effect: SettleTask) -> None:
        """Settle a task without an attempt of its own, unless its failure was told with an attempt of this turn."""
        if effect.status is Status.FAILURE and (effect.scope.id, effect.node) in self._failed:
            return
        self._unrun.add(effect.node, effect.status)
        self._turn.told.append(Told(effect.scope, effect.node, 0, effect.status))

    def fail(self, effect: FailTask) -> None:
        """Make a failure of an attempt, for a reason that only the engine knows."""
        lost = self._lost.get((effect.scope.id, effect.node), "")
        message = f"{effect.reason}: {lost}" if lost else effect.reason
        problem = Problem(type="Lost" if lost else "PoolError", message=message)
        key = task_key(self._plan, effect.scope, effect.node)
        endings, turn = self._turn.batch.endings, self._turn
        # Its end was reported in this turn, so it is in this very batch, and the failure replaces it.
        before = next(row for row in reversed(endings) if (row.key, row.attempt) == (key, effect.attempt))
        endings.remove(before)
        now = self._clock.now()
        endings.append(Ending(key, effect.attempt, Status.FAILURE, now, problem=problem, log=before.log, result=None))
        told = Told(effect.scope, effect.node, effect.attempt, Status.FAILURE, problem, before.log)
        turn.told = [*(other for other in turn.told if other[:3] != told[:3]), told]

    # -- orders that are written down go out ---------------------------------------------------------------

    def _execute(self, start: StartTask, intent: Intent) -> None:
        """Execute an attempt, or report its end at once."""
        step = self._plan.step(start.node)
        self._observer.task_started(start.scope, start.node, start.attempt)
        problem = self._unfit.pop((start.scope.id, start.node), None) if self._unfit else None
        if problem is not None:
            self._refuse(start, problem)
        elif step.is_empty:
            self.ended(AttemptEnded(start.scope.id, start.node, start.attempt, "null"))
        else:
            try:
                self._orders.start(start, step, intent)
            except BadOptionError as error:
                self._refuse(start, error.problem)
            except (NotDataError, OSError) as error:
                self._refuse(start, problem_of(error, step))

    def _call_back(self, effect: TakeBack) -> None:
        key = (effect.scope.id, effect.node, effect.attempt)
        if key not in self._joined and self._orders.take_back(key, host_in(effect.scope.sequence)):
            self.taken_back(AttemptTakenBack(*key))

    def write(self) -> None:
        """Write a slice of the files that orders wait for.

        Raises:
            ShortageError: there has been no room for too long.
        """
        refused = self._orders.write()
        if refused is not None:
            self._refuse(*refused)

    def end_all(self, at_once: bool) -> None:
        """End all running attempts, and hand over none that waits."""
        self._observer.note("killing the running steps" if at_once else "ending the running steps")
        for key in self._orders.abandon():
            if key in self._joined:
                self.left(AttemptLeft(*key))
            else:
                self.taken_back(AttemptTakenBack(*key))
        for executor in self._executors:
            executor.end_tasks(at_once=at_once)

    def spoil(self, frame: int, node: int, problem: Problem) -> None:
        """Let a task's next attempt fail with this problem, without executing it."""
        self._unfit[frame, node] = problem

    def _refuse(self, start: StartTask, problem: Problem) -> None:
        """Fail an attempt that was not executed, and whose retries would fail too."""
        self.ended(AttemptEnded(start.scope.id, start.node, start.attempt, problem=problem), is_unfit=True)

    # -- reports ------------------------------------------------------------------------------

    def began(self, report: AttemptBegan) -> None:
        """Note that the code of an attempt has begun."""
        active = self._active.get((report.frame, report.node, report.attempt))
        if active is not None:
            self._turn.batch.beginnings.append(Beginning(active[1], report.attempt, self._clock.now()))
            self._turn.facts.append(TaskBegan(report.frame, report.node, report.attempt))

    def told(self, report: StoryTold) -> None:
        """Hold the notes and artifacts of an attempt, until its end is written."""
        key = (report.frame, report.node, report.attempt)
        if key in self._active:
            self._stories[key] = report.parts

    def ended(self, report: AttemptEnded, *, is_unfit: bool = False) -> None:
        """Take the outcome of an attempt."""
        frame, node, attempt = report.frame, report.node, report.attempt
        active = self._pop(frame, node, attempt)
        if active is None:
            return
        step = self._plan.step(node)
        if report.problem is None:
            answers = answers_of(step, report.result) if step.asked else ()
            self._turn.facts.append(TaskSucceeded(frame, node, attempt, report.verdict, answers))
            status = Status.SUCCESS
        else:
            self._failed.add((frame, node))
            retries = not is_unfit and may_retry(step.retry_on, report.problem)
            self._turn.facts.append(TaskFailed(frame, node, attempt, retries))
            status = Status.FAILURE
        start, key = active
        self._keep_story((frame, node, attempt), key)
        now, problem, log = self._clock.now(), report.problem, report.log
        self._turn.batch.endings.append(Ending(key, attempt, status, now, report.result, report.verdict, problem, log))
        self._turn.told.append(Told(start.scope, node, attempt, status, problem, log))

    def _keep_story(self, attempt: AttemptKey, row: TaskKey) -> None:
        """Write the notes and artifacts of an attempt, in the batch with its end."""
        if parts := self._stories.pop(attempt, ()):
            self._turn.batch.stories.append(LeftStory(row, attempt[2], parts))

    def lost(self, report: AttemptLost) -> None:
        """Take the loss of an attempt without an outcome."""
        active = self._pop(report.frame, report.node, report.attempt)
        if active is None:
            return
        start, key = active
        self._keep_story((report.frame, report.node, report.attempt), key)
        self._turn.batch.endings.append(Ending(key, start.attempt, Status.WAITING, self._clock.now()))
        self._lost[report.frame, report.node] = report.reason
        self._turn.told.append(Told(start.scope, start.node, start.attempt, Status.WAITING))
        self._observer.note(
            f"'{located(dotted(self._plan.nodes[report.node].path), start.scope.sequence)}' was lost: {report.reason}"
        )
        self._turn.facts.append(TaskLost(report.frame, report.node, report.attempt))

    def taken_back(self, report: AttemptTakenBack) -> None:
        """Undo an order: its row goes, and its number is free."""
        active = self._pop(report.frame, report.node, report.attempt)
        if active is None:
            return
        start, key = active
        self._turn.batch.taken_back.append((key, start.attempt))
        self._turn.told.append(Told(start.scope, start.node, start.attempt, Status.WAITING))
        self._turn.facts.append(TaskTakenBack(report.frame, report.node, report.attempt))

    def left(self, report: AttemptLeft) -> None:
        """Stop waiting for it; its row stays as it is, for a recovery to ask for it."""
        found = self._pop(report.frame, report.node, report.attempt)
        if found is not None:
            start, _ = found
            self._turn.told.append(Told(start.scope, start.node, start.attempt, Status.WAITING))
            self._turn.facts.append(TaskLeft(report.frame, report.node, report.attempt))
            self._has_left = True

    def paced(self, report: PaceChanged) -> None:
        """Tell the engine that a step's recent tasks take hardly any time, or no longer do."""
        self._turn.facts.append(StepPaced(report.node, report.is_quick, report.host))

    def _pop(self, frame: int, node: int, attempt: int) -> tuple[StartTask, TaskKey] | None:
        """Return the order and the key of its row, None if it has ended before; remove its files."""
        key = (frame, node, attempt)
        self._orders.forget(key)
        self._joined.discard(key)
        found = self._active.pop(key, None)
        if found is not None and (host := host_in(found[0].scope.sequence)):
            self._turn.orders.append(partial(self._executors.acknowledge, host, key))
        return found

    # -- telling ------------------------------------------------------------------------------

    def will_wait(self, frame: int, node: int, seconds: float) -> None:
        """Note how long a task whose attempt has failed waits before it is tried again."""
        self._waits[frame, node] = seconds

    def tell(self, scheduler: Scheduler) -> None:
        """Tell the observer the ends of attempts and tasks, now that they are written."""
        told, self._turn.told = self._turn.told, []
        for scope, node, attempt, status, problem, log, was_executed in told:
            if not was_executed:
                self._observer.task_started(scope, node, attempt)
            if problem is not None and attempt and not scheduler.has_settled(scope.id, node):
                wait = self._waits.pop((scope.id, node), 0.0)
                self._observer.attempt_failed(scope, node, attempt, problem, log, wait)
            else:
                self._observer.task_settled(scope, node, attempt, status, problem, log)
                if status is not Status.WAITING and self._plan.container(scope.node).wraps:
                    self._values.drop_item(scope)
        self._waits.clear()
        self._lost.clear()
        self._failed.clear()
