"""The loop around the engine: one per run, and the only writer of its store."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from sequent.engine import Scheduler
from sequent.errors import SequentError, ShortageError, StoreBusyError, StoreError, StoreFullError, StoreLostError
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.effects import EndRun
from sequent.model.facts import PauseRequested, StopRequested
from sequent.model.plan import Plan
from sequent.model.saved_state import SavedFrame
from sequent.model.status import RunStatus, Status
from sequent.runtime.backoff import BUSY_PATIENCE, FULL_PATIENCE, WRITABLE, Patience
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.blocked_text import end_text
from sequent.runtime.driver.desks.table import Desks
from sequent.runtime.driver.stop_signals import Stopping
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.waiting import Waiter, soonest
from sequent.runtime.rows import Batch, RunEnd


class Driver:
    """Drives one run from start to end.

    One turn takes the pending facts, feeds the engine, and writes outcomes and the intents that follow in one
    transaction. Only once that is committed does it let the orders out. So a chain costs one flush per step, and many
    facts together cost one flush. The driver sleeps until something happens; it polls only a store that is busy.
    """

    def __init__(
        self,
        plan: Plan,
        adapters: Adapters,
        *,
        slots: int,
        saved: SavedFrame | None,
        notes: tuple[str, ...] = (),
        resumes: bool = False,
        max_loops: int = -1,
        longest_sleep: float | None = None,
        directives: Directives = NO_DIRECTIVES,
    ) -> None:
        """Take a run.

        Args:
            plan: the plan to run.
            adapters: the world around it.
            slots: the number of tasks that may execute at once.
            saved: the open part of the run, for a recovery or a continued run.
            notes: messages for the observer before all others.
            resumes: whether the run is continued, in the same recovery.
            max_loops: how often all that is due is done before the run is suspended; negative: until it ends.
            longest_sleep: the seconds after which the clocks are read again during a wait: they may change in a sleep.
                None: only once the wait is over.
            directives: the directives of a recovery, asked for by hand.
        """
        self._plan = plan
        self._selector = adapters.selector
        self._waiter = Waiter(adapters.selector, adapters.clock, stays_awake=adapters.stays_awake)
        self._signals = adapters.signals
        self._run = adapters.run
        self._observer = adapters.observer
        self._notes = notes
        self._max_loops = max_loops
        self._longest_sleep = longest_sleep
        self._turn = Turn()
        self._stopping = Stopping(adapters.clock, self._stop, self._end_all)
        self._desks = Desks(plan, adapters, self._turn, self._stopping, has_begun=saved is not None)
        self._scheduler = Scheduler(
            plan,
            slots=slots,
            saved=saved,
            last_id=adapters.run.last_id(),
            resumes=resumes,
            kept=self._desks.pools.kept,
            reserved=self._desks.earlier.reserved,
            recovery=adapters.run.record.recovery,
            directives=directives,
        )
        self._status: RunStatus | None = None
        """How the run has ended, once that is to be written."""
        self._queued: Mapping[int, int] = {}
        self._patience = Patience(adapters.clock.monotonic)
        self._loops = 0
        self._was_idle = False

    def drive(self) -> RunStatus:
        """Run until nothing is left to do, a stop has let running steps finish, or only waits are left.

        Raises:
            FencedError: another process took the run over; nothing more was started or written.
            StoreError: the store could not write the batch; the run can be recovered.
            ShortageError: no worker could be started; the run can be recovered.
            UsageError: another run gives a shared pool another size.
        """
        # Before the signals are taken: while the store is locked, a signal may end this process.
        self._run.watch(self._selector, self._desks.wake)
        self._desks.open(self._selector)
        with self._signals(self._selector, self._stopping.on_signal):
            return self._drive()

    def _drive(self) -> RunStatus:
        self._observer.run_began(self._run.record, self._plan)
        for text in self._notes:
            self._observer.note(text)
        try:
            while (status := self._go_round()) is None:
                pass
        except ShortageError as error:
            self._give_up(error)
            raise
        self._observer.run_ended(status)
        return status

    @property
    def stopped_by(self) -> int:
        """The number of the first signal that stopped the run; 0 if there was none."""
        return self._stopping.stopped_by

    @property
    def due(self) -> float | None:
        """The next due time of a suspended run, in seconds since 1970; None for any other run."""
        return self._desks.waits.due() if self._status is RunStatus.SUSPENDED else None

    # -- a turn -------------------------------------------------------------------------------

    def _go_round(self) -> RunStatus | None:
        """Do one turn; return how the run has ended, once that is written."""
        self._desks.attempts.write()
        self._take_in()
        if not self._flush():
            self._wait(self._patience.retry_after)
        elif not self._turn:
            if self._status is not None:
                return self._status
            if self._turn.end is not None:
                self._write_end(self._turn.end)
            elif self._is_to_pause():
                self._turn.facts.append(PauseRequested())
            else:
                self._wait(self._desks.orders.writes_in)
        return None

    def _is_to_pause(self) -> bool:
        """Return whether all that is due has been done as often as asked."""
        if not self._scheduler.is_idle or self._max_loops < 0:
            self._was_idle = False
        elif not self._was_idle:
            self._was_idle = True
            self._loops += 1
            return self._loops >= self._max_loops
        return False

    def _take_in(self) -> None:
        """Feed the engine with all facts, and gather rows and orders."""
        facts, take = self._turn.facts, self._desks.effects
        while True:
            self._desks.look()
            while facts:
                for effect in self._scheduler.handle(facts.popleft()):
                    take[type(effect)](effect)
            if not self._glance():
                return

    def _glance(self) -> bool:
        """Look once more before the flush, without waiting, if tasks of earlier turns are still being executed.

        Their reports are written by the same flush. A chain has no such tasks, and is not held up.
        """
        return self._scheduler.running > len(self._turn.batch.intents) and self._waiter.look()

    def _flush(self) -> bool:
        """Commit the batch and let the orders out; return whether that was done."""
        turn = self._turn
        if (unrun := self._desks.unrun.take_due()) is not None:
            turn.batch.unrun = unrun
        if turn.batch.may_orphan:
            self._desks.earlier.end_orphans(turn.batch)
        if turn.batch:
            try:
                self._run.commit(turn.batch)
            except StoreError as error:
                if isinstance(error, StoreBusyError) and self._run.is_overtaken():
                    self._patience.count_anew()
                if self._patience.try_again(_patience_with(error)) and not self._stopping.is_at_once:
                    self._tell(self._patience.notice(error.message))
                    return False
                self._give_up(error)
                raise
            self._tell(self._patience.renew(WRITABLE))
            turn.batch = Batch()
        self._desks.attempts.tell(self._scheduler)
        turn.let_out()
        self._desks.hosts.send()
        return True

    def _tell(self, text: str) -> None:
        if text:
            self._observer.note(text)

    def _write_end(self, end: EndRun) -> None:
        """Write how the run ended, with the successes of all its recoveries, once all outcomes are written."""
        counts = {**end.counts, Status.SUCCESS: self._run.successes()}
        is_suspended = end.status is RunStatus.SUSPENDED
        reason = self._desks.waits.due_text() if is_suspended else end_text(self._plan, end)
        if end.status in (RunStatus.SUSPENDED, RunStatus.STOPPED):
            reason = "\n".join(filter(None, (reason, self._desks.interventions.text, self._desks.questions.text)))
        self._desks.pools.end(keeps_own=self._desks.has_left and end.status is not RunStatus.SUCCESS)
        self._desks.interventions.end(end.status)
        self._turn.batch.end = RunEnd(end.status, counts, reason, self._desks.unrun.at_end())
        self._status = end.status

    def _give_up(self, error: SequentError) -> None:
        """Write the outcomes, and why the run does not go on, into the reserved room, if possible."""
        is_locked = isinstance(error, StoreBusyError)
        if not (is_locked or isinstance(error, StoreFullError | ShortageError)):
            return
        if is_locked and self._stopping.is_at_once:
            # The lock may be held for long.
            return
        self._run.free_space()
        batch = self._turn.batch
        # An intent that was not let out has not been ordered.
        batch.intents.clear()
        with contextlib.suppress(StoreError):
            counts = {Status.SUCCESS: self._run.successes()}
            batch.end = RunEnd(RunStatus.STOPPED, counts, error.advice, self._desks.unrun.at_end())
            self._run.commit(batch)

    def _wait(self, timeout: float | None) -> None:
        """Sleep until something happens, but no longer than that many seconds."""
        if self._plan.pools and self._queued != (queued := self._scheduler.queued):
            self._queued = queued
            self._observer.tasks_queue(queued)
            self._desks.unrun.queue(queued)
        self._waiter.wait(soonest(timeout, self._desks.left(self._longest_sleep), self._stopping.left()))
        self._stopping.look()

    def _stop(self) -> None:
        self._turn.facts.append(StopRequested())
        self._observer.note(_stopping_note(self._scheduler.running))

    def _end_all(self, at_once: bool) -> None:
        self._desks.attempts.end_all(at_once)


def _stopping_note(running: int) -> str:
    if not running:
        return "stopping: no step is running"
    steps = "step" if running == 1 else "steps"
    return f"stopping: {running} running {steps} may finish; interrupt again to end {'it' if running == 1 else 'them'}"


def _patience_with(error: StoreError) -> float:
    """Return the seconds for which a failed commit is tried again; negative: not once."""
    if isinstance(error, StoreFullError | StoreLostError):
        return FULL_PATIENCE
    return BUSY_PATIENCE if isinstance(error, StoreBusyError) else -1.0
